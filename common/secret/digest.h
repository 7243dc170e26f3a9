#pragma once

#include <cstddef>
#include <string>

#include "absl/strings/string_view.h"

namespace guestbridge {

inline constexpr size_t kSha256Base64UrlLength = 43;
// SHA-256 in unpadded base64url: its first `length` characters, all of them by default.
std::string Sha256Base64Url(absl::string_view data,
                            size_t length = kSha256Base64UrlLength);
// SHA-256 in lower-case hex: 64 characters.
std::string Sha256Hex(absl::string_view data);

}  // namespace guestbridge
