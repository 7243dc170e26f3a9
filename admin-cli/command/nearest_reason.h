#pragma once

#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace guestbridge::cli {

// The reasons of the catalogue that were most likely meant by `typed`: those that hold
// it, then those that few changes of a letter make of it. At most `most`, the likeliest
// first; empty when nothing is near. Upper and lower case are the same.
std::vector<std::string> NearestReasons(absl::string_view typed, size_t most);

}  // namespace guestbridge::cli
