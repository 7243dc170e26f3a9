#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "guestbridge/v1/agent_control.pb.h"
#include "server/watch/waker.h"

namespace guestbridge::server {

// One agent's session from Hello to Goodbye: what waits to be sent to it, and which
// report of each run was the last. Thread-safe.
class Session {
 public:
  // By what it has the agent's name.
  enum class Claim {
    kAnyName,      // A token that may take any name: it only says so.
    kOwnName,      // A token made for this agent, or nobody is asked (--plaintext).
    kCertificate,  // The agent's certificate.
  };
  // Whoever only says the name gives it up to who proves it, alive or not.
  static bool Yields(Claim holder, Claim comer) {
    return holder == Claim::kAnyName && comer == Claim::kCertificate;
  }

  struct Identity {
    std::string token;
    std::string agent;
    std::string principal;  // Who opened it; only that caller may use it.
    Claim claim = Claim::kOwnName;
    std::string installation;
    std::string version;
    std::vector<std::string> capabilities;
    std::string rules_digest = {};  // HelloRequest.rules_digest
    // Ids of integrations of which it has a ledger (HelloRequest.ledgers), or has
    // acknowledged a configuration once: what it may have to be told to drop.
    std::set<std::string> held = {};
    int64_t epoch = 0;
  };

  // The call that a stream is, for the audit of what goes through it.
  struct Origin {
    std::string peer;
    std::string request_id;
  };

  explicit Session(Identity identity) : identity_(std::move(identity)) {}

  const Identity& identity() const { return identity_; }

  // Queues a message. A newer configuration of an integration takes the place of one
  // that still waits, what is taken back takes what waits of it along, and a run is
  // cancelled once, so that a slow reader's queue is bounded by what exists. Ignored
  // once closed.
  void Push(guestbridge::v1::WatchResponse message);

  // What its stream does next: a message, the end, or (neither) wait to be woken.
  struct Step {
    std::optional<guestbridge::v1::WatchResponse> message;
    std::optional<absl::Status> end;
  };
  // `stream` is the number that Attach gave; another stream ends the earlier one.
  Step Next(int stream);

  // The stream that carries the session from now on. Drops what an earlier one had not
  // sent. Returns the number of this stream.
  int Attach(std::shared_ptr<Waker> waker, Origin origin = {});
  // Of the stream attached last.
  Origin origin() const;
  // Does nothing when stream `number` is no longer the attached one. True when it was.
  bool Detach(int number);
  bool attached() const;

  // Ends the stream with `status` after what is queued was dropped.
  void Close(const absl::Status& status);
  bool closed() const;

  // True when `sequence` is newer than each taken one of this run in this session. An
  // agent that restarts counts anew in a new session.
  bool IsNewReport(const std::string& run, int64_t sequence) const;
  // The report is stored.
  void TakeReport(const std::string& run, int64_t sequence);

 private:
  const Identity identity_;
  mutable std::mutex mutex_;
  std::deque<guestbridge::v1::WatchResponse> outbox_;
  std::shared_ptr<Waker> waker_;
  Origin origin_;
  int streams_ = 0;
  std::optional<absl::Status> end_;
  std::map<std::string, int64_t> report_sequences_;
};

}  // namespace guestbridge::server
