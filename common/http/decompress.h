#pragma once

#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"

namespace guestbridge {

enum class DecompressResult { kDone, kCut, kTooLarge };

// Unpacks a gzip or deflate (zlib) body. kCut: the packed data is incomplete or
// damaged.
DecompressResult Decompress(absl::string_view packed, int64_t max_bytes,
                            std::string* plain);

}  // namespace guestbridge
