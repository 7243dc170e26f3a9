#include "sync-agent/export/write_back_turns.h"

#include <algorithm>
#include <string>
#include <vector>

#include "common/status/error.h"
#include "common/status/status_macros.h"
#include "sync-agent/model/mutant.h"

namespace guestbridge::agent {
namespace {

// A single refusal of the whole base may come from a restart in progress.
constexpr int kBaseRefusalsBeforeParking = 3;
constexpr int kMassTurnsAfterFailure = 5;

bool IsOfOneClient(absl::string_view reason) {
  return reason == "WRITE_NOT_KEPT" || reason == "CLIENT_GONE" ||
         reason == "SOURCE_REFUSED" || reason == "SOURCE_VALUE_REFUSED";
}

// No right, no such attribute, a changed password: no client will fare better until a
// person has mended it.
bool IsOfTheBase(const absl::Status& status) {
  return absl::IsFailedPrecondition(status) && !IsOfOneClient(ReasonOf(status));
}

}  // namespace

bool WriteBackTurns::IsFinal(const absl::Status& status) {
  return IsOfOneClient(ReasonOf(status));
}

absl::Status WriteBackTurns::Unpark(Ledger& ledger) {
  return ledger.UnparkWriteBacks(
      [](absl::string_view reason) { return !IsOfOneClient(reason); });
}

absl::Status WriteBackTurns::Unpark() {
  base_refused_ = false;
  return Unpark(ledger_);
}

absl::StatusOr<std::optional<WriteBackItem>> WriteBackTurns::Next() {
  std::vector<WriteBackItem> pending;
  of_mass_ = mass_turns_ > 0;
  if (mass_turns_ > 0) {
    --mass_turns_;
    GB_ASSIGN_OR_RETURN(pending, ledger_.PendingWriteBacks(1, WriteBackRank::kMass));
  }
  if (pending.empty()) {
    GB_ASSIGN_OR_RETURN(pending, ledger_.PendingWriteBacks(1));
  }
  if (pending.empty()) return std::nullopt;
  if (MutantActive(Mutant::kWriteBackDoneFirst)) {
    GB_RETURN_IF_ERROR(
        ledger_.FinishWriteBack(pending.front(), absl::OkStatus(), false));
  }
  return pending.front();
}

absl::StatusOr<absl::Duration> WriteBackTurns::Finish(
    const WriteBackItem& item, const absl::StatusOr<ContactWritten>& written,
    absl::Duration took) {
  const absl::Status& status = written.status();
  absl::Status noted;
  GB_RETURN_IF_ERROR(ledger_.Together([&] {
    if (written.ok() && !written->version_after.empty()) {
      noted =
          ledger_.NoteEcho(item.key, written->version_before, written->version_after);
    }
    noted.Update(ledger_.FinishWriteBack(item, status, IsFinal(status)));
  }));
  GB_RETURN_IF_ERROR(noted);
  if (status.ok() || IsFinal(status)) {
    failures_in_row_ = 0;
    base_refusals_ = 0;
    if (status.ok() && base_refused_) GB_RETURN_IF_ERROR(Unpark());
    absl::Duration pause = took;
    if (settings_.most_per_second > 0) {
      pause = std::max(pause, absl::Seconds(1 / settings_.most_per_second) - took);
    }
    return std::min(pause, kLongestPause);
  }
  base_refusals_ = IsOfTheBase(status) ? base_refusals_ + 1 : 0;
  if (base_refusals_ == kBaseRefusalsBeforeParking) {
    failures_in_row_ = 0;
    base_refusals_ = 0;
    base_refused_ = true;
    GB_RETURN_IF_ERROR(ledger_.ParkWriteBacks(status));
    return absl::ZeroDuration();
  }
  if (!of_mass_) mass_turns_ = kMassTurnsAfterFailure;
  // 1C is away, locked or in maintenance: the queue waits, longer each time.
  const absl::Duration pause = std::min(
      settings_.first_pause * (1 << std::min(failures_in_row_, 6)), kLongestPause);
  ++failures_in_row_;
  return pause;
}

}  // namespace guestbridge::agent
