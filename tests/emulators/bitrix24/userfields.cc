#include "tests/emulators/bitrix24/userfields.h"

#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "tests/emulators/bitrix24/portal_time.h"

namespace guestbridge::testing::bitrix24 {
namespace {

Json StoredScalar(const Userfield& field, const Json& value, absl::TimeZone zone) {
  const std::string text = ToText(value);
  if (text.empty() && !value.is_boolean()) return nullptr;
  if (field.type == "boolean") {
    return ToBool(value) && text != "N" && text != "n" ? "1" : "0";
  }
  if (field.type == "integer" || field.type == "employee") {
    return std::to_string(ToInt(value));
  }
  if (field.type == "date") {
    const auto day = ParseDateText(text, zone);
    return day.has_value() ? Json(DayText(*day)) : Json(nullptr);
  }
  if (field.type == "datetime") {
    const auto time = ParseTimeText(text, zone);
    return time.has_value() ? Json(absl::StrCat(absl::ToUnixSeconds(*time)))
                            : Json(nullptr);
  }
  if (field.type == "enumeration") {
    for (const UserfieldItem& item : field.items) {
      if (std::to_string(item.id) == text) return text;
    }
    return nullptr;
  }
  return text;
}

}  // namespace

void UserfieldStore::GiveItemIds(Userfield* field) {
  for (UserfieldItem& item : field->items) {
    if (item.id == 0) item.id = next_item_++;
  }
}

int64_t UserfieldStore::Add(Userfield field) {
  field.id = next_field_++;
  GiveItemIds(&field);
  const int64_t id = field.id;
  fields_[id] = std::move(field);
  return id;
}

const Userfield* UserfieldStore::Find(int64_t id) const {
  const auto it = fields_.find(id);
  return it == fields_.end() ? nullptr : &it->second;
}

const Userfield* UserfieldStore::FindByName(std::string_view name) const {
  for (const auto& [id, field] : fields_) {
    if (field.name == name) return &field;
  }
  return nullptr;
}

const Userfield* UserfieldStore::FindByItemName(std::string_view name,
                                                bool original) const {
  for (const auto& [id, field] : fields_) {
    const std::string snake = "ufCrm_" + field.name.substr(7);
    if ((original && field.name == name) || ItemUserfieldName(field.name) == name ||
        snake == name) {
      return &field;
    }
  }
  return nullptr;
}

void UserfieldStore::Replace(Userfield field) {
  GiveItemIds(&field);
  const int64_t id = field.id;
  fields_[id] = std::move(field);
}

bool UserfieldStore::Delete(int64_t id) { return fields_.erase(id) > 0; }

FieldKind UserfieldKind(const Userfield& field) {
  if (field.type == "integer" || field.type == "double" || field.type == "boolean" ||
      field.type == "employee" || field.type == "enumeration") {
    return FieldKind::kInteger;
  }
  if (field.type == "date") return FieldKind::kDate;
  if (field.type == "datetime") return FieldKind::kDateTime;
  return FieldKind::kText;
}

Json StoredUserfieldValue(const Userfield& field, const Json& value,
                          absl::TimeZone zone) {
  if (!field.multiple) {
    if (!IsArray(value)) return StoredScalar(field, value, zone);
    const Json* first = Find(value, "0");
    return first == nullptr ? Json(nullptr) : StoredScalar(field, *first, zone);
  }
  Json out = Json::array();
  const auto add = [&](const Json& item) {
    Json stored = StoredScalar(field, item, zone);
    if (!stored.is_null()) out.push_back(std::move(stored));
  };
  if (IsArray(value)) {
    ForEach(value, [&](const std::string&, const Json& item) { add(item); });
  } else if (ToBool(value)) {
    add(value);
  }
  return out.empty() ? Json(nullptr) : out;
}

}  // namespace guestbridge::testing::bitrix24
