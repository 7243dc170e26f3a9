#ifndef GUESTBRIDGE_TESTS_EMULATORS_BITRIX24_PORTAL_CLOCK_H_
#define GUESTBRIDGE_TESTS_EMULATORS_BITRIX24_PORTAL_CLOCK_H_

#include <condition_variable>
#include <mutex>

#include "absl/time/time.h"

namespace guestbridge::testing::bitrix24 {

// The portal's clock: the machine's, shifted by what Advance added; or, frozen, one
// that only Advance moves. Thread-safe.
class PortalClock {
 public:
  absl::Time Now() const;

  // Seconds since the epoch with fractions.
  double Seconds() const;

  // Moves the clock forward; `by` may be negative.
  void Advance(absl::Duration by);

  // Frozen at the present moment, or running again from there.
  void SetFrozen(bool frozen);

  // Waits `time` of real time, whatever the clock shows; returns early once Stop is
  // called.
  void Wait(absl::Duration time) const;

  // Ends all waits, present and future.
  void Stop();

 private:
  mutable std::mutex mutex_;
  mutable std::condition_variable stop_;
  absl::Duration shift_;
  bool frozen_ = false;
  absl::Time frozen_at_;
  bool stopped_ = false;
};

}  // namespace guestbridge::testing::bitrix24

#endif  // GUESTBRIDGE_TESTS_EMULATORS_BITRIX24_PORTAL_CLOCK_H_
