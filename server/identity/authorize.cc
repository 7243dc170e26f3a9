#include "server/identity/authorize.h"

#include <string>

#include "common/status/error.h"
#include "server/identity/permission_table.h"

namespace guestbridge::server {

absl::Status Authorize(absl::string_view method, const std::optional<Caller>& caller) {
  const Access access = AccessOf(method).value_or(Access::kAdmin);
  if (access == Access::kAnyone) return absl::OkStatus();
  if (!caller.has_value()) return MakeError("TOKEN_MISSING");
  if (Allows(access, caller->role)) return absl::OkStatus();
  return MakeError("ROLE_MISSING",
                   {{"role", std::string(RoleName(caller->role))},
                    {"role_needed", std::string(RoleNeeded(access))},
                    {"method", std::string(method.substr(method.rfind('/') + 1))}});
}

}  // namespace guestbridge::server
