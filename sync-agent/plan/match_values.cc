#include "sync-agent/plan/match_values.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "phonenumbers/phonenumberutil.h"
#include "sync-agent/plan/update.h"

namespace guestbridge::agent {
namespace {

using i18n::phonenumbers::PhoneNumber;
using i18n::phonenumbers::PhoneNumberUtil;

// Fewer digits beside a separator are part of the same number ("123-45-67/68"), a room
// or a note.
constexpr size_t kFewestDigits = 5;
constexpr size_t kLongestExtension = 6;
constexpr size_t kMostDigits = 15;     // of E.164
constexpr size_t kFewestUnknown = 10;  // where the country can't be told
constexpr char kExtension = '\x01';    // stands before an extension
constexpr size_t kLongestText = 1000;  // of which anything is read
constexpr size_t kLongestAddress = 250;

bool IsDigit(char c) { return absl::ascii_isdigit(static_cast<unsigned char>(c)); }

std::string DigitsOf(absl::string_view text) {
  std::string digits;
  for (const char c : text) {
    if (IsDigit(c)) digits.push_back(c);
  }
  return digits;
}

// The code point at the start of `text` and its bytes; broken ones count as one byte.
std::pair<char32_t, size_t> FirstPoint(absl::string_view text) {
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(0);
  const size_t length = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
  if (lead < 0x80) return {lead, 1};
  if (lead < 0xc2 || length > text.size()) return {0xfffd, 1};
  char32_t point = lead & (0xff >> (length + 1));
  for (size_t i = 1; i < length; ++i) point = point << 6 | (byte(i) & 0x3f);
  return {point, length};
}

bool IsInvisible(char32_t c) {
  return (c >= 0x200b && c <= 0x200f) || (c >= 0x202a && c <= 0x202e) || c == 0x2060 ||
         c == 0xfeff || c == 0xad;
}

bool IsWideSpace(char32_t c) {
  return c == 0xa0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200a) || c == 0x202f ||
         c == 0x205f || c == 0x3000;
}

bool IsDash(char32_t c) { return (c >= 0x2010 && c <= 0x2015) || c == 0x2212; }

// Lower case; digits of every script as ASCII, dashes as '-', spaces as ' '; line
// breaks stay.
std::string Plain(absl::string_view text) {
  std::string out;
  text = text.substr(0, kLongestText);
  while (!text.empty()) {
    const auto [point, bytes] = FirstPoint(text);
    if (point >= 0xff10 && point <= 0xff19) {
      out.push_back(static_cast<char>('0' + (point - 0xff10)));
    } else if (point >= 0x660 && point <= 0x669) {
      out.push_back(static_cast<char>('0' + (point - 0x660)));
    } else if (point >= 0x6f0 && point <= 0x6f9) {
      out.push_back(static_cast<char>('0' + (point - 0x6f0)));
    } else if (point == 0xff0b) {
      out.push_back('+');
    } else if (IsDash(point)) {
      out.push_back('-');
    } else if (IsWideSpace(point) || point == '\t') {
      out.push_back(' ');
    } else if (!IsInvisible(point)) {
      out.append(text.data(), bytes);
    }
    text.remove_prefix(bytes);
  }
  return NormalizeText(out);
}

bool IsLetter(char c) {
  return static_cast<signed char>(c) < 0 ||
         absl::ascii_isalpha(static_cast<unsigned char>(c));
}

// What stands before an extension, longer ones first.
constexpr absl::string_view kMarks[] = {
    "добавочный", "добавоч", "добав", "доб", "внутренний", "внутр", "вн",
    "extension",  "extn",    "ext",   "x",   "х",          "#"};

// The length of the mark of an extension at the start of `text`; 0: none.
size_t MarkAt(absl::string_view text) {
  for (const absl::string_view mark : kMarks) {
    if (absl::StartsWith(text, mark)) return mark.size();
  }
  return 0;
}

// Every extension as kExtension and its digits, right behind its number.
std::string WithPlainExtensions(absl::string_view text) {
  std::string out;
  size_t digits = 0;  // of this line
  for (size_t i = 0; i < text.size();) {
    const bool word_begins = i == 0 || !IsLetter(text[i - 1]);
    const size_t mark =
        digits >= kFewestDigits && word_begins ? MarkAt(text.substr(i)) : 0;
    if (mark > 0) {
      size_t from = i + mark;
      while (from < text.size() && from < i + mark + 4 &&
             absl::StrContains(" .:=-()#", absl::string_view(&text[from], 1))) {
        ++from;
      }
      size_t end = from;
      while (end < text.size() && IsDigit(text[end])) ++end;
      if (end > from && end - from <= kLongestExtension) {
        while (!out.empty() &&
               absl::StrContains(" ,;(-", absl::string_view(&out.back(), 1))) {
          out.pop_back();
        }
        absl::StrAppend(&out, std::string(1, kExtension), text.substr(from, end - from),
                        " ");
        i = end;
        continue;
      }
    }
    const char c = text[i++];
    if (c == '\n' || c == '\r') digits = 0;
    if (IsDigit(c)) ++digits;
    out.push_back(c);
  }
  return out;
}

// Numbers that stand beside each other with nothing but spaces between them.
std::vector<std::string> SplitAtSpaces(absl::string_view text) {
  std::vector<std::string> numbers;
  std::string current;
  for (const absl::string_view word : absl::StrSplit(text, ' ', absl::SkipEmpty())) {
    absl::StrAppend(&current, current.empty() ? "" : " ", word);
    const std::string digits = DigitsOf(current);
    const size_t whole =
        absl::StartsWith(digits, "7") || absl::StartsWith(digits, "8") ? 11 : 10;
    if (digits.size() >= whole) numbers.push_back(std::exchange(current, ""));
  }
  if (!current.empty() && !DigitsOf(current).empty()) return {};  // not understood
  return numbers;
}

// Pieces of a text, each with at most one number.
std::vector<std::string> Pieces(absl::string_view text) {
  std::vector<std::string> pieces;
  std::string current;
  const auto end = [&] {
    std::string piece = std::exchange(current, "");
    const size_t digits = DigitsOf(piece.substr(0, piece.find(kExtension))).size();
    if (digits < kFewestDigits) return;
    if (digits <= kMostDigits) {
      pieces.push_back(std::move(piece));
      return;
    }
    for (std::string& one : SplitAtSpaces(piece)) pieces.push_back(std::move(one));
  };
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const bool separates = IsLetter(c) || absl::StrContains("\n\r,;:|/\\&\"<>=_@'",
                                                            absl::string_view(&c, 1));
    // "030/901820" is one number, "89161234567/89269876543" two.
    if (c == '/' && DigitsOf(current).size() < kFewestDigits) {
      current.push_back(' ');
      continue;
    }
    if (separates) {
      end();
      continue;
    }
    // A plus begins a number.
    if (c == '+') end();
    current.push_back(c);
    if (c == kExtension) {
      while (i + 1 < text.size() && IsDigit(text[i + 1])) current.push_back(text[++i]);
      end();
    }
  }
  end();
  return pieces;
}

