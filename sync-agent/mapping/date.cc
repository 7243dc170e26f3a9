#include "sync-agent/mapping/date.h"

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "sync-agent/mapping/text_rules.h"

namespace guestbridge::agent {
namespace {

bool DigitsAt(absl::string_view text, size_t at, size_t count, int* value) {
  for (size_t i = at; i < at + count; ++i) {
    if (!absl::ascii_isdigit(static_cast<unsigned char>(text[i]))) return false;
  }
  return absl::SimpleAtoi(text.substr(at, count), value);
}

}  // namespace

DateValue ParseDate(absl::string_view text) {
  DateValue date;
  text = TrimEnds(text);
  if (text.empty()) return date;
  date.state = DateValue::State::kNotADay;
  int year = 0;
  int month = 0;
  int day = 0;
  if (text.size() < 10 || (text.size() > 10 && text[10] != 'T' && text[10] != ' ') ||
      text[4] != '-' || text[7] != '-' || !DigitsAt(text, 0, 4, &year) ||
      !DigitsAt(text, 5, 2, &month) || !DigitsAt(text, 8, 2, &day)) {
    return date;
  }
  const absl::CivilDay civil(year, month, day);
  // A civil day puts an overflow (30 February) into the next month.
  if (civil.year() != year || civil.month() != month || civil.day() != day) return date;
  if (year == 1 && month == 1 && day == 1) {
    date.state = DateValue::State::kEmpty;
    return date;
  }
  date.state = DateValue::State::kDay;
  date.text = std::string(text.substr(0, 10));
  date.day = civil;
  return date;
}

}  // namespace guestbridge::agent
