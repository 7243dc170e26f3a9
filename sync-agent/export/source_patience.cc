#include "sync-agent/export/source_patience.h"

#include <algorithm>
#include <string>

#include "common/status/error.h"

namespace guestbridge::agent {
namespace {

bool TakesMinutes(const absl::Status& status) {
  const std::string reason = ReasonOf(status);
  return reason == "SOURCE_IN_MAINTENANCE" || reason == "SOURCE_LICENCES_EXHAUSTED";
}

}  // namespace

SourcePatience::SourcePatience(const SourceWaits& waits, bool unattended,
                               Random& random)
    : waits_(waits),
      unattended_(unattended),
      random_(random),
      pause_(waits.first_pause) {}

std::optional<absl::Duration> SourcePatience::AfterFailure(const absl::Status& status,
                                                           absl::Duration now) {
  ++calls_;
  if (status.code() != absl::StatusCode::kUnavailable) return std::nullopt;
  if (!since_.has_value()) since_ = now;
  lasting_ = lasting_ || (unattended_ && TakesMinutes(status));
  const absl::Duration patience =
      lasting_ ? waits_.unattended_patience : waits_.patience;
  if (calls_ >= waits_.fewest_calls && now - *since_ > patience) return std::nullopt;
  const absl::Duration longest =
      lasting_ ? waits_.longest_unattended_pause : waits_.longest_pause;
  pause_ = std::min(pause_, longest);
  const absl::Duration pause = pause_ * (0.5 + RandomUnit(random_));
  pause_ = std::min(pause_ * 2, longest);
  return pause;
}

}  // namespace guestbridge::agent
