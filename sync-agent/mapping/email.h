#pragma once

#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace guestbridge::agent {

// An address that the portal accepts: one bad one would fail the whole contact.
// Stricter than RFC 5322: ASCII, one @, a dotted domain whose last part has 2 to 20
// characters.
bool IsEmail(absl::string_view text);

struct EmailList {
  std::vector<std::string> values;  // as written, in order, possibly repeated
  int left_out = 0;                 // pieces that are no address
};

// The addresses in a text, separated by , ; or white space; `<…>` and `mailto:` around
// one are taken off.
EmailList ParseEmails(absl::string_view text);

}  // namespace guestbridge::agent
