#pragma once

#include <mutex>
#include <optional>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/time/time.h"
#include "sync-agent/source/source.h"

// When the queue of contact IDs towards 1C will be empty, as far as anybody can say.
namespace guestbridge::agent {

struct WriteBackOutlook {
  double per_second = 0;          // IDs, pauses included; 0: not measured yet
  std::optional<absl::Time> end;  // nothing: not known
  std::optional<absl::Time> quiet_until;
  absl::Status waiting;  // not OK: why nothing is written now
};

// The site's quiet spells, as SourceWriter::NextQuiet.
using NextQuiet = absl::FunctionRef<std::optional<QuietSpell>(absl::Time)>;

// When `work` will have been done that begins at `from` and rests in quiet spells.
// Nothing when that is more than a year away. Pure.
std::optional<absl::Time> EndOfWork(absl::Time from, absl::Duration work,
                                    NextQuiet next_quiet);

// How fast 1C takes IDs: the write-back notes each turn, whoever wants to know looks.
// Thread-safe.
class WriteBackGauge {
 public:
  // An ID has left the queue; with the pause after it that took `turn`.
  void Wrote(absl::Duration turn, absl::Time now);
  // 1C does not take the ID now, and the queue waits.
  void Failed(const absl::Status& why);
  // The connection was changed: whether 1C takes IDs now, the next one tells.
  void ForgetFailure();

  // For `pending` IDs. Everything is empty when none waits.
  WriteBackOutlook Look(int pending, absl::Time now, NextQuiet next_quiet) const;

 private:
  mutable std::mutex mutex_;
  int turns_ = 0;
  absl::Duration turn_;  // a mean that forgets
  absl::Time last_ = absl::InfinitePast();
  absl::Status failure_;
  int failures_in_row_ = 0;
};

}  // namespace guestbridge::agent
