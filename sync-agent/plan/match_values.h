#pragma once

#include <string>
#include <vector>

#include "absl/strings/string_view.h"

// Phones, e-mails and names in the form in which a match compares them. Never sent,
// never stored: the portal keeps what the mapping made. Pure. All texts are UTF-8.
// Rules and their reasons: docs/design/matching.md.
namespace guestbridge::agent {

struct MatchPhone {
  // E.164. Without a plus: the bare digits of a number whose country is not known.
  std::string number;
  std::string extension;   // digits; empty: none
  bool toll_free = false;  // of a company, by its nature
  bool operator==(const MatchPhone&) const = default;
};

// All phones in a text, each once, in order; several may stand in one. Numbers too
// short to be dialled from abroad, impossible ones and made-up ones (000-00-00) are
// left out. `region`: two letters, of numbers without country code; may be empty.
std::vector<MatchPhone> MatchPhones(absl::string_view text, const std::string& region);

// All e-mails in a text, each once, in order. In lower case; what a known provider does
// not tell apart (dots and +tags at Gmail, …) is folded, everything else stands.
std::vector<std::string> MatchEmails(absl::string_view text);

// Lower case, ё as е, hyphens, dots and apostrophes as spaces, one space between
// words; words without a letter are left out.
std::vector<std::string> NameWords(absl::string_view name);

// In which letters a name is written. Names in different ones can't be compared.
enum class Script { kNone, kLatin, kCyrillic, kOther };
Script ScriptOf(absl::string_view word);

}  // namespace guestbridge::agent
