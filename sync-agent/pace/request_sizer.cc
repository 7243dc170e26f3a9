#include "sync-agent/pace/request_sizer.h"

#include <algorithm>

namespace guestbridge::agent {
namespace {

constexpr double kMostUnits = 1000;
// Of the target; what even an unlucky request will hardly exceed.
constexpr double kUnlucky = 2;
constexpr int kManyUnits = 100;
// A request that took longer than this part of the target by our own clock was slow,
// whatever the portal says.
constexpr double kSlow = 1.5;

}  // namespace

void RequestSizer::Answered(const std::vector<UnitTime::Sample>& samples,
                            absl::Duration whole) {
  int units = 0;
  double seconds = 0;
  for (const UnitTime::Sample& sample : samples) {
    units += sample.units;
    seconds += sample.seconds;
  }
  if (units <= 0) return;
  time_.Saw(samples);
  const double target = absl::ToDoubleSeconds(target_);
  if (const double own = absl::ToDoubleSeconds(whole); own > kSlow * target) {
    seconds = std::max(seconds, own);
  }
  const double each = std::max({seconds / units, time_.mean(), 1e-4});
  const double quick = kQuick * target / (time_.Upper(kManyUnits) / kManyUnits);
  double ideal = std::min({target / each, std::max(2.0 * units_, quick), kMostUnits});
  if (time_.Upper(static_cast<int>(ideal)) > kUnlucky * target) {
    ideal *= kUnlucky * target / time_.Upper(static_cast<int>(ideal));
  }
  units_ = std::max(1, static_cast<int>(ideal));
}

void RequestSizer::Lost(int units) {
  units_ = std::max(1, std::min(units_, units) / 2);
}

}  // namespace guestbridge::agent
