#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "common/random/random.h"

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

// What one request asks of a method. Units are contacts: as many as commands, but for a
// command that carries several (crm.item.batchImport).
struct MethodLoad {
  int commands = 0;
  int units = 0;
};
// By REST method.
using RequestLoad = std::map<std::string, MethodLoad>;

// How much to put into one request.
struct RequestSize {
  int commands = 1;
  int units_per_command = 1;
};

// What the answer to one command taught; negative values are absent.
struct MethodObservation {
  std::string method;
  int units = 1;
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
  // `random`: jitter of the back-off; outlives the pacer.
  Pacer(PaceSettings settings, Random& random);

  // The earliest moment (steady clock) at which a request with these methods may leave;
  // never before `now`. InfiniteDuration: not with this size, send fewer commands.
  // `wall_now` is the same moment on the wall clock.
  absl::Duration EarliestStart(const RequestLoad& load, absl::Duration now,
                               absl::Time wall_now);
  // A request leaves now. Every request to the portal passes here: that is what the
  // bucket counts.
  void Sent(uint64_t request, const RequestLoad& load, absl::Duration now);
  void Answered(uint64_t request, const PaceObservation& observation,
                absl::Duration now, absl::Time wall_now);

  // How many commands of this method to put into one request so that it stays near the
  // target time; grows when the portal is quick, shrinks at once when it slows.
  // `most_units_per_command` is 1 for all methods but crm.item.batchImport.
  RequestSize SizeFor(const std::string& method, int most_units_per_command) const;
  // How many requests may be under way now.
  int Concurrency() const;
  // The portal is away: only one request at a time goes, to see whether it is back.
  bool away() const;

  // Consecutive transport failures; 0 after an answer.
  int failures_in_row() const;

 private:
  // Execution seconds of one method, charged by the portal in a sliding window.
  struct Charge {
    absl::Duration at;  // steady clock
    double seconds = 0;
  };
  struct Method {
    double mean_seconds = 0.5;   // execution time of one unit
    double mean_charge = 0.5;    // what of it is charged
    std::deque<Charge> charges;  // ours, oldest first; those of 5 s are one
    double charged = 0;          // their sum
    double learned = 0;          // of all charges ever
    double foreign = 0;          // what the portal counts beyond ours
    absl::Duration foreign_until = -absl::InfiniteDuration();
    // When the portal drops its oldest minute; a look after it is due once.
    absl::Duration reset_at = -absl::InfiniteDuration();
    absl::Duration look_at = absl::InfiniteDuration();
    absl::Duration blocked_until = -absl::InfiniteDuration();
    int in_flight = 0;             // requests with this method
    double in_flight_seconds = 0;  // predicted charge of those
    int size = 0;                  // units per request, 0: not chosen yet
  };
  struct Request {
    RequestLoad load;
    std::map<std::string, double> predicted;
    std::map<std::string, double> learned;  // Method::learned when it left
    absl::Duration sent;
  };

  void Drain(absl::Duration now);
  void Expire(Method* method, absl::Duration now) const;
  double Budget() const;
  double Predict(const Method& method, int units) const;
  absl::Duration OperatingStart(const std::string& name, int units, absl::Duration now);
  void LearnTimes(const std::string& name, const PaceObservation& observation,
                  double fallback_seconds, double overlap, absl::Duration now,
                  absl::Time wall_now);
  void Resize(Method* method, double seconds_per_unit) const;
  void Fail(const Request& request, absl::Duration now);

  PaceSettings settings_;
  Random& random_;
  std::map<std::string, Method> methods_;
  std::map<uint64_t, Request> in_flight_;
  double bucket_ = 0;
  std::optional<absl::Duration> drained_at_;  // empty: nothing was asked yet
  absl::Duration pause_until_ = -absl::InfiniteDuration();
  absl::Duration last_sent_ = -absl::InfiniteDuration();
  int failures_in_row_ = 0;
  int too_fast_in_row_ = 0;
  bool cloud_ = true;  // until whole answers came without `operating`
  bool operating_seen_ = false;
};

}  // namespace guestbridge::agent
