// 1C sessions and client licences behind the HTTP front (checklist 36, 37; sheet 5).
//
// Without IBSession each request is a session of its own, which takes a licence while
// it runs. A session that was started lives on its cookie, serves one request at a time
// and keeps its licence until it is finished or has been idle too long.
#ifndef GUESTBRIDGE_TESTS_EMULATORS_ONEC_SESSIONS_H_
#define GUESTBRIDGE_TESTS_EMULATORS_ONEC_SESSIONS_H_

#include <chrono>
#include <condition_variable>
#include <map>
#include <mutex>
#include <string>

#include "tests/emulators/onec/settings.h"

namespace guestbridge::testing::onec {

// Thread-safe. Waits only for a session that serves another request.
class Sessions {
 public:
  enum class Outcome { kOwn, kStarted, kReused, kNoLicence, kCannotStart, kDead };
  struct Ticket {
    Outcome outcome = Outcome::kOwn;
    std::string id;       // of a started or reused session
    bool finish = false;  // ends with this request
  };

  // `header` is IBSession, `cookie` the whole Cookie header.
  Ticket Begin(const Settings& settings, const std::string& header,
               const std::string& cookie);
  void End(const Ticket& ticket);
  void KillAll();  // what an administrator or a cluster restart does

 private:
  using Clock = std::chrono::steady_clock;
  struct Session {
    bool busy = false;
    Clock::time_point last_used;
  };
  void DropIdle(const Settings& settings);
  bool HasLicence(const Settings& settings) const;

  std::mutex mutex_;
  std::condition_variable freed_;
  std::map<std::string, Session> sessions_;
  int own_ = 0;  // requests that are a session of their own
};

}  // namespace guestbridge::testing::onec

#endif  // GUESTBRIDGE_TESTS_EMULATORS_ONEC_SESSIONS_H_
