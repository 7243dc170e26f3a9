#pragma once

#include <bitset>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

// When a five-field cron fires. Pure.
namespace guestbridge::server {

// `minute hour day-of-month month day-of-week`, separated by blanks. A field is a list
// of
// `*`, `n`, `a-b`, each with `/step` (`n/step` means from n to the end). Months and
// weekdays also by English name (JAN, mon); weekday 0 and 7 are Sunday, and SUN ends a
// range as 7. When both day fields are restricted (do not begin with `*`), a day that
// matches either fires. `@hourly`, `@daily`, `@midnight`, `@weekly`, `@monthly`,
// `@yearly` and `@annually` are accepted for what they stand for.
struct Cron {
  std::bitset<60> minutes;
  std::bitset<24> hours;
  std::bitset<32> days;     // 1 to 31
  std::bitset<13> months;   // 1 to 12
  std::bitset<7> weekdays;  // 0 is Sunday
  bool any_day = false;
  bool any_weekday = false;
};

// Errors: CRON_INVALID (INVALID_ARGUMENT, field schedule.cron; parameters cron,
// position, field, value).
absl::StatusOr<Cron> ParseCron(absl::string_view text);

// An IANA name such as `Europe/Moscow`, or `UTC`. Errors: TIME_ZONE_UNKNOWN
// (INVALID_ARGUMENT, field schedule.time_zone; parameter time_zone).
absl::StatusOr<absl::TimeZone> FindTimeZone(absl::string_view name);

// The first firing after `after` (exclusive); none when the date never comes, such as
// 30 February. Daylight saving: a local time that does not exist fires at the first
// moment after the gap, together with the others of the gap; one that occurs twice
// fires the first time only.
std::optional<absl::Time> NextFiring(const Cron& cron, absl::TimeZone zone,
                                     absl::Time after);

// That `cron` fires within 8 years of `after`. `text`: as it was written. Errors:
// CRON_INVALID.
absl::Status CheckFires(const Cron& cron, absl::string_view text, absl::TimeZone zone,
                        absl::Time after);

// The last firing after `after` (exclusive) and not later than `until`.
std::optional<absl::Time> LastFiring(const Cron& cron, absl::TimeZone zone,
                                     absl::Time after, absl::Time until);

}  // namespace guestbridge::server
