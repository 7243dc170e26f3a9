#pragma once

#include "absl/time/time.h"
#include "sync-agent/pace/unit_time.h"

namespace guestbridge::agent {

// How many units of one method to put into a request, so that it takes about the target
// time and never comes near the minute at which the portal's gateway cuts it off.
// Grows at once as far as a request will hardly take a quarter of the target, and
// beyond that by doubling at most; shrinks at once. One thread at a time.
class RequestSizer {
 public:
  static constexpr int kFirstUnits = 10;
  // What will hardly take longer than this part of the target needs no approach.
  static constexpr double kQuick = 0.5;

  explicit RequestSizer(absl::Duration target) : target_(target) {}

  int units() const { return units_; }
  const UnitTime& time() const { return time_; }

  // `samples`: what each command took; `whole`: the request by our own clock.
  void Answered(const std::vector<UnitTime::Sample>& samples, absl::Duration whole);
  // It may have been cut off for running too long.
  void Lost(int units);
  void StartOver() { units_ = 1; }

 private:
  const absl::Duration target_;
  UnitTime time_;
  int units_ = kFirstUnits;
};

}  // namespace guestbridge::agent
