#pragma once

#include <string>

#include "absl/strings/string_view.h"

namespace guestbridge::agent {

// Lower case for Latin (ASCII, Latin-1) and Cyrillic letters; everything else stays as
// it is. Enough to compare names of hotels and words of 1C's messages.
std::string FoldCase(absl::string_view utf8);

// Without spaces at both ends, NBSP and byte order marks included: both are usual in
// what people typed into 1C.
std::string TrimText(absl::string_view utf8);

}  // namespace guestbridge::agent