bool IsMadeUp(absl::string_view digits) {
  const absl::string_view tail =
      digits.substr(digits.size() - std::min<size_t>(digits.size(), 10));
  const auto all = [](absl::string_view text, char c) {
    return text.find_first_not_of(c) == absl::string_view::npos;
  };
  const bool ends_in_zeros = tail.size() >= 7 && all(tail.substr(tail.size() - 7), '0');
  return all(tail, tail[0]) || ends_in_zeros || tail == "1234567890" ||
         tail == "0123456789";
}

std::optional<MatchPhone> ParseWith(const std::string& text,
                                    const std::string& region) {
  const auto& util = *PhoneNumberUtil::GetInstance();
  PhoneNumber number;
  if (util.Parse(text, region.empty() ? "ZZ" : region, &number) !=
          PhoneNumberUtil::NO_PARSING_ERROR ||
      util.IsPossibleNumberWithReason(number) != PhoneNumberUtil::IS_POSSIBLE) {
    return std::nullopt;
  }
  MatchPhone phone;
  util.Format(number, PhoneNumberUtil::E164, &phone.number);
  phone.toll_free = util.GetNumberType(number) == PhoneNumberUtil::TOLL_FREE;
  return phone;
}

// A Russian mobile number however its beginning was written: its ten digits. Most
// numbers are, and libphonenumber takes a hundred times as long to say the same.
absl::string_view RussianMobile(absl::string_view digits) {
  if (digits.size() == 12 && absl::StartsWith(digits, "789")) {
    return digits.substr(2);  // "+7 8916 …"
  }
  if (digits.size() == 11 && digits[1] == '9' &&
      (digits[0] == '7' || digits[0] == '8')) {
    return digits.substr(1);  // no country has the code 89
  }
  return "";
}

