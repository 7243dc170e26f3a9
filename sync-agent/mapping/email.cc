#include "sync-agent/mapping/email.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "sync-agent/mapping/text_rules.h"

namespace guestbridge::agent {
namespace {

constexpr size_t kLongestAddress = 250;  // what the portal keeps
constexpr size_t kLongestLocal = 64;
constexpr size_t kLongestLabel = 63;
constexpr size_t kLongestTop = 20;

bool IsAlnum(char c) { return absl::ascii_isalnum(static_cast<unsigned char>(c)); }
bool IsAlpha(char c) { return absl::ascii_isalpha(static_cast<unsigned char>(c)); }

bool IsLocal(absl::string_view text) {
  if (text.empty() || text.size() > kLongestLocal || text.front() == '.' ||
      text.back() == '.' || absl::StrContains(text, "..")) {
    return false;
  }
  return std::all_of(text.begin(), text.end(), [](char c) {
    return IsAlnum(c) ||
           absl::StrContains("!#$%&'*+/=?^_`{|}~-.", absl::string_view(&c, 1));
  });
}

bool IsLabel(absl::string_view text) {
  return !text.empty() && text.size() <= kLongestLabel && text.front() != '-' &&
         text.back() != '-' && std::all_of(text.begin(), text.end(), [](char c) {
           return IsAlnum(c) || c == '-';
         });
}

// White space of any script ends a piece as a comma does.
std::string WithPlainSeparators(absl::string_view text) {
  std::string out;
  while (!text.empty()) {
    const CodePoint point = FirstCodePoint(text);
    if (IsSpace(point.value) || point.value == ',' || point.value == ';') {
      out.push_back(' ');
    } else {
      out.append(text.data(), point.bytes);
    }
    text.remove_prefix(point.bytes);
  }
  return out;
}

absl::string_view Bare(absl::string_view text) {
  const auto enclosed = [&](char open, char close) {
    return text.size() >= 2 && text.front() == open && text.back() == close;
  };
  while (enclosed('<', '>') || enclosed('(', ')') || enclosed('"', '"')) {
    text = text.substr(1, text.size() - 2);
  }
  if (absl::StartsWithIgnoreCase(text, "mailto:")) text.remove_prefix(7);
  while (!text.empty() && text.back() == '.') text.remove_suffix(1);
  return text;
}

}  // namespace

bool IsEmail(absl::string_view text) {
  const size_t at = text.find('@');
  if (text.size() > kLongestAddress || at == absl::string_view::npos ||
      !IsLocal(text.substr(0, at))) {
    return false;
  }
  const std::vector<absl::string_view> labels =
      absl::StrSplit(text.substr(at + 1), '.');
  if (labels.size() < 2 || !std::all_of(labels.begin(), labels.end(), IsLabel)) {
    return false;
  }
  const absl::string_view top = labels.back();
  return top.size() >= 2 && top.size() <= kLongestTop &&
         std::any_of(top.begin(), top.end(), IsAlpha);
}

EmailList ParseEmails(absl::string_view text) {
  EmailList list;
  const std::string plain = WithPlainSeparators(text);
  for (const absl::string_view piece : absl::StrSplit(plain, ' ', absl::SkipEmpty())) {
    const absl::string_view bare = Bare(piece);
    if (IsEmail(bare)) {
      list.values.emplace_back(bare);
    } else {
      ++list.left_out;
    }
  }
  return list;
}

}  // namespace guestbridge::agent
