#include "sync-agent/pace/request_bucket.h"

#include <algorithm>

namespace guestbridge::agent {
namespace {

constexpr double kClockShare = 0.998;
constexpr double kYield = 0.7;
constexpr double kLeastShare = 0.1;
constexpr absl::Duration kRegain = absl::Minutes(10);  // from nothing to everything

}  // namespace

RequestBucket::RequestBucket(double drain_per_second, int capacity) {
  SetRate(drain_per_second, capacity);
}

void RequestBucket::SetRate(double drain_per_second, int capacity) {
  const std::lock_guard<std::mutex> lock(mutex_);
  drain_ = std::max(drain_per_second, 0.1);
  capacity_ = std::max(capacity, 1);
  ceiling_ = std::max(1.0, capacity_ - 2 * drain_ - 1);
}

double RequestBucket::DrainLocked(absl::Duration now) const {
  double share = share_;
  if (now > refused_at_) {
    share += absl::FDivDuration(now - refused_at_, kRegain);
  }
  return drain_ * kClockShare * std::clamp(share, kLeastShare, 1.0);
}

double RequestBucket::LevelLocked(absl::Duration now) const {
  if (now <= at_ || level_ <= 0) return level_;
  return std::max(0.0, level_ - DrainLocked(now) * absl::ToDoubleSeconds(now - at_));
}

void RequestBucket::Recall(double level, absl::Duration at, double more,
                           absl::Duration now) {
  const std::lock_guard<std::mutex> lock(mutex_);
  const double drained = DrainLocked(now) * absl::ToDoubleSeconds(now - at);
  const double recalled =
      std::max(0.0, std::min(level, capacity_) - drained) + more * capacity_;
  level_ = std::clamp(recalled, LevelLocked(now), std::max(capacity_, level_));
  at_ = now;
}

double RequestBucket::FreeAt(absl::Duration now) const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return std::max(0.0, ceiling_ - LevelLocked(now));
}

double RequestBucket::LevelAt(absl::Duration now) const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return LevelLocked(now);
}

absl::Duration RequestBucket::EarliestStart(absl::Duration now) const {
  const std::lock_guard<std::mutex> lock(mutex_);
  const double over = LevelLocked(now) + 1 - ceiling_;
  if (over <= 1e-9) return now;
  return now + absl::Seconds(over / DrainLocked(now)) + absl::Microseconds(1);
}

void RequestBucket::Sent(absl::Duration now) {
  const std::lock_guard<std::mutex> lock(mutex_);
  level_ = LevelLocked(now) + 1;
  at_ = std::max(at_, now);
}

void RequestBucket::Refused(int in_flight, absl::Duration now) {
  const std::lock_guard<std::mutex> lock(mutex_);
  // Those under way together are one event.
  if (now - refused_at_ > absl::Seconds(2)) {
    share_ = std::clamp(DrainLocked(now) / (drain_ * kClockShare) * kYield, kLeastShare,
                        1.0);
    refused_at_ = now;
  }
  level_ = capacity_ + in_flight;
  at_ = std::max(at_, now);
}

}  // namespace guestbridge::agent
