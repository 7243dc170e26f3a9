#include "tests/emulators/bitrix24/contact_view.h"

#include <algorithm>
#include <cstdlib>
#include <utility>

#include "absl/time/time.h"
#include "tests/emulators/bitrix24/portal_time.h"

namespace guestbridge::testing::bitrix24 {
namespace {

const char* const kMultifieldTypes[] = {"PHONE", "EMAIL", "WEB", "IM", "LINK"};

bool Selects(const Selection& selection, const std::string& name) {
  return std::find(selection.names.begin(), selection.names.end(), name) !=
         selection.names.end();
}

bool SelectsStandard(const Selection& selection, const FieldSpec& field) {
  if (field.kind == FieldKind::kMultifield) return false;
  return selection.standard || Selects(selection, field.name);
}

std::string DateOutput(const Portal& portal, const std::string& stored) {
  const auto day = DayFromText(stored);
  if (!day.has_value()) return "";
  return PrintDate(*day, portal.clock.Now(), portal.settings.zone);
}

std::string TimeOutput(const Portal& portal, const std::string& stored) {
  if (stored.empty()) return "";
  return PrintTime(absl::FromUnixSeconds(ToInt(stored)), portal.settings.zone);
}

Json LegacyValue(const Portal& portal, const Contact& contact, const FieldSpec& field) {
  const std::string name = field.name;
  if (name == "ID") return std::to_string(contact.id);
  const auto it = contact.fields.find(name);
  const std::string stored = it == contact.fields.end() ? "" : ToText(it->second);
  if (field.kind == FieldKind::kDate) return DateOutput(portal, stored);
  if (field.kind == FieldKind::kDateTime) return TimeOutput(portal, stored);
  if (it == contact.fields.end()) return nullptr;
  return stored;
}

Json UserfieldScalar(const Portal& portal, const Userfield& field,
                     const std::string& stored, bool item) {
  if (field.type == "date") return DateOutput(portal, stored);
  if (field.type == "datetime") return TimeOutput(portal, stored);
  if (!item) return stored;
  if (field.type == "boolean") return stored == "1" ? "Y" : "N";
  if (field.type == "integer" || field.type == "enumeration" ||
      field.type == "employee") {
    return ToInt(stored);
  }
  if (field.type == "double") return std::strtod(stored.c_str(), nullptr);
  return stored;
}

Json UserfieldValue(const Portal& portal, const Contact& contact,
                    const Userfield& field, bool item) {
  const auto it = contact.fields.find(field.name);
  if (it == contact.fields.end()) {
    return field.multiple ? Json(Json::array()) : Json(nullptr);
  }
  if (!IsArray(it->second)) {
    return UserfieldScalar(portal, field, ToText(it->second), item);
  }
  Json list = Json::array();
  ForEach(it->second, [&](const std::string&, const Json& value) {
    list.push_back(UserfieldScalar(portal, field, ToText(value), item));
  });
  return list;
}

Json ItemValue(const Portal& portal, const Contact& contact, const FieldSpec& field) {
  const std::string name = field.name;
  if (name == "ID") return contact.id;
  const std::string stored = FieldText(contact, name);
  switch (field.kind) {
    case FieldKind::kInteger:
    case FieldKind::kUser:
    case FieldKind::kCompany:
    case FieldKind::kLead:
      return stored.empty() ? Json(nullptr) : Json(ToInt(stored));
    case FieldKind::kDate:
      return stored.empty() ? Json(nullptr) : Json(DateOutput(portal, stored));
    case FieldKind::kDateTime:
      return stored.empty() ? Json(nullptr) : Json(TimeOutput(portal, stored));
    default:
      return stored.empty() ? Json(nullptr) : Json(stored);
  }
}

// phoneMobile, emailHome …: the first value of that kind, or null.
void AddAliases(const Contact& contact, Json* out) {
  static constexpr std::pair<const char*, const char*> kTypes[] = {
      {"WORK", "Work"},   {"MOBILE", "Mobile"},   {"HOME", "Home"},  {"FAX", "Fax"},
      {"PAGER", "Pager"}, {"MAILING", "Mailing"}, {"OTHER", "Other"}};
  const auto first = [&](const std::string& type, const std::string& value_type) {
    for (const Multifield& row : contact.multifields) {
      if (row.type_id == type && (value_type.empty() || row.value_type == value_type)) {
        return Json(row.value);
      }
    }
    return Json(nullptr);
  };
  (*out)["phone"] = first("PHONE", "");
  for (const auto& [type, suffix] : kTypes) {
    (*out)[std::string("phone") + suffix] = first("PHONE", type);
  }
  (*out)["email"] = first("EMAIL", "");
  for (const auto& [type, suffix] : kTypes) {
    const std::string_view name = suffix;
    if (name == "Mobile" || name == "Fax" || name == "Pager") continue;
    (*out)[std::string("email") + suffix] = first("EMAIL", type);
  }
}

}  // namespace

Json LegacyContact(const Portal& portal, const Contact& contact,
                   const Selection& selection) {
  Json out = Json::object();
  for (const FieldSpec& field : ContactFields()) {
    if (!SelectsStandard(selection, field)) continue;
    out[field.name] = LegacyValue(portal, contact, field);
  }
  for (const auto& [id, field] : portal.userfields.all()) {
    if (!selection.userfields && !Selects(selection, field.name)) continue;
    out[field.name] = UserfieldValue(portal, contact, field, /*item=*/false);
  }
  for (const char* type : kMultifieldTypes) {
    if (!selection.multifields && !Selects(selection, type)) continue;
    Json rows = Json::array();
    for (const Multifield& row : contact.multifields) {
      if (row.type_id != type) continue;
      rows.push_back({{"ID", std::to_string(row.id)},
                      {"VALUE_TYPE", row.value_type},
                      {"VALUE", row.value},
                      {"TYPE_ID", row.type_id}});
    }
    if (!rows.empty()) out[type] = std::move(rows);
  }
  return out;
}

Json ItemContact(const Portal& portal, const Contact& contact,
                 const Selection& selection, bool original_userfield_names) {
  Json out = Json::object();
  for (const FieldSpec& field : ContactFields()) {
    if (field.item[0] == '\0' || !SelectsStandard(selection, field)) continue;
    out[field.item] = ItemValue(portal, contact, field);
  }
  for (const auto& [id, field] : portal.userfields.all()) {
    if (!selection.userfields && !Selects(selection, field.name)) continue;
    const std::string name =
        original_userfield_names ? field.name : ItemUserfieldName(field.name);
    out[name] = UserfieldValue(portal, contact, field, /*item=*/true);
  }
  out["entityTypeId"] = 3;
  if (!selection.multifields) return out;
  Json rows = Json::array();
  for (const Multifield& row : contact.multifields) {
    rows.push_back({{"id", row.id},
                    {"typeId", row.type_id},
                    {"valueType", row.value_type},
                    {"value", row.value}});
  }
  out["fm"] = std::move(rows);
  AddAliases(contact, &out);
  return out;
}

Json StoredContact(const Contact& contact) {
  Json rows = Json::array();
  for (const Multifield& row : contact.multifields) {
    rows.push_back({{"id", row.id},
                    {"type_id", row.type_id},
                    {"value_type", row.value_type},
                    {"value", row.value}});
  }
  Json fields = Json::object();
  for (const auto& [name, value] : contact.fields) fields[name] = value;
  return {{"id", contact.id}, {"fields", fields}, {"multifields", rows}};
}

}  // namespace guestbridge::testing::bitrix24