std::optional<MatchPhone> ParseOne(absl::string_view text, const std::string& region) {
  const bool plus = absl::StrContains(text, '+');
  std::string digits = DigitsOf(text);
  MatchPhone phone;
  if (const absl::string_view mobile = RussianMobile(digits); !mobile.empty()) {
    phone.number = absl::StrCat("+7", mobile);
    return phone;
  }
  if (plus) return ParseWith(absl::StrCat("+", digits), region);
  if (absl::StartsWith(digits, "00")) {
    return ParseWith(absl::StrCat("+", digits.substr(2)), region);
  }
  if (auto told = region.empty() ? std::nullopt : ParseWith(digits, region)) {
    return told;
  }
  if (absl::StartsWith(digits, "810") && digits.size() > 11) {
    return ParseWith(absl::StrCat("+", digits.substr(3)), region);
  }
  // Longer than a number of the region: the plus was left out.
  if (!region.empty()) {
    return digits.size() > kFewestUnknown ? ParseWith(absl::StrCat("+", digits), region)
                                          : std::nullopt;
  }
  if (digits.size() < kFewestUnknown || digits.size() > kMostDigits) {
    return std::nullopt;
  }
  phone.number = std::move(digits);
  return phone;
}

// Domains of one provider that lead to one mailbox, and what it does not tell apart.
struct Provider {
  absl::string_view domain;
  absl::string_view same_as;  // the mailbox's domain here
  bool drops_dots = false;
  bool hyphen_is_dot = false;
};

// Only what the provider itself promises. "+tag" is dropped at all of them.
constexpr Provider kProviders[] = {
    {"gmail.com", "gmail.com", true, false},
    {"googlemail.com", "gmail.com", true, false},
    {"yandex.ru", "yandex.ru", false, true},
    {"ya.ru", "yandex.ru", false, true},
    {"yandex.com", "yandex.ru", false, true},
    {"yandex.by", "yandex.ru", false, true},
    {"yandex.kz", "yandex.ru", false, true},
    {"outlook.com", "outlook.com"},
    {"hotmail.com", "hotmail.com"},
    {"icloud.com", "icloud.com"},
    {"proton.me", "proton.me"},
    {"protonmail.com", "proton.me"},
};

std::string FoldEmail(absl::string_view local, absl::string_view domain) {
  for (const Provider& provider : kProviders) {
    if (domain != provider.domain) continue;
    std::string mailbox;
    for (const char c : local.substr(0, local.find('+'))) {
      if (c == '.' && provider.drops_dots) continue;
      mailbox.push_back(c == '-' && provider.hyphen_is_dot ? '.' : c);
    }
    if (mailbox.empty()) return "";
    return absl::StrCat(mailbox, "@", provider.same_as);
  }
  return absl::StrCat(local, "@", domain);
}

bool IsBareText(absl::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) {
    return IsLetter(c) || IsDigit(c) ||
           absl::StrContains("!#$%&'*+=?^_`{}~-.", absl::string_view(&c, 1));
  });
}

