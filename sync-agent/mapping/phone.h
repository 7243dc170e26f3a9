#pragma once

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "sync-agent/model/contact.h"

namespace guestbridge::agent {

struct PhoneList {
  std::vector<MultiValue> values;  // in the order of the text, possibly repeated
  bool as_written = false;         // at least one could not be told
  bool left_out = false;           // something without a digit was no phone
};

// The phones in a text of well-formed UTF-8, several of them separated by , ; / line
// breaks or "и", "или", "and", "or". Each in E.164 where libphonenumber finds a
// possible number without extension, otherwise as written. Words around a number
// ("моб.",
// "(мама)") go only when the number is told. MOBILE where it may be a mobile, else
// WORK. `region`: two letters, of numbers without country code; may be empty.
PhoneList ParsePhones(absl::string_view text, const std::string& region);

}  // namespace guestbridge::agent
