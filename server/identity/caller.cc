#include "server/identity/caller.h"

#include <utility>

#include "common/status/error.h"

namespace guestbridge::server {
namespace {

constexpr std::pair<Role, absl::string_view> kNames[] = {
    {Role::kViewer, "viewer"},
    {Role::kOperator, "operator"},
    {Role::kIntegration, "external-systems-integration"},
    {Role::kAdmin, "admin"},
    {Role::kAgent, "agent"},
};

}  // namespace

absl::StatusOr<Role> ParseRole(absl::string_view name) {
  for (const auto& [role, role_name] : kNames) {
    if (name == role_name) return role;
  }
  return MakeError("ROLE_UNKNOWN", {{"role", std::string(name.substr(0, 64))}});
}

absl::string_view RoleName(Role role) {
  for (const auto& [known, name] : kNames) {
    if (known == role) return name;
  }
  return "";
}

}  // namespace guestbridge::server
