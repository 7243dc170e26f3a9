#pragma once

#include "absl/strings/string_view.h"

namespace guestbridge {

// Whether `host` is spelt as a name (labels of letters, digits, '-' and '_'). An
// address in numbers (127.1) is spelt so too. Thread-safe.
bool IsHostName(absl::string_view host);

// Whether a server's address is a list, ipv4:… or ipv6:…, that gRPC would refuse: it
// takes addresses in numbers alone, each with its port. Thread-safe.
bool IsMalformedList(absl::string_view server);

}  // namespace guestbridge
