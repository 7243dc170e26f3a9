#include "sync-agent/export/write_back_outlook.h"

#include <algorithm>

#include "common/status/error.h"

namespace guestbridge::agent {
namespace {

constexpr absl::Duration kHorizon = absl::Hours(24 * 366);
// Turns that the mean remembers: it follows a base that is busier at noon, and a slow
// first call after a night does not frighten for long.
constexpr int kMemory = 20;

bool IsLock(const absl::Status& status) { return ReasonOf(status) == "SOURCE_BUSY"; }

}  // namespace

std::optional<absl::Time> EndOfWork(absl::Time from, absl::Duration work,
                                    NextQuiet next_quiet) {
  absl::Time at = from;
  while (at < from + kHorizon) {
    const std::optional<QuietSpell> quiet = next_quiet(at);
    if (!quiet.has_value() || at + work <= quiet->from) {
      return at + work < from + kHorizon ? std::optional<absl::Time>(at + work)
                                         : std::nullopt;
    }
    if (quiet->to <= at) return std::nullopt;  // a broken promise is not believed
    if (quiet->from > at) work -= quiet->from - at;
    at = quiet->to;
  }
  return std::nullopt;
}

void WriteBackGauge::Wrote(absl::Duration turn, absl::Time now) {
  const std::lock_guard<std::mutex> lock(mutex_);
  turns_ = std::min(turns_ + 1, kMemory);
  turn_ += (turn - turn_) / turns_;
  last_ = now;
  failure_ = absl::OkStatus();
  failures_in_row_ = 0;
}

void WriteBackGauge::Failed(const absl::Status& why) {
  const std::lock_guard<std::mutex> lock(mutex_);
  failure_ = why;
  ++failures_in_row_;
}

void WriteBackGauge::ForgetFailure() {
  const std::lock_guard<std::mutex> lock(mutex_);
  failure_ = absl::OkStatus();
  failures_in_row_ = 0;
}

WriteBackOutlook WriteBackGauge::Look(int pending, absl::Time now,
                                      NextQuiet next_quiet) const {
  WriteBackOutlook outlook;
  if (pending <= 0) return outlook;
  const std::lock_guard<std::mutex> lock(mutex_);
  if (turn_ > absl::ZeroDuration())
    outlook.per_second = absl::FDivDuration(absl::Seconds(1), turn_);
  const std::optional<QuietSpell> quiet = next_quiet(now);
  if (quiet.has_value() && quiet->from <= now) outlook.quiet_until = quiet->to;
  // One card that is open at the reception does not hold up the others.
  const bool away = !failure_.ok() && (failures_in_row_ > 1 || !IsLock(failure_));
  if (away) {
    outlook.waiting = failure_;
    return outlook;
  }
  if (turn_ <= absl::ZeroDuration()) return outlook;
  // From the last turn on: it stands still between two writes.
  const absl::Time from = std::clamp(last_, now - 2 * turn_, now);
  outlook.end = EndOfWork(from, pending * turn_, next_quiet);
  return outlook;
}

}  // namespace guestbridge::agent
