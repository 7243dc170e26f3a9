// crm.item.add, get, list, update, delete, fields for contacts. Source: facts 5.3-5.5.
#include <algorithm>
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

// The contact that the call names, or the error. `right`: to do so with contacts at
// all.
std::variant<const Contact*, RestError> FindItem(const MethodCall& call, bool right) {
  if (auto error = CheckContactType(call)) return *error;
  const Json* id = Find(call.params, "id");
  if (id == nullptr || id->is_null()) return MissingParam("id");
  const Contact* contact = call.portal.contacts.Find(ToInt(*id));
  const std::string& language = call.portal.settings.language;
  // Unlike the legacy methods, existence is looked at before rights.
  if (contact == nullptr) {
    return RestError{.code = "NOT_FOUND",
                     .description = PortalText(language, TextId::kItemNotFound)};
  }
  if (!right || !MayRead(call.caller, *contact)) return ItemAccessDenied(call);
  return contact;
}

// A parameter that has to be an array; an empty map when absent and not required.
std::variant<Json, RestError> ArrayParam(const Json& params, const std::string& name,
                                         bool required) {
  const Json* value = Find(params, name);
  if (value == nullptr || value->is_null()) {
    if (required) return MissingParam(name);
    return Json::object();
  }
  if (IsArray(*value)) return *value;
  if (!required && *value == Json("")) return Json::object();
  return RestError{
      .code = "100",
      .description = "Expected iterable value for multiple field, but got " +
                     std::string(value->type_name()) + " instead"};
}

Json WholeItem(const MethodCall& call, int64_t id) {
  const Selection all{.standard = true, .userfields = true, .multifields = true};
  return {{"item", ItemContact(call.portal, *call.portal.contacts.Find(id), all,
                               UsesOriginalNames(call.params))}};
}

Outcome Add(const MethodCall& call) {
  if (auto error = CheckContactType(call)) return *error;
  const auto fields = ArrayParam(call.params, "fields", /*required=*/true);
  if (auto* error = std::get_if<RestError>(&fields)) return *error;
  if (!call.caller.may_add) return ItemAccessDenied(call);
  auto id =
      AddContact(call.portal, call.caller,
                 DecodeItemFields(call.portal, std::get<Json>(fields),
                                  {.original_names = UsesOriginalNames(call.params)}),
                 {.connector = Connector(call.params)}, call.effects);
  if (auto* error = std::get_if<RestError>(&id)) return ItemFieldError(*error);
  return MethodResult{WholeItem(call, std::get<int64_t>(id))};
}

Outcome Update(const MethodCall& call) {
  const auto contact = FindItem(call, call.caller.may_update);
  if (auto* error = std::get_if<RestError>(&contact)) return *error;
  const auto fields = ArrayParam(call.params, "fields", /*required=*/true);
  if (auto* error = std::get_if<RestError>(&fields)) return *error;
  const int64_t id = std::get<const Contact*>(contact)->id;
  if (auto error = UpdateContact(
          call.portal, call.caller, id,
          DecodeItemFields(call.portal, std::get<Json>(fields),
                           {.original_names = UsesOriginalNames(call.params)}),
          {.connector = Connector(call.params)}, call.effects)) {
    return ItemFieldError(*error);
  }
  return MethodResult{WholeItem(call, id)};
}

Outcome Get(const MethodCall& call) {
  const auto contact = FindItem(call, /*right=*/true);
  if (auto* error = std::get_if<RestError>(&contact)) return *error;
  return MethodResult{WholeItem(call, std::get<const Contact*>(contact)->id)};
}

Outcome Delete(const MethodCall& call) {
  const auto contact = FindItem(call, call.caller.may_delete);
  if (auto* error = std::get_if<RestError>(&contact)) return *error;
  DeleteContact(call.portal, std::get<const Contact*>(contact)->id,
                {.connector = Connector(call.params)}, call.effects);
  return MethodResult{Json::array()};
}

Selection DecodeSelect(const Portal& portal, const Json& select, bool original) {
  Selection selection;
  bool any = false;
  ForEach(select, [&](const std::string&, const Json& item) {
    const std::string name = ToText(item);
    if (name == "*") {
      selection.standard = true;
      selection.userfields = true;
      selection.multifields = true;
    } else if (name == "UF_*") {
      selection.userfields = true;
    } else if (const FieldSpec* field = FindItemField(name)) {
      selection.names.push_back(field->name);
    } else if (const Userfield* user =
                   portal.userfields.FindByItemName(name, original)) {
      selection.names.push_back(user->name);
    } else {
      return;
    }
    any = true;
  });
  selection.names.push_back("ID");
  if (!any) selection.standard = selection.userfields = selection.multifields = true;
  return selection;
}

