#include "sync-agent/pace/breaker.h"

#include <algorithm>

namespace guestbridge::agent {
namespace {

constexpr absl::Duration kFirstPause = absl::Seconds(1);
constexpr absl::Duration kLongestPause = absl::Seconds(60);

}  // namespace

absl::Duration Jittered(absl::Duration longest, Random& random) {
  return longest * (0.5 + 0.5 * RandomUnit(random));
}

void Breaker::Answered() {
  failures_ = 0;
  pause_until_ = -absl::InfiniteDuration();
}

bool Breaker::Failed(absl::Duration sent, absl::Duration now) {
  if (failures_ > 0 && sent < failed_at_) return false;
  failed_at_ = now;
  ++failures_;
  const absl::Duration longest =
      std::min(kFirstPause * (1 << std::min(failures_ - 1, 10)), kLongestPause);
  pause_until_ = now + Jittered(longest, random_);
  return true;
}

}  // namespace guestbridge::agent
