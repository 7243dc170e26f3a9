#pragma once

#include <string>

#include "absl/strings/string_view.h"

namespace guestbridge::cli {

// The same document as YAML 1.2: block style, every string in double quotes (so that
// `no` and `12` stay strings). `json` must be a valid JSON document.
std::string JsonToYaml(absl::string_view json);

}  // namespace guestbridge::cli
