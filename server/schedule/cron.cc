#include "server/schedule/cron.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/types/span.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"

namespace guestbridge::server {
namespace {

constexpr absl::string_view kMonths[] = {"JAN", "FEB", "MAR", "APR", "MAY", "JUN",
                                         "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"};
constexpr absl::string_view kWeekdays[] = {"SUN", "MON", "TUE", "WED",
                                           "THU", "FRI", "SAT"};

// A 29 February that is also off the Gregorian leap rule comes after 8 years at the
// latest; what does not come in this time never does.
constexpr int kSearchYears = 12;

struct FieldRule {
  absl::string_view name;
  int low;
  int high;
  absl::Span<const absl::string_view> names;  // Of the values from `low` on.
};

constexpr FieldRule kFields[] = {{"minute", 0, 59, {}},
                                 {"hour", 0, 23, {}},
                                 {"day of month", 1, 31, {}},
                                 {"month", 1, 12, kMonths},
                                 {"day of week", 0, 7, kWeekdays}};

constexpr std::pair<absl::string_view, absl::string_view> kMacros[] = {
    {"@hourly", "0 * * * *"},   {"@daily", "0 0 * * *"},   {"@midnight", "0 0 * * *"},
    {"@weekly", "0 0 * * 0"},   {"@monthly", "0 0 1 * *"}, {"@yearly", "0 0 1 1 *"},
    {"@annually", "0 0 1 1 *"},
};

std::optional<int> ParseNumber(absl::string_view text) {
  int value = 0;
  const bool digits = !text.empty() && text.size() <= 4 &&
                      std::all_of(text.begin(), text.end(), absl::ascii_isdigit);
  if (!digits || !absl::SimpleAtoi(text, &value)) return std::nullopt;
  return value;
}

std::optional<int> ParseValue(absl::string_view text, const FieldRule& rule) {
  for (size_t i = 0; i < rule.names.size(); ++i) {
    if (absl::EqualsIgnoreCase(text, rule.names[i])) {
      return rule.low + static_cast<int>(i);
    }
  }
  const std::optional<int> value = ParseNumber(text);
  if (!value.has_value() || *value < rule.low || *value > rule.high) {
    return std::nullopt;
  }
  return value;
}

// One element of a list: `*`, `n`, `a-b`, with or without `/step`.
bool AddElement(absl::string_view text, const FieldRule& rule, std::bitset<64>& set) {
  const std::pair<absl::string_view, absl::string_view> parts =
      absl::StrSplit(text, absl::MaxSplits('/', 1));
  int step = 1;
  const bool stepped = absl::StrContains(text, '/');
  if (stepped) {
    const std::optional<int> parsed = ParseNumber(parts.second);
    if (!parsed.has_value() || *parsed < 1) return false;
    step = *parsed;
  }
  int from = rule.low;
  int to = rule.high;
  if (parts.first != "*") {
    const bool range = absl::StrContains(parts.first, '-');
    const std::pair<absl::string_view, absl::string_view> ends =
        absl::StrSplit(parts.first, absl::MaxSplits('-', 1));
    const std::optional<int> first = ParseValue(ends.first, rule);
    if (!first.has_value()) return false;
    from = *first;
    if (range) {
      const std::optional<int> last = ParseValue(ends.second, rule);
      if (!last.has_value()) return false;
      const bool sunday_ends = rule.high == 7 && *last == 0 && from > 0;
      to = sunday_ends ? 7 : *last;
    } else if (!stepped) {
      to = from;
    }
    if (from > to) return false;
  } else if (rule.high == 7) {
    to = 6;  // Otherwise a step would meet Sunday at both ends.
  }
  for (int value = from; value <= to; value += step) set.set(value);
  return true;
}

absl::Status Invalid(absl::string_view cron, absl::string_view position,
                     absl::string_view field, absl::string_view value) {
  return MakeFieldError("schedule.cron", "CRON_INVALID",
                        {{"cron", std::string(cron)},
                         {"position", std::string(position)},
                         {"field", std::string(field)},
                         {"value", std::string(value)}});
}

bool DayMatches(const Cron& cron, absl::CivilDay day) {
  if (!cron.months.test(day.month())) return false;
  const bool by_day = cron.days.test(day.day());
  // absl counts weekdays from Monday = 0, cron from Sunday = 0.
  const int weekday = (static_cast<int>(absl::GetWeekday(day)) + 1) % 7;
  const bool by_weekday = cron.weekdays.test(weekday);
  return cron.any_day || cron.any_weekday ? by_day && by_weekday : by_day || by_weekday;
}

// The first matching minute at or after `from`, before the year `last_year` ends.
std::optional<absl::CivilMinute> NextMinute(const Cron& cron, absl::CivilMinute from,
                                            absl::civil_year_t last_year) {
  absl::CivilDay day(from);
  int hour = from.hour();
  int minute = from.minute();
  while (day.year() <= last_year) {
    if (!cron.months.test(day.month())) {
      day = absl::CivilDay(absl::CivilMonth(day) + 1);
      hour = minute = 0;
      continue;
    }
    if (DayMatches(cron, day)) {
      for (; hour < 24; ++hour, minute = 0) {
        if (!cron.hours.test(hour)) continue;
        for (; minute < 60; ++minute) {
          if (cron.minutes.test(minute)) {
            return absl::CivilMinute(day.year(), day.month(), day.day(), hour, minute);
          }
        }
      }
    }
    ++day;
    hour = minute = 0;
  }
  return std::nullopt;
}

absl::Time ToTime(absl::CivilMinute minute, absl::TimeZone zone) {
  const absl::TimeZone::TimeInfo info = zone.At(absl::CivilSecond(minute));
  return info.kind == absl::TimeZone::TimeInfo::SKIPPED ? info.trans : info.pre;
}

}  // namespace

absl::StatusOr<Cron> ParseCron(absl::string_view text) {
  absl::string_view line = absl::StripAsciiWhitespace(text);
  for (const auto& [macro, meaning] : kMacros) {
    if (absl::EqualsIgnoreCase(line, macro)) line = meaning;
  }
  const std::vector<absl::string_view> fields =
      absl::StrSplit(line, absl::ByAnyChar(" \t"), absl::SkipEmpty());
  if (fields.size() != std::size(kFields)) {
    return Invalid(text, "1-5", "minute hour day month weekday", text);
  }
  std::bitset<64> sets[std::size(kFields)];
  for (size_t i = 0; i < std::size(kFields); ++i) {
    for (const absl::string_view element : absl::StrSplit(fields[i], ',')) {
      if (!AddElement(element, kFields[i], sets[i])) {
        return Invalid(text, absl::StrCat(i + 1), kFields[i].name, fields[i]);
      }
    }
  }
  Cron cron;
  for (size_t i = 0; i < 60; ++i) cron.minutes.set(i, sets[0].test(i));
  for (size_t i = 0; i < 24; ++i) cron.hours.set(i, sets[1].test(i));
  for (size_t i = 1; i < 32; ++i) cron.days.set(i, sets[2].test(i));
  for (size_t i = 1; i < 13; ++i) cron.months.set(i, sets[3].test(i));
  for (size_t i = 0; i < 8; ++i) {
    if (sets[4].test(i)) cron.weekdays.set(i % 7);
  }
  cron.any_day = absl::StartsWith(fields[2], "*");
  cron.any_weekday = absl::StartsWith(fields[4], "*");
  return cron;
}

absl::StatusOr<absl::TimeZone> FindTimeZone(absl::string_view name) {
  // The name becomes a path below the zone database: it must not lead elsewhere.
  const bool sane =
      !name.empty() && name.size() <= 64 && absl::ascii_isalpha(name.front()) &&
      name != "localtime" && !absl::StartsWithIgnoreCase(name, "Fixed/") &&
      !absl::StrContains(name, "..") &&
      std::all_of(name.begin(), name.end(), [](unsigned char c) {
        return absl::ascii_isalnum(c) || c == '/' || c == '_' || c == '-' || c == '+';
      });
  absl::TimeZone zone;
  if (!sane || !absl::LoadTimeZone(name, &zone)) {
    return MakeFieldError("schedule.time_zone", "TIME_ZONE_UNKNOWN",
                          {{"time_zone", std::string(name.substr(0, 64))}});
  }
  return zone;
}

std::optional<absl::Time> NextFiring(const Cron& cron, absl::TimeZone zone,
                                     absl::Time after) {
  // Local minutes and firings run in the same order, also across gaps and repetitions,
  // so the search starts at the local minute of `after`.
  absl::CivilMinute from = absl::CivilMinute(zone.At(after).cs);
  const absl::civil_year_t last_year = from.year() + kSearchYears;
  while (true) {
    const std::optional<absl::CivilMinute> minute = NextMinute(cron, from, last_year);
    if (!minute.has_value()) return std::nullopt;
    const absl::Time time = ToTime(*minute, zone);
    if (time > after) return time;
    from = *minute + 1;
  }
}

absl::Status CheckFires(const Cron& cron, absl::string_view text, absl::TimeZone zone,
                        absl::Time after) {
  const std::optional<absl::Time> first = NextFiring(cron, zone, after);
  if (first.has_value() && *first - after <= absl::Hours(24 * (8 * 365 + 2))) {
    return absl::OkStatus();
  }
  return MakeFieldError("schedule.cron", "CRON_INVALID",
                        {{"cron", std::string(text)},
                         {"position", "3-5"},
                         {"field", "day of month, month, day of week"},
                         {"value", std::string(text)}});
}

std::optional<absl::Time> LastFiring(const Cron& cron, absl::TimeZone zone,
                                     absl::Time after, absl::Time until) {
  // Looks back in growing steps: the last firing of a frequent cron is near, and the
  // firings of a rare one are few, whatever time was missed.
  for (const absl::Duration back :
       {absl::Hours(1), absl::Hours(24), absl::Hours(24 * 32), absl::Hours(24 * 366),
        absl::Hours(24 * 366 * kSearchYears)}) {
    const absl::Time start = std::max(after, until - back);
    std::optional<absl::Time> last;
    std::optional<absl::Time> next = NextFiring(cron, zone, start);
    while (next.has_value() && *next <= until) {
      last = next;
      next = NextFiring(cron, zone, *last);
    }
    if (last.has_value() || start == after) return last;
  }
  return std::nullopt;
}

}  // namespace guestbridge::server