Outcome List(const MethodCall& call) {
  if (auto error = CheckContactType(call)) return *error;
  const auto filter_param = ArrayParam(call.params, "filter", /*required=*/false);
  if (auto* error = std::get_if<RestError>(&filter_param)) return *error;
  const auto order_param = ArrayParam(call.params, "order", /*required=*/false);
  if (auto* error = std::get_if<RestError>(&order_param)) return *error;
  const auto select = ArrayParam(call.params, "select", /*required=*/false);
  if (auto* error = std::get_if<RestError>(&select)) return *error;
  auto filter = DecodeItemFilter(call.portal, std::get<Json>(filter_param),
                                 UsesOriginalNames(call.params));
  if (auto* error = std::get_if<RestError>(&filter)) return *error;
  auto order = DecodeItemOrder(call.portal, std::get<Json>(order_param),
                               UsesOriginalNames(call.params));
  if (auto* error = std::get_if<RestError>(&order)) return *error;
  const Json* start_param = Find(call.params, "start");
  const int64_t start = start_param == nullptr ? 0 : ToInt(*start_param);
  const std::vector<const Contact*> found =
      SelectContacts(call.portal, call.caller, std::get<std::vector<Condition>>(filter),
                     std::get<Ordering>(order), start < 0 ? kPage : 0);
  const auto total = static_cast<int64_t>(found.size());
  const int64_t first = start < 0 ? 0 : start / kPage * kPage;
  const int64_t end = std::min(total, first + kPage);
  const Selection selection =
      DecodeSelect(call.portal, std::get<Json>(select), UsesOriginalNames(call.params));
  Json items = Json::array();
  for (int64_t i = first; i < end; ++i) {
    items.push_back(ItemContact(call.portal, *found[static_cast<size_t>(i)], selection,
                                UsesOriginalNames(call.params)));
  }
  MethodResult result{.result = {{"items", std::move(items)}}};
  if (start >= 0) {
    result.total = total;
    if (end < total) result.next = end;
  }
  return result;
}

Outcome Fields(const MethodCall& call) {
  if (auto error = CheckContactType(call)) return *error;
  Json fields = Json::object();
  const auto add = [&](const std::string& name, const std::string& upper,
                       const std::string& type, const std::string& title,
                       bool read_only, bool multiple, bool dynamic) {
    fields[name] = {
        {"type", type},         {"isRequired", false},    {"isReadOnly", read_only},
        {"isImmutable", false}, {"isMultiple", multiple}, {"isDynamic", dynamic},
        {"title", title},       {"upperName", upper}};
  };
  for (const FieldSpec& field : ContactFields()) {
    if (field.item[0] == '\0') continue;
    add(field.item, field.name, KindName(field.kind),
        FieldTitle(field, call.portal.settings.language), field.read_only,
        /*multiple=*/false, /*dynamic=*/false);
    if (field.kind == FieldKind::kStatus)
      fields[field.item]["statusType"] = field.status;
  }
  add("fm", "FM", "crm_multifield",
      call.portal.settings.language == "ru" ? "Множественные поля" : "Multifields",
      /*read_only=*/false, /*multiple=*/true, /*dynamic=*/false);
  for (const auto& [id, field] : call.portal.userfields.all()) {
    const std::string name =
        UsesOriginalNames(call.params) ? field.name : ItemUserfieldName(field.name);
    add(name, field.name, field.type, field.label, /*read_only=*/false, field.multiple,
        /*dynamic=*/true);
  }
  return MethodResult{{{"fields", fields}}};
}

}  // namespace

void AddItemMethods(MethodTable* table) {
  (*table)["crm.item.add"] = {.scope = "crm", .run = Add};
  (*table)["crm.item.update"] = {.scope = "crm", .run = Update};
  (*table)["crm.item.get"] = {.scope = "crm", .run = Get};
  (*table)["crm.item.list"] = {.scope = "crm", .run = List};
  (*table)["crm.item.delete"] = {.scope = "crm", .run = Delete};
  (*table)["crm.item.fields"] = {.scope = "crm", .run = Fields};
}

}  // namespace guestbridge::testing::bitrix24
