// crm.contact.userfield.*. Source: facts 5.10.
#include <algorithm>
#include <string>
#include <utility>

#include "tests/emulators/bitrix24/event_delivery.h"
#include "tests/emulators/bitrix24/method.h"
#include "tests/emulators/bitrix24/portal_text.h"

namespace guestbridge::testing::bitrix24 {
namespace {

constexpr size_t kMaxName = 50;
constexpr std::string_view kPrefix = "UF_CRM_";
constexpr const char* kTypes[] = {
    "string", "integer", "double",      "boolean", "date",     "datetime",   "money",
    "url",    "address", "enumeration", "file",    "employee", "crm_status", "crm"};

std::string TextOf(const Json& fields, const char* key) {
  const Json* value = Find(fields, key);
  return value == nullptr || IsArray(*value) ? "" : ToText(*value);
}

Json DefinitionJson(const Userfield& field) {
  const auto yes = [](bool value) { return value ? "Y" : "N"; };
  Json json = {{"ID", std::to_string(field.id)},
               {"ENTITY_ID", "CRM_CONTACT"},
               {"FIELD_NAME", field.name},
               {"USER_TYPE_ID", field.type},
               {"XML_ID", field.xml_id.empty() ? Json(nullptr) : Json(field.xml_id)},
               {"SORT", std::to_string(field.sort)},
               {"MULTIPLE", yes(field.multiple)},
               {"MANDATORY", yes(field.mandatory)},
               {"SHOW_FILTER", field.show_filter ? "E" : "N"},
               {"SHOW_IN_LIST", "Y"},
               {"EDIT_IN_LIST", "Y"},
               {"IS_SEARCHABLE", "N"},
               {"SETTINGS", field.settings}};
  if (field.type == "enumeration") {
    json["LIST"] = Json::array();
    for (const UserfieldItem& item : field.items) {
      json["LIST"].push_back({{"ID", std::to_string(item.id)},
                              {"SORT", std::to_string(item.sort)},
                              {"VALUE", item.value},
                              {"DEF", yes(item.is_default)},
                              {"XML_ID", item.xml_id}});
    }
  }
  return json;
}

// Takes over the members that a client may set at any time.
void ApplyDefinition(const Json& fields, Userfield* field) {
  const auto flag = [&](const char* key, bool* member) {
    if (Find(fields, key) == nullptr) return;
    const std::string text = TextOf(fields, key);
    *member = !text.empty() && text != "N" && text != "0";
  };
  flag("MANDATORY", &field->mandatory);
  flag("SHOW_FILTER", &field->show_filter);
  for (const char* key : {"LABEL", "EDIT_FORM_LABEL", "LIST_COLUMN_LABEL"}) {
    if (const std::string text = TextOf(fields, key); !text.empty()) {
      field->label = text;
    }
  }
  if (Find(fields, "XML_ID") != nullptr) field->xml_id = TextOf(fields, "XML_ID");
  if (const Json* sort = Find(fields, "SORT")) field->sort = ToInt(*sort);
  if (const Json* settings = Find(fields, "SETTINGS"); settings && IsArray(*settings)) {
    field->settings = *settings;
  }
  const Json* list = Find(fields, "LIST");
  if (list == nullptr) return;
  ForEach(*list, [&](const std::string&, const Json& given) {
    const int64_t id = ToInt(TextOf(given, "ID"));
    auto item =
        std::find_if(field->items.begin(), field->items.end(),
                     [&](const UserfieldItem& i) { return id > 0 && i.id == id; });
    if (item != field->items.end() && TextOf(given, "DEL") == "Y") {
      field->items.erase(item);
      return;
    }
    if (item == field->items.end()) {
      if (TextOf(given, "VALUE").empty()) return;
      item = field->items.insert(item, UserfieldItem{});
    }
    if (const std::string v = TextOf(given, "VALUE"); !v.empty()) item->value = v;
    if (const Json* sort = Find(given, "SORT")) item->sort = ToInt(*sort);
    item->is_default = TextOf(given, "DEF") == "Y";
    item->xml_id = TextOf(given, "XML_ID");
  });
}

Outcome Add(const MethodCall& call) {
  auto fields = LegacyArrayParam(call.params, "fields", /*required=*/true);
  if (auto* error = std::get_if<RestError>(&fields)) return *error;
  if (!call.caller.admin) return LegacyError("Access denied.");
  const Json& given = std::get<Json>(fields);
  Userfield field{.name = ToUpper(TextOf(given, "FIELD_NAME")),
                  .type = TextOf(given, "USER_TYPE_ID")};
  if (field.type.empty()) field.type = "string";
  if (!field.name.starts_with(kPrefix)) {
    field.name = std::string(kPrefix) + field.name;
  }
  const std::string& language = call.portal.settings.language;
  const bool good_name =
      field.name.size() > kPrefix.size() && field.name.size() <= kMaxName &&
      field.name.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_") ==
          std::string::npos;
  std::string errors;
  if (!good_name) errors = PortalText(language, TextId::kUserfieldName, field.name);
  const bool known_type = std::any_of(std::begin(kTypes), std::end(kTypes),
                                      [&](const char* t) { return field.type == t; }) ||
                          field.type.starts_with("iblock_");
  if (!known_type) {
    if (!errors.empty()) errors += "\n";
    errors += PortalText(language, TextId::kFieldNotValid, "USER_TYPE_ID");
  }
  if (!errors.empty()) return CoreError(errors);
  if (call.portal.userfields.FindByName(field.name) != nullptr) {
    return CoreError(PortalText(language, TextId::kUserfieldExists, field.name));
  }
  field.label = field.name;
  const std::string multiple = TextOf(given, "MULTIPLE");
  field.multiple = multiple == "Y" || multiple == "1";
  ApplyDefinition(given, &field);
  const int64_t id = call.portal.userfields.Add(std::move(field));
  call.effects->push_back({"userfield", id});
  RaiseEvent(call.portal, "ONCRMCONTACTUSERFIELDADD", id, Connector(call.params));
  return MethodResult{id};
}

// The definition that the call names, or the error.
std::variant<const Userfield*, RestError> Named(const MethodCall& call) {
  const Json* id = Param(call.params, {"id", "ID"});
  if (id == nullptr || ToInt(*id) <= 0) {
    return LegacyError("ID is not defined or invalid.");
  }
  if (!call.caller.admin) return LegacyError("Access denied.");
  const Userfield* field = call.portal.userfields.Find(ToInt(*id));
  if (field == nullptr) {
    return LegacyError("The entity with ID '" + ToText(*id) + "' is not found.");
  }
  return field;
}

Outcome Get(const MethodCall& call) {
  const auto field = Named(call);
  if (auto* error = std::get_if<RestError>(&field)) return *error;
  return MethodResult{DefinitionJson(*std::get<const Userfield*>(field))};
}

Outcome Update(const MethodCall& call) {
  const auto named = Named(call);
  if (auto* error = std::get_if<RestError>(&named)) return *error;
  auto fields = LegacyArrayParam(call.params, "fields", /*required=*/true);
  if (auto* error = std::get_if<RestError>(&fields)) return *error;
  Userfield field = *std::get<const Userfield*>(named);
  ApplyDefinition(std::get<Json>(fields), &field);
  const int64_t id = field.id;
  const bool choices = Find(std::get<Json>(fields), "LIST") != nullptr;
  call.portal.userfields.Replace(std::move(field));
  if (choices) {
    RaiseEvent(call.portal, "ONCRMCONTACTUSERFIELDSETENUMVALUES", id,
               Connector(call.params));
  }
  call.effects->push_back({"userfield", id});
  RaiseEvent(call.portal, "ONCRMCONTACTUSERFIELDUPDATE", id, Connector(call.params));
  return MethodResult{true};
}

Outcome Delete(const MethodCall& call) {
  const auto named = Named(call);
  if (auto* error = std::get_if<RestError>(&named)) return *error;
  const int64_t id = std::get<const Userfield*>(named)->id;
  call.portal.userfields.Delete(id);
  call.effects->push_back({"userfield", id});
  RaiseEvent(call.portal, "ONCRMCONTACTUSERFIELDDELETE", id, Connector(call.params));
  return MethodResult{true};
}

Outcome List(const MethodCall& call) {
  const auto filter = LegacyArrayParam(call.params, "filter", /*required=*/false);
  if (auto* error = std::get_if<RestError>(&filter)) return *error;
  if (!call.caller.admin) return LegacyError("Access denied.");
  Json list = Json::array();
  for (const auto& [id, field] : call.portal.userfields.all()) {
    const Json json = DefinitionJson(field);
    bool match = true;
    ForEach(std::get<Json>(filter), [&](const std::string& key, const Json& value) {
      const Json* own = Find(json, key);
      if (own != nullptr && !IsArray(*own)) match &= ToText(*own) == ToText(value);
    });
    if (match) list.push_back(json);
  }
  MethodResult result{std::move(list)};
  result.total = static_cast<int64_t>(result.result.size());
  return result;
}

}  // namespace

void AddUserfieldMethods(MethodTable* table) {
  (*table)["crm.contact.userfield.add"] = {.scope = "crm", .run = Add};
  (*table)["crm.contact.userfield.get"] = {.scope = "crm", .run = Get};
  (*table)["crm.contact.userfield.update"] = {.scope = "crm", .run = Update};
  (*table)["crm.contact.userfield.delete"] = {.scope = "crm", .run = Delete};
  (*table)["crm.contact.userfield.list"] = {.scope = "crm", .run = List};
}

}  // namespace guestbridge::testing::bitrix24