// Empty when it is none.
std::string OneEmail(absl::string_view text) {
  const auto cut = [&](absl::string_view ends) {
    while (!text.empty() && absl::StrContains(ends, text.substr(0, 1))) {
      text.remove_prefix(1);
    }
    while (!text.empty() && absl::StrContains(ends, text.substr(text.size() - 1))) {
      text.remove_suffix(1);
    }
  };
  cut("<>()[]\"'`.:");
  absl::ConsumePrefix(&text, "mailto:");
  cut("<>()[]\"'`.:");
  const size_t at = text.find('@');
  if (at == absl::string_view::npos || at == 0 || text.size() > kLongestAddress) {
    return "";
  }
  const absl::string_view local = text.substr(0, at);
  const absl::string_view domain = text.substr(at + 1);
  const size_t dot = domain.find('.');
  if (dot == absl::string_view::npos || dot == 0 || domain.size() < 4 ||
      absl::StrContains(text, "..") || local.back() == '.' || !IsBareText(local) ||
      !IsBareText(domain) || domain.find_first_of("+_&'") != absl::string_view::npos) {
    return "";
  }
  return FoldEmail(local, domain);
}

}  // namespace

std::vector<MatchPhone> MatchPhones(absl::string_view text, const std::string& region) {
  std::vector<MatchPhone> phones;
  for (const std::string& piece : Pieces(WithPlainExtensions(Plain(text)))) {
    const size_t mark = piece.find(kExtension);
    std::optional<MatchPhone> phone = ParseOne(piece.substr(0, mark), region);
    if (!phone.has_value() || IsMadeUp(DigitsOf(phone->number))) continue;
    if (mark != std::string::npos) phone->extension = piece.substr(mark + 1);
    if (std::find(phones.begin(), phones.end(), *phone) == phones.end()) {
      phones.push_back(*std::move(phone));
    }
  }
  return phones;
}

std::vector<std::string> MatchEmails(absl::string_view text) {
  std::vector<std::string> emails;
  const std::string plain = Plain(text);
  for (const absl::string_view piece :
       absl::StrSplit(plain, absl::ByAnyChar(" ,;|/\r\n"), absl::SkipEmpty())) {
    std::string email = OneEmail(piece);
    if (!email.empty() &&
        std::find(emails.begin(), emails.end(), email) == emails.end()) {
      emails.push_back(std::move(email));
    }
  }
  return emails;
}

std::vector<std::string> NameWords(absl::string_view name) {
  std::vector<std::string> words;
  std::string current;
  bool has_letter = false;
  const auto end = [&] {
    if (has_letter) words.push_back(current);
    current.clear();
    has_letter = false;
  };
  const std::string plain = Plain(name);
  for (absl::string_view text = plain; !text.empty();) {
    const auto [point, bytes] = FirstPoint(text);
    const absl::string_view letter = text.substr(0, bytes);
    text.remove_prefix(bytes);
    if (point < 0x80 && !absl::ascii_isalnum(static_cast<unsigned char>(point))) {
      end();
    } else if (point == 0x2018 || point == 0x2019 || point == 0x2bc || point == 0xab ||
               point == 0xbb) {
      end();
    } else if (point == 0x451) {
      current += "е";  // ё
      has_letter = true;
    } else if (point == 0x306 && absl::EndsWith(current, "и")) {
      current.replace(current.size() - 2, 2, "й");  // written in two characters
    } else if (point == 0x308 && absl::EndsWith(current, "е")) {
      continue;  // ё written in two characters
    } else {
      absl::StrAppend(&current, letter);
      if (point >= 0x80 || absl::ascii_isalpha(static_cast<unsigned char>(point))) {
        has_letter = true;
      }
    }
  }
  end();
  return words;
}

Script ScriptOf(absl::string_view word) {
  while (!word.empty()) {
    const auto [point, bytes] = FirstPoint(word);
    word.remove_prefix(bytes);
    if (point < 0x80 && !absl::ascii_isalpha(static_cast<unsigned char>(point))) {
      continue;
    }
    if (point < 0x250) return Script::kLatin;
    return point >= 0x400 && point < 0x530 ? Script::kCyrillic : Script::kOther;
  }
  return Script::kNone;
}

}  // namespace guestbridge::agent
