#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace guestbridge::server {

// What a caller may do; permission_table.h says which RPC needs which.
enum class Role {
  kViewer,       // Reads.
  kOperator,     // Also runs, matches, retries, explains and tests.
  kIntegration,  // external-systems-integration: also writes configuration.
  kAdmin,        // Everything.
  kAgent,        // An agent's side, and nothing else.
};

// As in `token create --role`. Errors: ROLE_UNKNOWN (INVALID_ARGUMENT; parameter role).
absl::StatusOr<Role> ParseRole(absl::string_view name);
absl::string_view RoleName(Role role);

// Who calls.
struct Caller {
  std::string name;  // Of the token, for the audit; may be empty.
  Role role = Role::kViewer;
};

}  // namespace guestbridge::server
