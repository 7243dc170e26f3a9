#pragma once

#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace guestbridge::cli {

// The words that were most likely meant by `typed`: those that hold it, then those that
// few changes of a letter make of it. At most `most`, the likeliest first; empty when
// nothing is near. Upper and lower case are the same. Bounded by the first 80 bytes of
// `typed`.
std::vector<std::string> Nearest(absl::string_view typed,
                                 const std::vector<std::string>& words, size_t most);

}  // namespace guestbridge::cli
