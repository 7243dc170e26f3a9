// The clock of the 1C server: its local time, without a zone, whole seconds.
//
// Its offset from the host is configurable, and it can be stopped and moved, so tests
// need not wait for a second to pass. Thread-safe.
#ifndef GUESTBRIDGE_TESTS_EMULATORS_ONEC_CLOCK_H_
#define GUESTBRIDGE_TESTS_EMULATORS_ONEC_CLOCK_H_

#include <chrono>
#include <cstdint>
#include <mutex>
#include <optional>

#include "tests/emulators/onec/value.h"

namespace guestbridge::testing::onec {

class ServerClock {
 public:
  explicit ServerClock(int zone_minutes) : zone_minutes_(zone_minutes) {}

  DateTime Now() const {
    const std::lock_guard lock(mutex_);
    return Locked();
  }
  void SetOffset(std::int64_t seconds) {
    const std::lock_guard lock(mutex_);
    offset_ = seconds;
    stopped_.reset();
  }
  void SetZone(int minutes) {
    const std::lock_guard lock(mutex_);
    zone_minutes_ = minutes;
  }
  void Stop(std::optional<DateTime> at) {
    const std::lock_guard lock(mutex_);
    stopped_ = at ? *at : Locked();
  }
  void Resume() {
    const std::lock_guard lock(mutex_);
    if (stopped_) offset_ += stopped_->seconds - Running().seconds;
    stopped_.reset();
  }
  void Advance(std::int64_t seconds) {
    const std::lock_guard lock(mutex_);
    if (stopped_) {
      stopped_->seconds += seconds;
    } else {
      offset_ += seconds;
    }
  }

 private:
  DateTime Running() const {
    const auto unix_time = std::chrono::duration_cast<std::chrono::seconds>(
        std::chrono::system_clock::now().time_since_epoch());
    return DateTime{unix_time.count() + kUnixEpochSeconds + zone_minutes_ * 60 +
                    offset_};
  }
  DateTime Locked() const { return stopped_ ? *stopped_ : Running(); }

  mutable std::mutex mutex_;
  int zone_minutes_;
  std::int64_t offset_ = 0;
  std::optional<DateTime> stopped_;
};

}  // namespace guestbridge::testing::onec

#endif  // GUESTBRIDGE_TESTS_EMULATORS_ONEC_CLOCK_H_
