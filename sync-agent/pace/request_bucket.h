#pragma once

#include "absl/time/time.h"

namespace guestbridge::agent {

// The portal's counter of requests, as high as it can be: each request adds 1, refused
// ones too, and Y leave it per second. One thread at a time.
//
// The portal's drops come in steps of Y at a phase of its own and requests bunch on
// their way, so its counter may stand above a smooth one by Y and by what was delayed:
// we stay 2 Y + 1 below the capacity, good for delays that differ by half a second and
// more. We also drain a little slower than Y, or clocks that disagree by some parts in
// 100,000 would eat the margin within a day.
class RequestBucket {
 public:
  RequestBucket(double drain_per_second, int capacity);

  // How full it was at that moment; nothing is assumed without.
  void Set(double level, absl::Duration at);
  double LevelAt(absl::Duration now) const;
  double capacity() const { return capacity_; }

  absl::Duration EarliestStart(absl::Duration now) const;
  void Sent(absl::Duration now);
  // The portal counted more than we did: somebody else sends from this address. Leaves
  // him a part of the drain from now on, until no refusal has come for a while.
  void Refused(int in_flight, absl::Duration now);

 private:
  double Drain(absl::Duration now) const;

  const double drain_;
  const double capacity_;
  const double ceiling_;
  double level_ = 0;
  absl::Duration at_ = -absl::InfiniteDuration();
  double share_ = 1;  // of the drain, since the last refusal
  absl::Duration refused_at_ = -absl::InfiniteDuration();
};

}  // namespace guestbridge::agent
