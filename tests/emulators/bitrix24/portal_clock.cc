#include "tests/emulators/bitrix24/portal_clock.h"

#include "absl/time/clock.h"

namespace guestbridge::testing::bitrix24 {

absl::Time PortalClock::Now() const {
  std::lock_guard<std::mutex> lock(mutex_);
  return (frozen_ ? frozen_at_ : absl::Now()) + shift_;
}

double PortalClock::Seconds() const {
  return absl::ToDoubleSeconds(Now() - absl::UnixEpoch());
}

void PortalClock::Advance(absl::Duration by) {
  std::lock_guard<std::mutex> lock(mutex_);
  shift_ += by;
}

void PortalClock::SetFrozen(bool frozen) {
  std::lock_guard<std::mutex> lock(mutex_);
  if (frozen == frozen_) return;
  if (frozen) {
    frozen_at_ = absl::Now();
  } else {
    shift_ += frozen_at_ - absl::Now();
  }
  frozen_ = frozen;
}

void PortalClock::Wait(absl::Duration time) const {
  std::unique_lock<std::mutex> lock(mutex_);
  stop_.wait_for(lock, absl::ToChronoMicroseconds(time), [this] { return stopped_; });
}

void PortalClock::Stop() {
  std::lock_guard<std::mutex> lock(mutex_);
  stopped_ = true;
  stop_.notify_all();
}

}  // namespace guestbridge::testing::bitrix24
