#include "sync-agent/pace/unit_time.h"

#include <algorithm>
#include <cmath>

namespace guestbridge::agent {
namespace {

constexpr double kWeight = 0.3;
constexpr double kPeakDecay = 0.003;
constexpr double kBestRise = 1.03;
// Before anything is known, three times the guessed mean.
constexpr double kUnknown = 3;
// A portal may slow this much without warning: feared the less the longer it hasn't.
constexpr double kFirstFear = 1.8;
constexpr double kLeastFear = 1.45;
constexpr double kFearDecay = 0.03;
// Fewer units say nothing about what is usual.
constexpr int kEnoughUnits = 100;
constexpr double kSigmas = 3.5;

}  // namespace

void UnitTime::Saw(const std::vector<Sample>& samples) {
  int units = 0;
  double seconds = 0;
  for (const Sample& sample : samples) {
    units += sample.units;
    seconds += sample.seconds;
  }
  if (units <= 0) return;
  const auto more = static_cast<double>(samples.size() - 1);
  const double mean = seconds / units;
  double spread = 0;
  for (const Sample& sample : samples) {
    const double off = sample.seconds / sample.units - mean;
    spread += sample.units * off * off;
  }
  if (!known_) {
    known_ = true;
    mean_ = mean;
    best_ = mean;
    peak_ = mean;
    within_ = samples.size() > 1 ? spread / more : mean * mean / 4;
    between_ = mean * mean / 50;
    fear_ = kFirstFear;
    return;
  }
  if (samples.size() > 1) {
    within_ += kWeight * (spread / more - within_);
  }
  const double chance = within_ / units;  // variance of `mean` by chance alone
  const double off = mean - mean_;
  between_ += kWeight / 2 * (std::max(0.0, off * off - chance) - between_);
  // Few units say little.
  const double weight =
      kWeight * between_ / std::max(between_ + chance, 1e-12) + kWeight / 3;
  mean_ += std::min(weight, kWeight) * off;
  peak_ =
      std::max(peak_ + kPeakDecay * (mean_ - peak_), mean - 1.5 * std::sqrt(chance));
  fear_ += kFearDecay * (kLeastFear - fear_);
  seen_ = std::min(seen_ + units, kEnoughUnits);
  best_ = seen_ < kEnoughUnits ? mean_ : std::min(mean_, best_ * kBestRise);
}

double UnitTime::Likely(int units) const {
  return units * mean_ + 1.5 * std::sqrt(units * within_);
}

double UnitTime::Upper(int units) const {
  if (!known_) return kUnknown * mean_ * units;
  const double high = std::max({mean_ + 2 * std::sqrt(between_), peak_, fear_ * mean_});
  return units * high + kSigmas * std::sqrt(units * within_);
}

}  // namespace guestbridge::agent
