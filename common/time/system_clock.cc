#include <ctime>

#include "absl/time/clock.h"
#include "common/time/clock.h"

namespace guestbridge {
namespace {

class HostClock final : public Clock {
 public:
  absl::Time Now() const override { return absl::Now(); }

  absl::Duration Steady() const override {
    timespec now{};
    // BOOTTIME rather than MONOTONIC: a suspended host must not believe that a lease
    // still runs.
    clock_gettime(CLOCK_BOOTTIME, &now);
    return absl::DurationFromTimespec(now);
  }
};

}  // namespace

const Clock& SystemClock() {
  static const HostClock* const clock = new HostClock;
  return *clock;
}

}  // namespace guestbridge
