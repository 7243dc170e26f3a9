#pragma once

#include <string>

#include "absl/status/status.h"

namespace guestbridge::server {

// An empty `given` is unconditional. Errors: ETAG_MISMATCH (names `resource`).
absl::Status CheckEtag(const std::string& given, const std::string& stored,
                       const std::string& resource);

}  // namespace guestbridge::server
