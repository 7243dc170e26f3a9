#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "sync-agent/source/source.h"

// Hours of a day in which 1C is left to the reception. Pure.
namespace guestbridge::agent {

// From a minute of the day to another; over midnight when `to` is not later.
struct QuietHours {
  int from = 0;  // minutes since midnight
  int to = 0;
};

// "08:00-11:00"; nothing when it is no such text. "24:00" ends a day.
std::optional<QuietHours> ParseQuietHours(absl::string_view text);

// When the quiet hours that `now` (the base's own time) lies in end, "11:00"; nothing
// outside of them.
std::optional<std::string> QuietUntil(const std::vector<QuietHours>& hours,
                                      absl::CivilMinute now);

// The first of the quiet spells that ends after `at`; hours that follow upon each other
// are one spell. `zone`: the base's own. Nothing when there are no hours.
std::optional<QuietSpell> NextQuietSpell(const std::vector<QuietHours>& hours,
                                         absl::TimeZone zone, absl::Time at);

}  // namespace guestbridge::agent
