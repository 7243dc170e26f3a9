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

// On what the caller needs the role.
enum class Scope {
  kEverything,   // On everything: what the call is about belongs to no integration.
  kIntegration,  // On the integration that the request's field names.
  kEach,         // As above; `integrations/-` or no name: wherever the caller has the
                 // role, and the handler keeps to what the caller reaches.
  kSession,      // On everything; the session that the request names is the caller's.
  kAgent,        // On everything; the field is the agent's id, and the caller that one.
};

struct Permission {
  absl::string_view method;  // As on the wire: "/guestbridge.v1.RunService/GetRun".
  Access access = Access::kAdmin;
  Scope scope = Scope::kEverything;
  // The request's field that names the object, e.g. "connection.name"; empty: none.
  absl::string_view field = "";
};

absl::Span<const Permission> Permissions();

// Null for a method without a row.
const Permission* FindPermission(absl::string_view method);

// None for a method without a row.
std::optional<Access> AccessOf(absl::string_view method);

bool Allows(Access access, Role role);

// The least role that `access` asks for, as a name for people.
absl::string_view RoleNeeded(Access access);

}  // namespace guestbridge::server
