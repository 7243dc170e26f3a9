#pragma once

#include <string>

#include "absl/status/status.h"

namespace guestbridge::server {

// The text of a source profile is YAML or JSON with a map at its top, up to 256 KiB.
// What the names in it mean is the agent's to judge. Errors: SOURCE_PROFILE_INVALID
// (parameter detail).
absl::Status CheckProfileText(const std::string& text);

}  // namespace guestbridge::server
