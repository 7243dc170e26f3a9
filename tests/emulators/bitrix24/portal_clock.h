#ifndef GUESTBRIDGE_TESTS_EMULATORS_BITRIX24_PORTAL_CLOCK_H_
#define GUESTBRIDGE_TESTS_EMULATORS_BITRIX24_PORTAL_CLOCK_H_

#include <condition_variable>
#include <mutex>

#include "absl/time/clock.h"
#include "absl/time/time.h"

namespace guestbridge::testing::bitrix24 {

// The portal's clock: the machine's, shifted by what Advance added and running `speed`
// times as fast; or, frozen, one that only Advance moves. Thread-safe.
class PortalClock {
 public:
  // A moment on both clocks, to measure from.
  struct Mark {
    absl::Time shown;
    absl::Time real;
  };

  absl::Time Now() const;

  // Seconds since the epoch with fractions.
  double Seconds() const;

  Mark Start() const;

  // Whether `time` of the portal's time went by since `mark`. A frozen clock does not
  // hold waiters up: then it is the machine's time, at the speed set.
  bool HasPassed(const Mark& mark, absl::Duration time) const;

  // Moves the clock forward; `by` may be negative.
  void Advance(absl::Duration by);

  // Portal seconds in a real one; above 0.
  void SetSpeed(double speed);
  double speed() const;

  // Frozen at the present moment, or running again from there.
  void SetFrozen(bool frozen);

  // Waits `time` of the portal's time, as HasPassed counts it; returns early once Stop
  // is called.
  void Wait(absl::Duration time) const;

  // Ends all waits, present and future.
  void Stop();
  bool stopped() const;

 private:
  absl::Time Shown(absl::Time real) const;
  absl::Duration Left(const Mark& mark, absl::Duration time) const;
  void Rebase();

  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  absl::Time real_ = absl::Now();  // when the clock showed at_
  absl::Time at_ = real_;
  double speed_ = 1;
  bool frozen_ = false;
  bool stopped_ = false;
};

}  // namespace guestbridge::testing::bitrix24

#endif  // GUESTBRIDGE_TESTS_EMULATORS_BITRIX24_PORTAL_CLOCK_H_
