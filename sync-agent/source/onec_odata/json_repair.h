#pragma once

#include <string>

#include "absl/strings/string_view.h"

namespace guestbridge::agent {

// `json` with U+FFFD in place of what is no text: bytes that are no UTF-8 and escapes
// of half a surrogate pair. 1C cuts a text at an attribute's length, through the middle
// of an emoji too, and one such guest must not spoil the page of 200. What is no JSON
// stays no JSON.
std::string RepairJson(absl::string_view json);

}  // namespace guestbridge::agent
