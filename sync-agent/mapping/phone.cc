#include "sync-agent/mapping/phone.h"

#include <optional>

#include "absl/algorithm/container.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_split.h"
#include "phonenumbers/phonenumberutil.h"
#include "sync-agent/mapping/text_rules.h"

namespace guestbridge::agent {
namespace {

using i18n::phonenumbers::PhoneNumber;
using i18n::phonenumbers::PhoneNumberUtil;

// A longer "extension" is a second number: libphonenumber takes what follows a
// semicolon for one.
constexpr size_t kLongestExtension = 6;
// Fewer digits beside a separator are a part of the same number ("123-45-67/68").
constexpr size_t kFewestDigits = 5;

bool IsDigit(char c) { return absl::ascii_isdigit(static_cast<unsigned char>(c)); }

size_t CountDigits(absl::string_view text) {
  if (absl::c_all_of(text, [](char c) { return static_cast<signed char>(c) >= 0; })) {
    return static_cast<size_t>(absl::c_count_if(text, IsDigit));
  }
  std::string digits{std::string(text)};
  // Knows every script's digits.
  PhoneNumberUtil::GetInstance()->NormalizeDigitsOnly(&digits);
  return digits.size();
}

bool IsLetter(char32_t c) {
  if (c < 0x80) return absl::ascii_isalpha(static_cast<unsigned char>(c));
  const bool latin_to_indic = c >= 0xc0 && c < 0x2000;
  const bool asian = c >= 0x3040 && c < 0xfe00;
  return (latin_to_indic && !IsSpace(c)) || asian;
}

bool HasLetters(absl::string_view text) {
  while (!text.empty()) {
    const CodePoint point = FirstCodePoint(text);
    if (IsLetter(point.value)) return true;
    text.remove_prefix(point.bytes);
  }
  return false;
}

// From the first digit, with the plus or bracket before it, to the last.
absl::string_view NumberIn(absl::string_view text) {
  size_t first = 0;
  while (first < text.size() && !IsDigit(text[first])) ++first;
  size_t last = text.size();
  while (last > first && !IsDigit(text[last - 1])) --last;
  if (first == last) return text;  // digits of another script
  while (first > 0 && (text[first - 1] == '(' || text[first - 1] == '+')) --first;
  return text.substr(first, last - first);
}

std::optional<PhoneNumber> Parse(absl::string_view text, const std::string& region) {
  PhoneNumber number;
  const auto error = PhoneNumberUtil::GetInstance()->Parse(
      std::string(text), region.empty() ? "ZZ" : region, &number);
  if (error != PhoneNumberUtil::NO_PARSING_ERROR) return std::nullopt;
  return number;
}

bool IsPossible(const PhoneNumber& number) {
  // A number that can be dialled only within its town has no E.164 form.
  return PhoneNumberUtil::GetInstance()->IsPossibleNumberWithReason(number) ==
         PhoneNumberUtil::IS_POSSIBLE;
}

// Few countries have numbers that begin with zeros; elsewhere such a number is another
// one when it is read again, and is not told.
bool IsReadBackAlike(const PhoneNumber& number, const std::string& e164) {
  if (!number.italian_leading_zero()) return true;
  const auto again = Parse(e164, "");
  std::string text;
  if (again.has_value()) {
    PhoneNumberUtil::GetInstance()->Format(*again, PhoneNumberUtil::E164, &text);
  }
  return text == e164;
}

bool IsOneWithExtension(absl::string_view text, const std::string& region) {
  // An extension is set off by a letter or a sign; most numbers need no second look.
  if (text.find_first_not_of("+0123456789 ()-.") == absl::string_view::npos) {
    return false;
  }
  const auto number = Parse(text, region);
  return number.has_value() && number->has_extension() &&
         !number->extension().empty() &&
         number->extension().size() <= kLongestExtension && IsPossible(*number);
}

// A Russian mobile number as nearly every guest has one, "+7 (916) 555-01-23": its ten
// digits; empty for all else. libphonenumber says the same (phone_test.cc), a hundred
// times slower.
std::string RussianMobileDigits(absl::string_view text) {
  std::string digits;
  if (!absl::StartsWith(text, "+7")) return digits;
  for (const char c : text.substr(2)) {
    if (IsDigit(c)) {
      digits.push_back(c);
    } else if (!absl::StrContains(" ()-.", absl::string_view(&c, 1))) {
      return "";
    }
  }
  if (digits.size() != 10 || digits[0] != '9') digits.clear();
  return digits;
}

void AddPhone(absl::string_view text, const std::string& region, PhoneList* list) {
  text = TrimEnds(text);
  if (text.empty()) return;
  if (CountDigits(text) == 0) {
    list->left_out = true;
    return;
  }
  const absl::string_view candidate = NumberIn(text);
  const std::string mobile = RussianMobileDigits(candidate);
  if (!mobile.empty()) {
    list->values.push_back({"+7" + mobile, "MOBILE"});
    return;
  }
  if (!HasLetters(candidate)) {
    const auto number = Parse(candidate, region);
    if (number.has_value() && number->extension().empty() && IsPossible(*number)) {
      const auto& util = *PhoneNumberUtil::GetInstance();
      MultiValue value;
      util.Format(*number, PhoneNumberUtil::E164, &value.value);
      const auto type = util.GetNumberType(*number);
      value.type = type == PhoneNumberUtil::MOBILE ||
                           type == PhoneNumberUtil::FIXED_LINE_OR_MOBILE
                       ? "MOBILE"
                       : "WORK";
      if (IsReadBackAlike(*number, value.value)) {
        list->values.push_back(std::move(value));
        return;
      }
    }
  }
  list->as_written = true;
  list->values.push_back({std::string(text), "WORK"});
}

// Splits at `separator` when every part holds a number of its own.
std::vector<absl::string_view> SplitIfNumbers(absl::string_view text,
                                              absl::string_view separator) {
  std::vector<absl::string_view> parts = absl::StrSplit(text, separator);
  for (const absl::string_view part : parts) {
    if (CountDigits(part) < kFewestDigits) return {text};
  }
  return parts;
}

// "+7 916 555-01-23 +7 926 555-01-24": a plus begins a number.
std::vector<absl::string_view> SplitAtPlus(absl::string_view text) {
  std::vector<absl::string_view> parts;
  size_t start = 0;
  for (size_t at = text.find('+', 1); at < text.size(); at = text.find('+', at + 1)) {
    if (CountDigits(text.substr(start, at - start)) < kFewestDigits) continue;
    parts.push_back(text.substr(start, at - start));
    start = at;
  }
  parts.push_back(text.substr(start));
  return parts;
}

void AddPart(absl::string_view text, const std::string& region, PhoneList* list) {
  std::vector<absl::string_view> parts = {text};
  for (const absl::string_view separator :
       {" и ", " или ", " and ", " or ", "/", "\\", "|"}) {
    std::vector<absl::string_view> finer;
    for (const absl::string_view part : parts) {
      for (const absl::string_view piece : SplitIfNumbers(part, separator)) {
        finer.push_back(piece);
      }
    }
    parts = std::move(finer);
  }
  for (const absl::string_view part : parts) {
    if (IsOneWithExtension(part, region)) {
      AddPhone(part, region, list);
      continue;
    }
    for (const absl::string_view piece : SplitAtPlus(part)) {
      AddPhone(piece, region, list);
    }
  }
}

}  // namespace

PhoneList ParsePhones(absl::string_view text, const std::string& region) {
  PhoneList list;
  // Most guests have one number, and nothing in it separates two.
  const std::string mobile = RussianMobileDigits(TrimEnds(text));
  if (!mobile.empty()) {
    list.values.push_back({"+7" + mobile, "MOBILE"});
    return list;
  }
  for (const absl::string_view line : absl::StrSplit(text, absl::ByAnyChar("\r\n"))) {
    if (IsOneWithExtension(line, region)) {
      AddPhone(line, region, &list);
      continue;
    }
    for (const absl::string_view part : absl::StrSplit(line, absl::ByAnyChar(",;"))) {
      AddPart(part, region, &list);
    }
  }
  return list;
}

}  // namespace guestbridge::agent
