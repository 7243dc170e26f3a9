// crm.item.import and crm.item.batchImport. Source: facts 5.7.
#include <string>
#include <utility>

#include "tests/emulators/bitrix24/contact_write.h"
#include "tests/emulators/bitrix24/method.h"
#include "tests/emulators/bitrix24/portal_text.h"

namespace guestbridge::testing::bitrix24 {
namespace {

constexpr size_t kMaxBatch = 20;

std::variant<int64_t, RestError> ImportOne(const MethodCall& call, const Json& fields) {
  if (!call.caller.may_import) return ItemAccessDenied(call);
  const ItemForm form{.import = true, .original_names = UsesOriginalNames(call.params)};
  auto id =
      AddContact(call.portal, call.caller, DecodeItemFields(call.portal, fields, form),
                 {.import = true, .connector = Connector(call.params)}, call.effects);
  if (auto* error = std::get_if<RestError>(&id)) return ItemFieldError(*error);
  return id;
}

Outcome Import(const MethodCall& call) {
  if (auto error = CheckContactType(call)) return *error;
  const Json* fields = Find(call.params, "fields");
  if (fields == nullptr || !IsArray(*fields)) return MissingParam("fields");
  const auto id = ImportOne(call, *fields);
  if (auto* error = std::get_if<RestError>(&id)) return *error;
  return MethodResult{{{"item", {{"id", std::get<int64_t>(id)}}}}};
}

Outcome BatchImport(const MethodCall& call) {
  if (auto error = CheckContactType(call)) return *error;
  const Json* data = Find(call.params, "data");
  if (data == nullptr || !IsArray(*data)) return MissingParam("data");
  if (data->size() > kMaxBatch) {
    return RestError{.code = "MAX_IMPORT_BATCH_SIZE_EXCEEDED",
                     .description = "Max import batch size is 20"};
  }
  Json items = Json::object();
  ForEach(*data, [&](const std::string& key, const Json& fields) {
    std::variant<int64_t, RestError> id =
        RestError{.code = "CRM_FIELD_ERROR_REQUIRED",
                  .description = PortalText(call.portal.settings.language,
                                            TextId::kFieldRequired)};
    if (IsArray(fields) && !fields.empty()) id = ImportOne(call, fields);
    if (auto* error = std::get_if<RestError>(&id)) {
      items[key] = {{"error", error->code}, {"error_description", error->description}};
    } else {
      items[key] = {{"item", {{"id", std::get<int64_t>(id)}}}};
    }
  });
  return MethodResult{{{"items", items}}};
}

}  // namespace

void AddImportMethods(MethodTable* table) {
  (*table)["crm.item.import"] = {.scope = "crm", .run = Import};
  (*table)["crm.item.batchimport"] = {.scope = "crm", .run = BatchImport};
}

}  // namespace guestbridge::testing::bitrix24
