#pragma once

#include <optional>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "server/identity/caller.h"

// The one table that says who may call what. A new RPC needs a row: without one it is
// refused, and permission_table_test fails.
namespace guestbridge::server {

enum class Access {
  kAnyone,         // Also without a token.
  kAuthenticated,  // Any token.
  kViewer,  // This role or one above it: viewer < operator < integration < admin.
  kOperator,
  kIntegration,
  kAdmin,
  kAgent,  // The role agent, or admin.
};

struct Permission {
  absl::string_view method;  // As on the wire: "/guestbridge.v1.RunService/GetRun".
  Access access;
};

absl::Span<const Permission> Permissions();

// None for a method without a row.
std::optional<Access> AccessOf(absl::string_view method);

bool Allows(Access access, Role role);

// The least role that `access` asks for, as a name for people.
absl::string_view RoleNeeded(Access access);

}  // namespace guestbridge::server
