#pragma once

#include <string>

#include "absl/strings/string_view.h"
#include "common/secret/secret_string.h"

namespace guestbridge {

// HMAC-SHA-256 in lower-case hex: 64 characters; callers cut a prefix where they need
// less.
std::string HmacSha256Hex(const SecretString& key, absl::string_view data);

}  // namespace guestbridge
