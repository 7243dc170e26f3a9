#pragma once

#include <optional>
#include <string>

// A contact's fields as the item methods (crm.item.*, entityTypeId 3) call them.
// Source: docs/design/portal-calls.md, "Import".
namespace guestbridge::agent {

// LAST_NAME -> lastName; UF_CRM_* stays as it is (useOriginalUfNames=Y). Nothing of a
// field that the item methods don't take, or whose name there we don't know.
std::optional<std::string> ItemFieldName(const std::string& name);

// PHONE, EMAIL, …: multifields keep their upper-case name in an import.
bool IsItemMultifield(const std::string& name);

}  // namespace guestbridge::agent
