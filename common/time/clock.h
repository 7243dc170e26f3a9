#pragma once

#include "absl/time/time.h"

namespace guestbridge {

// Tells the time. Passed in wherever time matters, so that a failure can be replayed.
// Thread-safe.
class Clock {
 public:
  virtual ~Clock() = default;

  // Wall time: for people, cron and certificates. It may jump both ways.
  virtual absl::Time Now() const = 0;

  // Time since an arbitrary fixed moment; never goes back, includes host suspension.
  // Only differences mean something. For leases, settle times and deadlines.
  virtual absl::Duration Steady() const = 0;
};

// The host's clocks (CLOCK_REALTIME, CLOCK_BOOTTIME).
const Clock& SystemClock();

}  // namespace guestbridge
