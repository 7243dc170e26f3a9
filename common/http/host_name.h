#pragma once

#include "absl/strings/string_view.h"

namespace guestbridge {

// Whether `host` is spelt as a name (labels of letters, digits, '-' and '_'). An
// address in numbers (127.1) is spelt so too. Thread-safe.
bool IsHostName(absl::string_view host);

}  // namespace guestbridge
