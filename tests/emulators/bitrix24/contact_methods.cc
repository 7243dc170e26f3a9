// crm.contact.add, update, get, list, delete, fields. Source: facts 5.2, 5.5.
#include <algorithm>
#include <cctype>
#include <string>
#include <utility>

#include "tests/emulators/bitrix24/contact_select.h"
#include "tests/emulators/bitrix24/contact_view.h"
#include "tests/emulators/bitrix24/contact_write.h"
#include "tests/emulators/bitrix24/method.h"
#include "tests/emulators/bitrix24/portal_text.h"

namespace guestbridge::testing::bitrix24 {
namespace {

constexpr int64_t kPage = 50;

// A positive contact id, or the error.
std::variant<int64_t, RestError> IdParam(const Json& params) {
  const Json* value = Param(params, {"id", "ID"});
  const int64_t id = value == nullptr || IsArray(*value) ? 0 : ToInt(*value);
  if (id <= 0) return LegacyError("ID is not defined or invalid.");
  return id;
}

// Rights are checked before existence: someone with narrow rights learns nothing about
// an unknown id.
bool IsDenied(const MethodCall& call, const Contact* contact) {
  return contact == nullptr ? !call.caller.reads_all : !MayRead(call.caller, *contact);
}

struct WriteParams {
  Json fields;
  WriteOptions options = {};
};

std::variant<WriteParams, RestError> DecodeWrite(const MethodCall& call) {
  auto fields = LegacyArrayParam(call.params, "fields", /*required=*/true);
  if (auto* error = std::get_if<RestError>(&fields)) return *error;
  auto params = LegacyArrayParam(call.params, "params", /*required=*/false);
  if (auto* error = std::get_if<RestError>(&params)) return *error;
  WriteParams write{.fields = std::get<Json>(std::move(fields))};
  const Json* import = FindIgnoringCase(std::get<Json>(params), "IMPORT");
  write.options.import = import != nullptr && ToBool(*import);
  write.options.connector = Connector(call.params);
  return write;
}

Outcome Add(const MethodCall& call) {
  auto write = DecodeWrite(call);
  if (auto* error = std::get_if<RestError>(&write)) return *error;
  const WriteParams& params = std::get<WriteParams>(write);
  if (params.options.import ? !call.caller.may_import : !call.caller.may_add) {
    return LegacyError("Access denied.");
  }
  auto id =
      AddContact(call.portal, call.caller,
                 DecodeLegacyFields(call.portal, params.fields, params.options.import),
                 params.options, call.effects);
  if (auto* error = std::get_if<RestError>(&id)) {
    // Legacy speaks of a field only through the old exception channel.
    return error->status == 400 ? CoreError(error->description) : *error;
  }
  return MethodResult{std::get<int64_t>(id)};
}

Outcome Update(const MethodCall& call) {
  const auto id = IdParam(call.params);
  if (auto* error = std::get_if<RestError>(&id)) return *error;
  auto write = DecodeWrite(call);
  if (auto* error = std::get_if<RestError>(&write)) return *error;
  const WriteParams& params = std::get<WriteParams>(write);
  const Contact* contact = call.portal.contacts.Find(std::get<int64_t>(id));
  if (!call.caller.may_update || IsDenied(call, contact)) {
    return LegacyError("Access denied.");
  }
  if (contact == nullptr) return LegacyError("Contact is not found");
  if (auto error = UpdateContact(
          call.portal, call.caller, contact->id,
          DecodeLegacyFields(call.portal, params.fields, /*import=*/false),
          params.options, call.effects)) {
    return *error;
  }
  return MethodResult{true};
}

Outcome Get(const MethodCall& call) {
  const auto id = IdParam(call.params);
  if (auto* error = std::get_if<RestError>(&id)) return *error;
  const Contact* contact = call.portal.contacts.Find(std::get<int64_t>(id));
  if (IsDenied(call, contact)) return LegacyError("Access denied.");
  if (contact == nullptr) return LegacyError("Not found");
  return MethodResult{
      LegacyContact(call.portal, *contact,
                    {.standard = true, .userfields = true, .multifields = true})};
}

Outcome Delete(const MethodCall& call) {
  const auto id = IdParam(call.params);
  if (auto* error = std::get_if<RestError>(&id)) return *error;
  const Contact* contact = call.portal.contacts.Find(std::get<int64_t>(id));
  if (!call.caller.may_delete || IsDenied(call, contact)) {
    return LegacyError("Access denied.");
  }
  if (contact == nullptr) {
    return CoreError(
        PortalText(call.portal.settings.language, TextId::kElementNotFound));
  }
  DeleteContact(call.portal, contact->id, {.connector = Connector(call.params)},
                call.effects);
  return MethodResult{true};
}

Selection DecodeSelect(const Portal& portal, const Json& select) {
  Selection selection;
  bool multifield = false;
  ForEach(select, [&](const std::string&, const Json& item) {
    const std::string name = ToText(item);
    if (name == "*") {
      selection.standard = true;
    } else if (name == "UF_*") {
      selection.userfields = true;
    } else if (const auto kind = KindOfField(portal, name)) {
      multifield |= *kind == FieldKind::kMultifield;
      selection.names.push_back(name);
    }
  });
  if (multifield) selection.names.push_back("ID");
  if (!selection.standard && !selection.userfields && selection.names.empty()) {
    selection.standard = true;
  }
  return selection;
}

Outcome List(const MethodCall& call) {
  const auto order = LegacyArrayParam(call.params, "order", /*required=*/false);
  if (auto* error = std::get_if<RestError>(&order)) return *error;
  const auto filter = LegacyArrayParam(call.params, "filter", /*required=*/false);
  if (auto* error = std::get_if<RestError>(&filter)) return *error;
  const auto select = LegacyArrayParam(call.params, "select", /*required=*/false);
  if (auto* error = std::get_if<RestError>(&select)) return *error;
  const Json* start_param = Param(call.params, {"start", "START"});
  const int64_t start = start_param == nullptr ? 0 : ToInt(*start_param);
  const std::vector<const Contact*> found = SelectContacts(
      call.portal, call.caller, DecodeLegacyFilter(call.portal, std::get<Json>(filter)),
      DecodeLegacyOrder(call.portal, std::get<Json>(order)), start < 0 ? kPage : 0);
  const auto total = static_cast<int64_t>(found.size());
  // A page number out of range falls back to the first page.
  int64_t first = start < 0 ? 0 : start / kPage * kPage;
  if (first >= total) first = 0;
  const int64_t end = std::min(total, first + kPage);

  const Selection selection = DecodeSelect(call.portal, std::get<Json>(select));
  MethodResult result{.result = Json::array()};
  for (int64_t i = first; i < end; ++i) {
    result.result.push_back(
        LegacyContact(call.portal, *found[static_cast<size_t>(i)], selection));
  }
  result.total = start < 0 ? 0 : total;
  if (start >= 0 && end < total) result.next = end;
  return result;
}

Json StandardFieldInfo(const Portal& portal, const FieldSpec& field) {
  Json info = {{"type", KindName(field.kind)},
               {"isRequired", false},
               {"isReadOnly", field.read_only},
               {"isImmutable", false},
               {"isMultiple", field.kind == FieldKind::kMultifield},
               {"isDynamic", false},
               {"title", FieldTitle(field, portal.settings.language)}};
  if (field.kind == FieldKind::kStatus) info["statusType"] = field.status;
  const std::string_view name = field.name;
  if (name == "COMPANY_ID" || name.substr(0, 7) == "ADDRESS") {
    info["isDeprecated"] = true;
  }
  return info;
}

Outcome Fields(const MethodCall& call) {
  Json fields = Json::object();
  for (const FieldSpec& field : ContactFields()) {
    fields[field.name] = StandardFieldInfo(call.portal, field);
  }
  for (const auto& [id, field] : call.portal.userfields.all()) {
    Json info = {{"type", field.type},           {"isRequired", field.mandatory},
                 {"isReadOnly", false},          {"isImmutable", false},
                 {"isMultiple", field.multiple}, {"isDynamic", true},
                 {"title", field.name},          {"listLabel", field.label},
                 {"formLabel", field.label},     {"filterLabel", field.label},
                 {"settings", field.settings}};
    if (field.type == "enumeration") {
      info["items"] = Json::array();
      for (const UserfieldItem& item : field.items) {
        info["items"].push_back(
            {{"ID", std::to_string(item.id)}, {"VALUE", item.value}});
      }
    }
    fields[field.name] = std::move(info);
  }
  return MethodResult{fields};
}

}  // namespace

void AddContactMethods(MethodTable* table) {
  (*table)["crm.contact.add"] = {.scope = "crm", .run = Add};
  (*table)["crm.contact.update"] = {.scope = "crm", .run = Update};
  (*table)["crm.contact.get"] = {.scope = "crm", .run = Get};
  (*table)["crm.contact.list"] = {.scope = "crm", .run = List};
  (*table)["crm.contact.delete"] = {.scope = "crm", .run = Delete};
  (*table)["crm.contact.fields"] = {.scope = "crm", .run = Fields};
}

}  // namespace guestbridge::testing::bitrix24
