#include "sync-agent/source/onec_odata/quiet_hours.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace guestbridge::agent {
namespace {

constexpr int kDay = 24 * 60;

std::optional<int> MinuteOf(absl::string_view text) {
  const std::vector<absl::string_view> parts =
      absl::StrSplit(absl::StripAsciiWhitespace(text), ':');
  int hour = 0;
  int minute = 0;
  if (parts.size() != 2 || parts[1].size() != 2 || parts[0].empty() ||
      parts[0].size() > 2 || !absl::ascii_isdigit(parts[0][0]) ||
      !absl::ascii_isdigit(parts[1][0]) || !absl::SimpleAtoi(parts[0], &hour) ||
      !absl::SimpleAtoi(parts[1], &minute)) {
    return std::nullopt;
  }
  const int total = hour * 60 + minute;
  if (minute > 59 || total > kDay) return std::nullopt;
  return total;
}

}  // namespace

std::optional<QuietHours> ParseQuietHours(absl::string_view text) {
  const std::pair<absl::string_view, absl::string_view> ends =
      absl::StrSplit(text, absl::MaxSplits('-', 1));
  const std::optional<int> from = MinuteOf(ends.first);
  const std::optional<int> to = MinuteOf(ends.second);
  if (!from.has_value() || !to.has_value() || *from == kDay || *from == *to) {
    return std::nullopt;
  }
  return QuietHours{*from, *to};
}

std::optional<std::string> QuietUntil(const std::vector<QuietHours>& hours,
                                      absl::CivilMinute now) {
  const int minute = now.hour() * 60 + now.minute();
  for (const QuietHours& quiet : hours) {
    const bool within = quiet.from < quiet.to
                            ? minute >= quiet.from && minute < quiet.to
                            : minute >= quiet.from || minute < quiet.to;
    if (!within) continue;
    return absl::StrCat(absl::Dec(quiet.to / 60, absl::kZeroPad2), ":",
                        absl::Dec(quiet.to % 60, absl::kZeroPad2));
  }
  return std::nullopt;
}

std::optional<QuietSpell> NextQuietSpell(const std::vector<QuietHours>& hours,
                                         absl::TimeZone zone, absl::Time at) {
  // Yesterday's may reach over midnight; the day after tomorrow's can't be the next.
  const absl::CivilDay today = absl::ToCivilDay(at, zone);
  std::vector<QuietSpell> spells;
  for (const QuietHours& quiet : hours) {
    for (int day = -1; day <= 2; ++day) {
      const absl::CivilMinute midnight(today + day);
      const int length =
          quiet.to > quiet.from ? quiet.to - quiet.from : quiet.to + kDay - quiet.from;
      spells.push_back({absl::FromCivil(midnight + quiet.from, zone),
                        absl::FromCivil(midnight + quiet.from + length, zone)});
    }
  }
  std::sort(spells.begin(), spells.end(),
            [](const QuietSpell& a, const QuietSpell& b) { return a.from < b.from; });
  std::optional<QuietSpell> next;
  for (const QuietSpell& spell : spells) {
    if (spell.to <= at || spell.from >= spell.to) continue;
    if (!next.has_value()) {
      next = spell;
    } else if (spell.from <= next->to) {
      next->to = std::max(next->to, spell.to);
    }
  }
  return next;
}

}  // namespace guestbridge::agent
