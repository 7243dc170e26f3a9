#include "sync-agent/plan/portal_form.h"

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/civil_time.h"
#include "absl/time/time.h"

namespace guestbridge::agent {

std::string DayForm(absl::string_view text) {
  const bool dated = text.size() >= 10 && text[4] == '-' && text[7] == '-';
  if (!dated || text.size() < 25 || text[10] != 'T') {
    return std::string(dated ? text.substr(0, 10) : text);
  }
  // Midnight plus the zone's offset, as the portal prints days.
  absl::CivilDay day;
  if (!absl::ParseCivilTime(text.substr(0, 10), &day)) return std::string(text);
  const bool before = text[19] == '-' && text.substr(11, 8) != "00:00:00";
  return absl::FormatCivilTime(before ? day + 1 : day);
}

std::string MomentForm(absl::string_view text) {
  absl::Time time;
  std::string error;
  if (absl::ParseTime(absl::RFC3339_full, text, &time, &error)) {
    return absl::StrCat(absl::ToUnixSeconds(time));
  }
  return std::string(text);
}

std::string YesNoForm(absl::string_view text) {
  const std::string lower = absl::AsciiStrToLower(text);
  if (lower == "1" || lower == "y" || lower == "true" || lower == "yes") return "1";
  return "0";
}

bool IsSameField(absl::string_view field, absl::string_view held,
                 absl::string_view value) {
  if (held == value) return true;
  if (!absl::StartsWith(field, "UF_")) return false;
  if (value == "Y" || value == "N") {
    return (held == "1" || held == "0") && YesNoForm(held) == YesNoForm(value);
  }
  absl::Time moment;
  if (!absl::ParseTime(absl::RFC3339_full, held, &moment, nullptr)) return false;
  absl::CivilSecond time;
  if (!absl::ParseCivilTime(value, &time)) {
    absl::CivilDay day;  // begins at midnight
    if (!absl::ParseCivilTime(value, &day)) return false;
    time = absl::CivilSecond(day);
  }
  absl::CivilSecond there;
  // As it stands there, in the server's zone, or as it was sent, in none.
  return absl::ToCivilSecond(moment, absl::UTCTimeZone()) == time ||
         (absl::ParseCivilTime(held.substr(0, 19), &there) && there == time);
}

}  // namespace guestbridge::agent
