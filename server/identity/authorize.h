#pragma once

#include <optional>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "server/identity/caller.h"

namespace guestbridge::server {

// Whether `caller` may call `method` ("/package.Service/Method"); none: without a
// token. A method without a row in the permission table is for admins only. Errors:
// TOKEN_MISSING (UNAUTHENTICATED); ROLE_MISSING (PERMISSION_DENIED; parameters role,
// role_needed, method).
absl::Status Authorize(absl::string_view method, const std::optional<Caller>& caller);

}  // namespace guestbridge::server
