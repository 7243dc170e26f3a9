#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <tuple>

#include "absl/time/time.h"
#include "common/time/clock.h"
#include "server/audit/audit_log.h"
#include "server/audit/audited_call.h"

namespace guestbridge::server {

// Records of refused calls. Whoever hammers at the door does not fill the audit: the
// first refusal is recorded at once, its repeats within a minute (the same caller,
// address, RPC and reason) are counted in one more record. Callers whom nobody knows
// can come from many addresses for ever, so they have kStrangers such records and one
// more a minute; what comes beyond is told by its reason alone: the first at once,
// then, while it goes on, one record an hour with their count. A process that is killed
// loses the count, never the first. Thread-safe.
class DeniedCalls {
 public:
  static constexpr absl::Duration kTogether = absl::Minutes(1);
  // Kinds of refusals told apart in a minute, strangers' or not.
  static constexpr size_t kMostKinds = 500;
  static constexpr int kStrangers = 500;
  static constexpr absl::Duration kStrangerEvery = absl::Minutes(1);
  static constexpr absl::Duration kBeyondTogether = absl::Hours(1);

  // Both outlive it.
  DeniedCalls(const AuditLog& audit, const Clock& clock)
      : audit_(audit), clock_(clock), strangers_at_(clock.Steady()) {}

  // The refusal stands, whether or not it could be recorded.
  void Add(const AuditedCall& call, const std::string& reason,
           const std::string& resource);

  // Records counts whose minute or hour is over. To be called every few seconds.
  void Tick() { Record(/*all=*/false); }
  // The same with all counts: nothing comes any more.
  void Finish() { Record(/*all=*/true); }

 private:
  using Kind = std::tuple<std::string, std::string, std::string, std::string>;
  struct Count {
    AuditedCall call;
    std::string resource;
    int64_t unrecorded = 0;
    absl::Duration since;  // By Clock::Steady.
    absl::Duration together = kTogether;
  };

  // Counts one more of a kind that was recorded a short while ago.
  bool CountIn(const Kind& kind);
  // Takes from what strangers have.
  bool MayTellApart(const AuditedCall& call);
  void Record(bool all);
  absl::Status Write(const Kind& kind, const Count& count) const;
  void Restore(const Kind& kind, const Count& count);

  const AuditLog& audit_;
  const Clock& clock_;
  std::mutex mutex_;
  std::map<Kind, Count> counts_;
  double strangers_ = kStrangers;  // What is left of them,
  absl::Duration strangers_at_;    // and when, by Clock::Steady.
};

}  // namespace guestbridge::server
