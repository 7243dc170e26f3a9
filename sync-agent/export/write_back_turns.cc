#include "sync-agent/export/write_back_turns.h"

#include <algorithm>
#include <string>
#include <vector>

#include "common/status/error.h"
#include "common/status/status_macros.h"
#include "sync-agent/model/mutant.h"

namespace guestbridge::agent {

bool WriteBackTurns::IsFinal(const absl::Status& status) {
  const std::string reason = ReasonOf(status);
  return reason == "WRITE_NOT_KEPT" || reason == "CLIENT_GONE" ||
         reason == "SOURCE_REFUSED" || reason == "SOURCE_VALUE_REFUSED";
}

absl::StatusOr<std::optional<WriteBackItem>> WriteBackTurns::Next() {
  GB_ASSIGN_OR_RETURN(const std::vector<WriteBackItem> pending,
                      ledger_.PendingWriteBacks(1));
  if (pending.empty()) return std::nullopt;
  if (MutantActive(Mutant::kWriteBackDoneFirst)) {
    GB_RETURN_IF_ERROR(
        ledger_.FinishWriteBack(pending.front(), absl::OkStatus(), false));
  }
  return pending.front();
}

absl::StatusOr<absl::Duration> WriteBackTurns::Finish(const WriteBackItem& item,
                                                      const absl::Status& status,
                                                      absl::Duration took) {
  GB_RETURN_IF_ERROR(ledger_.FinishWriteBack(item, status, IsFinal(status)));
  if (status.ok() || IsFinal(status)) {
    failures_in_row_ = 0;
    absl::Duration pause = took;
    if (settings_.most_per_second > 0) {
      pause = std::max(pause, absl::Seconds(1 / settings_.most_per_second) - took);
    }
    return std::min(pause, kLongestPause);
  }
  // 1C is away, locked or in maintenance: the queue waits, longer each time.
  const absl::Duration pause =
      std::min(absl::Seconds(1) * (1 << std::min(failures_in_row_, 6)), kLongestPause);
  ++failures_in_row_;
  return pause;
}

}  // namespace guestbridge::agent
