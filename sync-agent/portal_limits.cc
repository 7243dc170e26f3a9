#include "sync-agent/portal_limits.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "absl/time/time.h"
#include "common/status/status_macros.h"
#include "sync-agent/integration_report.h"
#include "sync-agent/pace/pace_memory.h"

namespace guestbridge::agent {
namespace {

// Of a limit: from here on a run begins to wait.
constexpr double kNearlyUsedUp = 0.9;

std::string Whole(double number) { return absl::StrCat(std::llround(number)); }

}  // namespace

absl::Status PutLimits(const TaskParts& parts,
                       guestbridge::v1::ClientExplanation* explanation) {
  GB_ASSIGN_OR_RETURN(const std::string note, parts.ledger.Note(kPaceNote));
  absl::string_view text = note;
  absl::ConsumePrefix(&text, kPaceOfRunning);
  const PaceMemory memory = DecodePaceMemory(text);
  const PaceSettings& pace = parts.sides.settings.pace;
  const absl::Duration age =
      std::max(parts.clock.Now() - memory.at, absl::ZeroDuration());
  if (age < pace.operating_window) {
    const absl::Duration left = pace.operating_window - age;
    for (const auto& [method, seconds] : memory.operating) {
      if (seconds < kNearlyUsedUp * pace.operating_limit_seconds) continue;
      *explanation->add_limits() =
          ToExplanation("LIMIT_OPERATING",
                        {{"method", method},
                         {"seconds", Whole(seconds)},
                         {"limit", Whole(pace.operating_limit_seconds)},
                         {"minutes", Whole(std::ceil(absl::ToDoubleMinutes(left)))}});
    }
  }
  const double level =
      memory.bucket - pace.bucket_drain_per_second * absl::ToDoubleSeconds(age);
  if (level >= kNearlyUsedUp * pace.bucket_capacity) {
    *explanation->add_limits() = ToExplanation(
        "LIMIT_REQUESTS",
        {{"requests", Whole(level)}, {"limit", Whole(pace.bucket_capacity)}});
  }
  return absl::OkStatus();
}

}  // namespace guestbridge::agent
