#pragma once

#include <string>
#include <vector>

#include "absl/types/span.h"
#include "sync-agent/pace/request_load.h"

// How long work will take that nobody has begun. Pure.
// Source: docs/design/portal-limits.md, "Forecast".
namespace guestbridge::agent {

// What one method is to do, and what is known of it.
struct MethodWork {
  std::string method;
  int contacts = 0;
  int contacts_per_command = 1;
  bool charged = true;           // counts as operating time; false on a box
  double seconds_a_contact = 0;  // measured mean; 0: never measured
  double operating_used = 0;     // seconds of the window that are spent already
  int first_request = 10;        // contacts; a request doubles from there
};

struct WorkForecast {
  int requests = 0;
  int commands = 0;
  double operating_seconds = 0;  // of the portal's, all methods together
  double seconds = 0;            // from the first request to the last answer
  // False: some method was never measured here, and `seconds` is the least.
  bool measured = true;
};

// `bucket_free`: requests that may leave at once.
WorkForecast ForecastWork(absl::Span<const MethodWork> work, double bucket_free,
                          const PaceSettings& settings);

}  // namespace guestbridge::agent
