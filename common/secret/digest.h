#pragma once

#include <string>

#include "absl/strings/string_view.h"

namespace guestbridge {

// SHA-256 in unpadded base64url: 43 characters; callers cut a prefix where they need
// less.
std::string Sha256Base64Url(absl::string_view data);
// SHA-256 in lower-case hex: 64 characters.
std::string Sha256Hex(absl::string_view data);

}  // namespace guestbridge
