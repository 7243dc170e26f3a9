#pragma once

#include <string>

#include "absl/status/status.h"

namespace guestbridge::sql_internal {

// The error of a SQLite result code (extended or not).
absl::Status ErrorOf(int code, const std::string& file);

}  // namespace guestbridge::sql_internal
