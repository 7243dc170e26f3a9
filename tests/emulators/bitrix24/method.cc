#include "tests/emulators/bitrix24/method.h"

#include "absl/strings/str_cat.h"
#include "tests/emulators/bitrix24/portal_text.h"

namespace guestbridge::testing::bitrix24 {

const MethodTable& Methods() {
  static const MethodTable* const table = [] {
    auto* made = new MethodTable;
    AddContactMethods(made);
    AddItemMethods(made);
    AddImportMethods(made);
    AddDuplicateMethods(made);
    AddUserfieldMethods(made);
    AddPortalMethods(made);
    AddEventMethods(made);
    AddRecordMethods(made);
    return made;
  }();
  return *table;
}

const Json* Param(const Json& params, std::initializer_list<const char*> names) {
  for (const char* name : names) {
    if (const Json* value = Find(params, name)) return value;
  }
  return nullptr;
}

std::variant<Json, RestError> LegacyArrayParam(const Json& params,
                                               const std::string& name, bool required) {
  std::string title = name;
  title[0] = ToUpper(title.substr(0, 1))[0];
  const std::string prefixed = absl::StrCat("ar", title);
  const std::string upper = ToUpper(name);
  const Json* value =
      Param(params, {name.c_str(), upper.c_str(), title.c_str(), prefixed.c_str()});
  const bool absent = value == nullptr || value->is_null();
  if (absent && !required) return Json::object();
  // An empty text stands for an empty array in a form.
  if (!absent && !required && *value == Json("")) return Json::object();
  if (absent || !IsArray(*value)) {
    return LegacyError(absl::StrCat("Parameter '", name, "' must be array."));
  }
  return *value;
}

RestError MissingParam(const std::string& name) {
  return {
      .code = "100",
      .description = absl::StrCat("Could not find value for parameter {", name, "}")};
}

std::optional<RestError> CheckContactType(const MethodCall& call) {
  constexpr int64_t kContact = 3;
  const Json* type = Find(call.params, "entityTypeId");
  if (type == nullptr || type->is_null()) return MissingParam("entityTypeId");
  if (ToInt(*type) == kContact) return std::nullopt;
  return RestError{
      .code = "NOT_FOUND",
      .description = PortalText(call.portal.settings.language, TextId::kTypeNotFound)};
}

RestError ItemAccessDenied(const MethodCall& call) {
  return {.code = "ACCESS_DENIED",
          .description =
              PortalText(call.portal.settings.language, TextId::kItemAccessDenied)};
}

bool UsesOriginalNames(const Json& params) {
  const Json* value = Find(params, "useOriginalUfNames");
  return value != nullptr && ToText(*value) == "Y";
}

RestError ItemFieldError(RestError error) {
  if (error.code == "ERROR_CORE" && error.status == 400) {
    error.code = "CRM_FIELD_ERROR_VALUE_NOT_VALID";
  }
  return error;
}

std::string Connector(const Json& params) {
  const Json* value = Find(params, "auth_connector");
  return value == nullptr ? "" : ToText(*value);
}

}  // namespace guestbridge::testing::bitrix24
