#pragma once

#include <mutex>

#include "absl/time/time.h"
#include "common/time/clock.h"

namespace guestbridge::testing {

// A clock that moves only when told. Thread-safe.
class FakeClock final : public Clock {
 public:
  // Noon of a Monday, UTC.
  explicit FakeClock(absl::Time now = absl::FromUnixSeconds(1767614400)) : now_(now) {}

  absl::Time Now() const override {
    const std::lock_guard<std::mutex> lock(mutex_);
    return now_;
  }
  absl::Duration Steady() const override {
    const std::lock_guard<std::mutex> lock(mutex_);
    return steady_;
  }

  // Both clocks go on.
  void Advance(absl::Duration by) {
    const std::lock_guard<std::mutex> lock(mutex_);
    now_ += by;
    steady_ += by;
  }
  // Somebody sets the wall clock, back or forth; the steady one does not notice.
  void SetNow(absl::Time now) {
    const std::lock_guard<std::mutex> lock(mutex_);
    now_ = now;
  }

 private:
  mutable std::mutex mutex_;
  absl::Time now_;
  absl::Duration steady_ = absl::Hours(1);
};

}  // namespace guestbridge::testing
