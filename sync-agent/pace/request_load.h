#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "absl/time/time.h"

// What goes into the pacer and comes out of it.
namespace guestbridge::agent {

// What takes no longer the portal does not charge.
inline constexpr double kFreeSeconds = 0.1;

struct PaceSettings {
  double bucket_drain_per_second = 2;  // Y: standard 2, enterprise 5
  int bucket_capacity = 50;            // X: standard 50, enterprise 250
  double operating_limit_seconds = 480;
  absl::Duration operating_window = absl::Minutes(10);
  absl::Duration target_request_time = absl::Seconds(20);
  int max_commands = 50;
  int max_concurrency = 8;
};

// What one request asks of a method. Units are contacts: as many as commands, but for a
// command that carries several (crm.item.batchImport).
struct MethodLoad {
  int commands = 0;
  int units = 0;
  // A small thing beside what the request is for: it is charged, and its time says
  // nothing of how much or how many at once the portal takes.
  bool rides_along = false;
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
  std::vector<MethodObservation> methods;  // in the order in which they ran
  absl::Duration took;                     // our clock, for answers without times
  bool reports_operating = false;          // false on every answer: a box, no limits
  bool too_fast = false;                   // 503 QUERY_LIMIT_EXCEEDED
  bool transport_failure = false;          // reset, HTML, 5xx
  // The portal put off commands of these (`methods` holds what it executed).
  std::set<std::string> put_off;
};

}  // namespace guestbridge::agent
