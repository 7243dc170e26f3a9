#pragma once

#include "absl/time/time.h"
#include "common/random/random.h"

namespace guestbridge::agent {

// Pauses after requests that got no usable answer: jittered, doubling, at most a
// minute. After three in a row the portal is away, and one request at a time goes to
// see whether it is back. One thread at a time.
class Breaker {
 public:
  explicit Breaker(Random& random) : random_(random) {}

  bool away() const { return failures_ >= kAwayAfter; }
  int failures_in_row() const { return failures_; }
  // The earliest moment for the next request, as far as failures go.
  absl::Duration pause_until() const { return pause_until_; }
  // When the last failure was heard of: what left before is not a probe.
  absl::Duration failed_at() const { return failed_at_; }

  void Answered();
  // Requests that were under way together fail once. True when it counted.
  bool Failed(absl::Duration sent, absl::Duration now);

 private:
  static constexpr int kAwayAfter = 3;

  Random& random_;
  int failures_ = 0;
  absl::Duration failed_at_ = -absl::InfiniteDuration();
  absl::Duration pause_until_ = -absl::InfiniteDuration();
};

// Half of `longest` to all of it.
absl::Duration Jittered(absl::Duration longest, Random& random);

}  // namespace guestbridge::agent
