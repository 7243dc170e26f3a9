#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/time/time.h"

// When may which request go out: both limits of a cloud portal, request size, back-off.
// Pure: time and answers in, decisions out. One thread at a time.
// Source: docs/design/portal-limits.md (facts of Bitrix24's limits page).
namespace guestbridge::agent {

struct PaceSettings {
  double bucket_drain_per_second = 2;  // Y: standard 2, enterprise 5
  int bucket_capacity = 50;            // X: standard 50, enterprise 250
  double operating_limit_seconds = 480;
  absl::Duration operating_window = absl::Minutes(10);
  absl::Duration target_request_time = absl::Seconds(20);
  int max_commands = 50;
};

// How often each REST method stands in one request.
using MethodCounts = std::map<std::string, int>;

// What one answer taught; negative values are absent.
struct MethodObservation {
  std::string method;
  double duration_seconds = -1;
  double operating_seconds = -1;
  double operating_reset_unix = -1;
  bool blocked = false;  // OPERATION_TIME_LIMIT
};

struct PaceObservation {
  std::vector<MethodObservation> methods;
  absl::Duration took;             // our clock, for answers without times
  bool reports_operating = false;  // false on every answer: a box, no limits
  bool too_fast = false;           // 503 QUERY_LIMIT_EXCEEDED
  bool transport_failure = false;  // reset, HTML, 5xx
};

// One portal, caller address and credential.
class Pacer {
 public:
  explicit Pacer(PaceSettings settings);

  // The earliest moment (steady clock) at which a request with these methods may leave;
  // never before `now`. InfiniteDuration: not with this size, send fewer commands.
  // `wall_now` relates `operating_reset_at` to the steady clock.
  absl::Duration EarliestStart(const MethodCounts& methods, absl::Duration now,
                               absl::Time wall_now);
  // A request leaves now. Every request to the portal passes here: that is what the
  // bucket counts.
  void Sent(uint64_t request, const MethodCounts& methods, absl::Duration now);
  void Answered(uint64_t request, const PaceObservation& observation,
                absl::Duration now, absl::Time wall_now);

  // How many commands of this method to put into one request so that it stays near the
  // target time; grows when the portal is quick, shrinks at once when it slows.
  int CommandsPerRequest(const std::string& method) const;

  // Consecutive transport failures; 0 after an answer.
  int failures_in_row() const;

 private:
  struct Method {
    double mean_seconds = 0.5;  // expected execution time of one command
    bool measured = false;
    double operating_seconds = 0;                         // last reported by the portal
    absl::Duration reset_at = -absl::InfiniteDuration();  // steady clock
    double in_flight_seconds = 0;  // predicted for commands whose answer is awaited
    absl::Duration blocked_until = -absl::InfiniteDuration();
    int size = 0;  // commands per request, 0: not chosen yet
  };
  struct Request {
    MethodCounts methods;
    double predicted_seconds = 0;
  };

  void Drain(absl::Duration now);

  PaceSettings settings_;
  std::map<std::string, Method> methods_;
  std::map<uint64_t, Request> in_flight_;
  double bucket_ = 0;
  absl::Duration drained_at_ = absl::ZeroDuration();
  absl::Duration pause_until_ = -absl::InfiniteDuration();
  int failures_in_row_ = 0;
  bool cloud_ = true;  // until a whole answer came without `operating`
};

}  // namespace guestbridge::agent
