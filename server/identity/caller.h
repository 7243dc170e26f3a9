#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

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

// One role, on one integration or on everything.
struct Grant {
  Role role = Role::kViewer;
  std::string integration;  // Short id; empty: everything, the server itself included.

  bool operator==(const Grant&) const = default;
};

// Who calls.
struct Caller {
  // `apiTokens/{id}`, `agents/{agent}`, `localUsers/{uid}`; empty: nobody is known.
  std::string principal;
  std::string name;  // Of the token, for people; may be empty.
  std::vector<Grant> grants;
  // The one agent that the caller is; empty: it is none, or it may be any.
  std::string agent;
  // From then on it is nobody: streams end.
  absl::Time expire_time = absl::InfiniteFuture();
};

// For people: "operator (integrations/riviera), viewer"; "-" without any.
std::string GrantsText(const std::vector<Grant>& grants);

}  // namespace guestbridge::server
