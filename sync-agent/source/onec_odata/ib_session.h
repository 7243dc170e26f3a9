#pragma once

#include <string>

#include "common/http/http_client.h"

namespace guestbridge::agent {

// A 1C session that serves a series of requests one after the other (header IBSession,
// cookie ibsession). Without one each request starts and ends a session of its own,
// which costs 1C 0.1 to 2 s. Not every publication knows the header: what is ignored is
// not asked for again, and nothing depends on it. One thread at a time.
class IbSession {
 public:
  enum class State {
    kUntried,
    kOpen,
    kIgnored,   // the header has no effect, or sessions die at once: not tried again
    kNoneFree,  // refused (406): tried again by the next series
  };

  // Starts a session, or joins the open one. Nothing when a series can't have one.
  void Prepare(HttpRequest* request);
  // Joins the open session without starting one.
  void Join(HttpRequest* request);
  // This request is the session's last.
  void PrepareFinish(HttpRequest* request);
  // Takes notice of the answer to what was prepared. True: it was the session that
  // failed, nothing was executed; prepare and send the request once more.
  bool TakeAnswer(const HttpResult& result);
  // A series begins: what was refused may be free now.
  void BeginSeries();

  State state() const { return state_; }

 private:
  enum class Sent { kNothing, kStart, kCookie, kFinish };

  State state_ = State::kUntried;
  std::string id_;  // while open
  Sent sent_ = Sent::kNothing;
  int deaths_ = 0;  // in a row, without a successful request between
};

}  // namespace guestbridge::agent
