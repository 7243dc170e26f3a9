// A JSON body against the properties of a set.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "tests/emulators/onec/writes.h"

namespace guestbridge::testing::onec {
namespace {

using nlohmann::json;

Fault BadValue(const Property& p) {
  return {400, "1", "Ошибка при разборе значения свойства " + p.name,
          "Error parsing the value of property " + p.name};
}

Fault Exception(const std::string& text) { return {500, "-1", text, ""}; }

std::int64_t Limit(const Property& p, std::int64_t value) {
  std::int64_t most = p.type == Type::kInt16   ? INT16_MAX
                      : p.type == Type::kInt32 ? INT32_MAX
                                               : INT64_MAX;
  if (p.digits > 0) {
    std::int64_t by_digits = 1;
    for (int i = 0; i < p.digits; ++i) by_digits *= 10;
    most = std::min(most, by_digits - 1);
  }
  return std::clamp(value, -most, most);
}

// Text that is no number leaves the attribute as it was.
std::optional<std::int64_t> ReadWhole(const json& value) {
  if (value.is_number()) {
    const double number = value.get<double>();
    if (value.is_number_integer()) return value.get<std::int64_t>();
    return std::abs(number) < 9e18 ? std::optional(static_cast<std::int64_t>(number))
                                   : std::nullopt;
  }
  if (!value.is_string()) return std::nullopt;
  const auto& text = value.get_ref<const std::string&>();
  char* end = nullptr;
  const std::int64_t number = std::strtoll(text.c_str(), &end, 10);
  if (text.empty() || *end != '\0') return std::nullopt;
  return number;
}

Result<Value> ReadString(const Property& p, const json& value) {
  if (value.is_array() || value.is_object()) {
    return Exception("Ошибка преобразования данных: свойство " + p.name);
  }
  if (!value.is_string()) return BadValue(p);
  std::string text = value.get<std::string>();
  if (!p.enum_name.empty()) {
    const auto enums = HotelEnums();
    const auto& names = enums.at(p.enum_name);
    const bool known =
        text.empty() || std::find(names.begin(), names.end(), text) != names.end();
    if (!known) return BadValue(p);
    return Value(text);
  }
  if (p.length > 0) text = CutToLength(text, p.length);
  if (p.fixed_length) {
    const int missing = p.length - LengthInUnits(text);
    text.append(static_cast<std::size_t>(std::max(0, missing)), ' ');
  }
  return Value(text);
}

Result<Value> ReadValue(const Property& p, const json& value, const Value& old) {
  if (value.is_null()) return EmptyValue(p.type);
  switch (p.type) {
    case Type::kString:
      return ReadString(p, value);
    case Type::kBool:
      if (value.is_boolean()) return Value(value.get<bool>());
      if (value == "true" || value == "false") return Value(value == "true");
      return BadValue(p);
    case Type::kGuid: {
      if (!value.is_string()) return BadValue(p);
      const auto& text = value.get_ref<const std::string&>();
      if (p.composite_value && text.empty()) return Value(Guid{});
      const auto guid = Guid::Parse(text);
      if (!guid) return BadValue(p);
      return Value(*guid);
    }
    case Type::kDateTime: {
      if (!value.is_string()) return BadValue(p);
      const auto time = DateTime::Parse(value.get_ref<const std::string&>(), false);
      if (!time) return BadValue(p);
      return Value(*time);
    }
    case Type::kDouble: {
      if (value.is_number()) return Value(value.get<double>());
      if (!value.is_string()) return BadValue(p);
      return Value(std::strtod(value.get_ref<const std::string&>().c_str(), nullptr));
    }
    case Type::kInt16:
    case Type::kInt32:
    case Type::kInt64: {
      const auto number = ReadWhole(value);
      return number ? Value(Limit(p, *number)) : old;
    }
  }
  return old;
}

Result<std::vector<SectionRow>> ReadSection(const Section& section, const json& rows,
                                            const Value& owner) {
  if (!rows.is_array()) return Exception("Ошибка преобразования данных XDTO");
  std::vector<SectionRow> out;
  for (const json& row : rows) {
    if (!row.is_object() || !row.contains("LineNumber")) {
      return Exception("Не указан номер строки табличной части " + section.name);
    }
    SectionRow values;
    for (const Property& column : section.columns) {
      Value value = EmptyValue(column.type);
      if (row.contains(column.name)) {
        auto read = ReadValue(column, row[column.name], value);
        if (!read.ok()) return read.fault();
        value = *read;
      }
      values.push_back(std::move(value));
    }
    values[0] = owner;
    const auto expected = static_cast<std::int64_t>(out.size()) + 1;
    if (std::get<std::int64_t>(values[1]) != expected) {
      return Fault{400, "4", "Неверный номер строки табличной части " + section.name,
                   "Bad line number in " + section.name};
    }
    out.push_back(std::move(values));
  }
  return out;
}

// "Citizenship@odata.bind": "Catalog_Countries(guid'...')"
std::optional<json> BoundGuid(const json& body, const Property& p) {
  const std::string navigation = p.Navigation();
  if (navigation.empty()) return std::nullopt;
  const auto it = body.find(navigation + "@odata.bind");
  if (it == body.end() || !it->is_string()) return std::nullopt;
  const auto& link = it->get_ref<const std::string&>();
  const std::size_t at = link.find("guid'");
  return json(at == std::string::npos ? link : link.substr(at + 5, 36));
}

}  // namespace

Result<std::set<std::string>> ApplyBody(const EntityDef& def, const json& body,
                                        BodyRule rule, Record& record) {
  if (!body.is_object()) return Exception("Ошибка разбора JSON");
  std::set<std::string> named;
  for (std::size_t i = 0; i < def.properties.size(); ++i) {
    const Property& p = def.properties[i];
    if (p.read_only || p.type_of >= 0) continue;
    std::optional<json> value = BoundGuid(body, p);
    if (body.contains(p.name)) value = body[p.name];
    if (!value) {
      if (rule == BodyRule::kPut && !p.value_storage) {
        return Fault{400, "5", "Не задано значение свойства " + p.name,
                     "No value for property " + p.name};
      }
      continue;
    }
    auto read = ReadValue(p, *value, record.values[i]);
    if (!read.ok()) return read.fault();
    record.values[i] = std::move(*read);
    named.insert(p.id);
  }
  for (std::size_t i = 0; i < def.sections.size(); ++i) {
    const Section& section = def.sections[i];
    if (!body.contains(section.name)) continue;
    auto rows = ReadSection(section, body[section.name], record.values[0]);
    if (!rows.ok()) return rows.fault();
    record.sections[i] = std::move(*rows);
    named.insert(section.name);
  }
  return named;
}

}  // namespace guestbridge::testing::onec
