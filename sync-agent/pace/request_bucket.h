#pragma once

#include <mutex>

#include "absl/time/time.h"

namespace guestbridge::agent {

// The portal's counter of requests, as high as it can be: each request adds 1, refused
// ones too, and Y leave it per second. Thread-safe: all who send to a portal from this
// process share its bucket. Two that ask at the same moment may both be let go, which
// the margin bears.
//
// The portal's drops come in steps of Y at a phase of its own and requests bunch on
// their way, so its counter may stand above a smooth one by Y and by what was delayed:
// we stay 2 Y + 1 below the capacity, good for delays that differ by half a second and
// more. We also drain a little slower than Y, or clocks that disagree by some parts in
// 100,000 would eat the margin within a day.
class RequestBucket {
 public:
  RequestBucket(double drain_per_second, int capacity);

  // What the portal allows, as last configured.
  void SetRate(double drain_per_second, int capacity);
  // It was so full at that moment, and `more` (of the capacity) may have come since;
  // not less full than is known already. Nothing is assumed without.
  void Recall(double level, absl::Duration at, double more, absl::Duration now);
  double LevelAt(absl::Duration now) const;
  // How many requests may leave at once.
  double FreeAt(absl::Duration now) const;

  absl::Duration EarliestStart(absl::Duration now) const;
  void Sent(absl::Duration now);
  // The portal counted more than we did: somebody else sends from this address. Leaves
  // him a part of the drain from now on, until no refusal has come for a while.
  void Refused(int in_flight, absl::Duration now);

 private:
  double DrainLocked(absl::Duration now) const;
  double LevelLocked(absl::Duration now) const;

  mutable std::mutex mutex_;
  double drain_;
  double capacity_;
  double ceiling_;
  double level_ = 0;
  absl::Duration at_ = -absl::InfiniteDuration();
  double share_ = 1;  // of the drain, since the last refusal
  absl::Duration refused_at_ = -absl::InfiniteDuration();
};

}  // namespace guestbridge::agent
