#include "tests/emulators/bitrix24/portal_clock.h"

#include <algorithm>

namespace guestbridge::testing::bitrix24 {

absl::Time PortalClock::Shown(absl::Time real) const {
  return frozen_ ? at_ : at_ + (real - real_) * speed_;
}

void PortalClock::Rebase() {
  const absl::Time real = absl::Now();
  at_ = Shown(real);
  real_ = real;
}

// Real time that is left of the wait.
absl::Duration PortalClock::Left(const Mark& mark, absl::Duration time) const {
  const absl::Time real = absl::Now();
  const absl::Duration by_clock = (mark.shown + time - Shown(real)) / speed_;
  if (!frozen_) return by_clock;
  return std::min(by_clock, mark.real + time / speed_ - real);
}

absl::Time PortalClock::Now() const {
  std::lock_guard<std::mutex> lock(mutex_);
  return Shown(absl::Now());
}

double PortalClock::Seconds() const {
  return absl::ToDoubleSeconds(Now() - absl::UnixEpoch());
}

PortalClock::Mark PortalClock::Start() const {
  std::lock_guard<std::mutex> lock(mutex_);
  const absl::Time real = absl::Now();
  return {.shown = Shown(real), .real = real};
}

bool PortalClock::HasPassed(const Mark& mark, absl::Duration time) const {
  std::lock_guard<std::mutex> lock(mutex_);
  return Left(mark, time) <= absl::ZeroDuration();
}

void PortalClock::Advance(absl::Duration by) {
  std::lock_guard<std::mutex> lock(mutex_);
  at_ += by;
  changed_.notify_all();
}

void PortalClock::SetSpeed(double speed) {
  std::lock_guard<std::mutex> lock(mutex_);
  Rebase();
  speed_ = speed;
  changed_.notify_all();
}

double PortalClock::speed() const {
  std::lock_guard<std::mutex> lock(mutex_);
  return speed_;
}

void PortalClock::SetFrozen(bool frozen) {
  std::lock_guard<std::mutex> lock(mutex_);
  Rebase();
  frozen_ = frozen;
  changed_.notify_all();
}

void PortalClock::Wait(absl::Duration time) const {
  const Mark mark = Start();
  std::unique_lock<std::mutex> lock(mutex_);
  while (!stopped_) {
    const absl::Duration left = Left(mark, time);
    if (left <= absl::ZeroDuration()) return;
    changed_.wait_for(lock, absl::ToChronoMicroseconds(left + absl::Microseconds(1)));
  }
}

void PortalClock::Stop() {
  std::lock_guard<std::mutex> lock(mutex_);
  stopped_ = true;
  changed_.notify_all();
}

bool PortalClock::stopped() const {
  std::lock_guard<std::mutex> lock(mutex_);
  return stopped_;
}

}  // namespace guestbridge::testing::bitrix24
