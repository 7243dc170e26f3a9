#pragma once

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"

namespace guestbridge::fuzz {

// One pair of a query as PHP's parse_str() takes it: the path of its key, and its
// value. Written from PHP's manual, apart from the encoder: `+` is a space, `%XX` is
// decoded once, the key before its brackets, dots and spaces in a top-level name become
// `_`, an unclosed bracket is part of the name.
struct PhpPair {
  std::vector<std::string> path;
  std::string value;
  bool operator==(const PhpPair&) const = default;
};

// In order of the text. A key that comes twice is two pairs.
std::vector<PhpPair> ParsePhpQuery(absl::string_view query);

}  // namespace guestbridge::fuzz
