// The host's clocks, with a wall clock that a test sets wrong: the file named by
// GUESTBRIDGE_CLOCK_SHIFT_FILE holds seconds to add, and may change at any time.
#include <stdlib.h>

#include <ctime>
#include <fstream>
#include <string>

#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "common/time/clock.h"

namespace guestbridge {
namespace {

class ShiftedClock final : public Clock {
 public:
  absl::Time Now() const override { return absl::Now() + Shift(); }

  absl::Duration Steady() const override {
    timespec now{};
    clock_gettime(CLOCK_BOOTTIME, &now);
    return absl::DurationFromTimespec(now);
  }

 private:
  static absl::Duration Shift() {
    static const char* const file = getenv("GUESTBRIDGE_CLOCK_SHIFT_FILE");
    if (file == nullptr) return absl::ZeroDuration();
    std::ifstream in(file);
    double seconds = 0;
    in >> seconds;
    return absl::Seconds(seconds);
  }
};

}  // namespace

const Clock& SystemClock() {
  static const ShiftedClock* const clock = new ShiftedClock;
  return *clock;
}

}  // namespace guestbridge
