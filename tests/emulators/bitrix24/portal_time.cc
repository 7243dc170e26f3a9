#include "tests/emulators/bitrix24/portal_time.h"

#include <cstdio>
#include <cstdlib>

#include "absl/strings/str_format.h"

namespace guestbridge::testing::bitrix24 {
namespace {

// Reads up to `max` digits from the front of `*text`; at least `min` must be there.
bool TakeNumber(std::string_view* text, size_t min, size_t max, int* out) {
  size_t n = 0;
  int value = 0;
  while (n < max && n < text->size() && (*text)[n] >= '0' && (*text)[n] <= '9') {
    value = value * 10 + ((*text)[n] - '0');
    ++n;
  }
  if (n < min) return false;
  text->remove_prefix(n);
  *out = value;
  return true;
}

bool TakeChar(std::string_view* text, char c) {
  if (text->empty() || text->front() != c) return false;
  text->remove_prefix(1);
  return true;
}

// Offset in seconds: "Z", "+03:00", "+0300", "+03".
bool TakeOffset(std::string_view* text, int* seconds) {
  if (TakeChar(text, 'Z') || TakeChar(text, 'z')) {
    *seconds = 0;
    return true;
  }
  if (text->empty() || (text->front() != '+' && text->front() != '-')) return false;
  const int sign = text->front() == '-' ? -1 : 1;
  text->remove_prefix(1);
  int hours = 0;
  int minutes = 0;
  if (!TakeNumber(text, 1, 2, &hours)) return false;
  TakeChar(text, ':');
  TakeNumber(text, 2, 2, &minutes);
  if (hours > 14 || minutes > 59) return false;
  *seconds = sign * (hours * 3600 + minutes * 60);
  return true;
}

bool TakeDay(std::string_view* text, absl::CivilDay* day) {
  int year = 0;
  int month = 0;
  int number = 0;
  const std::string_view all = *text;
  const bool iso =
      TakeNumber(text, 4, 4, &year) && (TakeChar(text, '-') || TakeChar(text, '/')) &&
      TakeNumber(text, 1, 2, &month) && (TakeChar(text, '-') || TakeChar(text, '/')) &&
      TakeNumber(text, 1, 2, &number);
  if (!iso) {
    *text = all;
    const bool dotted = TakeNumber(text, 1, 2, &number) && TakeChar(text, '.') &&
                        TakeNumber(text, 1, 2, &month) && TakeChar(text, '.') &&
                        TakeNumber(text, 4, 4, &year);
    if (!dotted) {
      *text = all;
      if (!TakeNumber(text, 4, 4, &year) || !TakeNumber(text, 2, 2, &month) ||
          !TakeNumber(text, 2, 2, &number)) {
        return false;
      }
    }
  }
  if (month < 1 || month > 12 || number < 1 || number > 31) return false;
  // strtotime lets 31 February overflow into March; so does CivilDay.
  *day = absl::CivilDay(year, month, number);
  return true;
}

}  // namespace

std::optional<absl::TimeZone> ParseZone(const std::string& text) {
  if (text == "UTC") return absl::UTCTimeZone();
  std::string_view rest = text;
  int seconds = 0;
  if (TakeOffset(&rest, &seconds) && rest.empty()) return absl::FixedTimeZone(seconds);
  absl::TimeZone zone;
  if (absl::LoadTimeZone(text, &zone)) return zone;
  return std::nullopt;
}

std::string PrintDate(absl::CivilDay day, absl::Time now, absl::TimeZone zone) {
  const int added = zone.At(now).offset;
  const int printed = zone.At(absl::FromCivil(day, zone)).offset;
  const absl::CivilSecond shown = absl::CivilSecond(day) + added;
  const int minutes = std::abs(printed) / 60;
  return absl::StrFormat("%s%c%02d:%02d", absl::FormatCivilTime(shown),
                         printed < 0 ? '-' : '+', minutes / 60, minutes % 60);
}

std::string PrintTime(absl::Time time, absl::TimeZone zone) {
  return absl::FormatTime("%Y-%m-%dT%H:%M:%S%Ez", time, zone);
}

std::optional<absl::Time> ParseTimeText(std::string_view text, absl::TimeZone zone) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  absl::CivilDay day;
  if (!TakeDay(&text, &day)) return std::nullopt;
  int hour = 0;
  int minute = 0;
  int second = 0;
  if (TakeChar(&text, 'T') || TakeChar(&text, ' ')) {
    if (!TakeNumber(&text, 1, 2, &hour)) return std::nullopt;
    if (TakeChar(&text, ':') && !TakeNumber(&text, 2, 2, &minute)) return std::nullopt;
    if (TakeChar(&text, ':') && !TakeNumber(&text, 2, 2, &second)) return std::nullopt;
    int fraction = 0;
    if (TakeChar(&text, '.')) TakeNumber(&text, 1, 9, &fraction);
    if (hour > 24 || minute > 59 || second > 60) return std::nullopt;
  }
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  int offset = 0;
  const bool has_offset = TakeOffset(&text, &offset);
  if (!text.empty()) return std::nullopt;
  const absl::CivilSecond civil =
      absl::CivilSecond(absl::CivilDay(day)) + hour * 3600 + minute * 60 + second;
  return absl::FromCivil(civil, has_offset ? absl::FixedTimeZone(offset) : zone);
}

std::optional<absl::CivilDay> ParseDateText(std::string_view text,
                                            absl::TimeZone zone) {
  const std::optional<absl::Time> time = ParseTimeText(text, zone);
  if (!time.has_value()) return std::nullopt;
  return absl::ToCivilDay(*time, zone);
}

std::string DayText(absl::CivilDay day) {
  return absl::StrFormat("%04d-%02d-%02d", day.year(), day.month(), day.day());
}

std::optional<absl::CivilDay> DayFromText(std::string_view text) {
  absl::CivilDay day;
  if (!absl::ParseCivilTime(std::string(text), &day)) return std::nullopt;
  return day;
}

}  // namespace guestbridge::testing::bitrix24
