#pragma once

#include <string>

#include "absl/strings/string_view.h"

namespace guestbridge {

// The text with each byte that is not part of well-formed UTF-8 (RFC 3629) replaced by
// U+FFFD, so that protobuf and JSON accept it.
std::string ToValidUtf8(absl::string_view text);

// At most `max_bytes` bytes of well-formed UTF-8, never cut within a code point.
absl::string_view CutUtf8(absl::string_view text, size_t max_bytes);

}  // namespace guestbridge
