#include "server/identity/authorize.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/str_split.h"
#include "common/resource/resource_name.h"
#include "common/status/error.h"
#include "google/protobuf/descriptor.h"
#include "server/identity/permission_table.h"

namespace guestbridge::server {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

constexpr absl::string_view kEverything = "integrations/-";
constexpr size_t kMaxShown = 200;

// The text of a field such as "connection.name"; empty when the request has none.
std::string TextOf(const Message& request, absl::string_view path) {
  const Message* message = &request;
  for (const absl::string_view part : absl::StrSplit(path, '.')) {
    const FieldDescriptor* const field =
        message->GetDescriptor()->FindFieldByName(std::string(part));
    if (field == nullptr || field->is_repeated()) return "";
    if (field->cpp_type() == FieldDescriptor::CPPTYPE_STRING) {
      return message->GetReflection()->GetString(*message, field);
    }
    if (field->cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE) return "";
    message = &message->GetReflection()->GetMessage(*message, field);
  }
  return "";
}

// "integrations/main/runs/3" and, for a new integration, "main" -> "main"; empty when
// no integration can have that name.
std::string IntegrationNamed(const std::string& text) {
  if (IsIntegrationId(text)) return text;
  return IntegrationOf(text).value_or("");
}

bool NamesEach(const std::string& text) {
  return text.empty() || text == "integrations/-" ||
         absl::StartsWith(text, "integrations/-/");
}

}  // namespace

Reach Reach::Everything() {
  Reach reach;
  reach.everything_ = true;
  return reach;
}

Reach Reach::Of(absl::string_view method, const std::vector<Grant>& grants) {
  const Access access = AccessOf(method).value_or(Access::kAdmin);
  Reach reach;
  for (const Grant& grant : grants) {
    if (!Allows(access, grant.role)) continue;
    if (grant.integration.empty()) return Everything();
    reach.integrations_.push_back(grant.integration);
  }
  return reach;
}

bool Reach::Has(absl::string_view integration) const {
  return everything_ || std::find(integrations_.begin(), integrations_.end(),
                                  integration) != integrations_.end();
}

std::string IntegrationNamedBy(absl::string_view method, const Message& request) {
  const Permission* const found = FindPermission(method);
  if (found == nullptr) return "";
  const bool names_one =
      found->scope == Scope::kIntegration || found->scope == Scope::kEach;
  return names_one ? IntegrationNamed(TextOf(request, found->field)) : "";
}

absl::Status RoleMissing(absl::string_view method, const Caller& caller,
                         absl::string_view object) {
  const Access access = AccessOf(method).value_or(Access::kAdmin);
  return MakeError("ROLE_MISSING",
                   {{"role", GrantsText(caller.grants)},
                    {"role_needed", std::string(RoleNeeded(access))},
                    {"method", std::string(method.substr(method.rfind('/') + 1))},
                    {"object", std::string(object.substr(0, kMaxShown))}});
}

absl::Status Authorize(absl::string_view method, const std::optional<Caller>& caller,
                       const Message* request) {
  static constexpr Permission kUnknown;
  const Permission* const found = FindPermission(method);
  const Permission& permission = found == nullptr ? kUnknown : *found;
  if (permission.access == Access::kAnyone) return absl::OkStatus();
  if (!caller.has_value()) return MakeError("TOKEN_MISSING");

  const Reach reach = Reach::Of(method, caller->grants);
  if (reach.nothing()) return RoleMissing(method, *caller, kEverything);
  // An agent's own line too: who administers one hotel is no agent of another.
  const bool each = permission.scope == Scope::kEach;
  const bool one = permission.scope == Scope::kIntegration;
  if (!each && !one && !reach.everything()) {
    return RoleMissing(method, *caller, kEverything);
  }
  if (request == nullptr) return absl::OkStatus();

  const std::string text = TextOf(*request, permission.field);
  if (permission.scope == Scope::kAgent && !caller->agent.empty() &&
      caller->agent != text) {
    return MakeError("AGENT_NAME_FOREIGN",
                     {{"agent", caller->agent}, {"name", text.substr(0, kMaxShown)}});
  }
  if (reach.everything() || (each && NamesEach(text))) return absl::OkStatus();
  // What is no name is told by the handler, to a caller who may touch everything.
  const std::string integration = IntegrationNamed(text);
  if (!integration.empty() && reach.Has(integration)) return absl::OkStatus();
  return RoleMissing(method, *caller,
                     integration.empty() ? text : IntegrationName(integration));
}

}  // namespace guestbridge::server
