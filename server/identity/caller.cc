#include "server/identity/caller.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/resource/resource_name.h"
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

std::string GrantsText(const std::vector<Grant>& grants) {
  if (grants.empty()) return "-";
  return absl::StrJoin(grants, ", ", [](std::string* out, const Grant& grant) {
    absl::StrAppend(out, RoleName(grant.role));
    if (grant.integration.empty()) return;
    absl::StrAppend(out, " (", IntegrationName(grant.integration), ")");
  });
}

}  // namespace guestbridge::server
