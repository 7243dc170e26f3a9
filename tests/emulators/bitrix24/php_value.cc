#include "tests/emulators/bitrix24/php_value.h"

#include <cstdlib>
#include <utility>

namespace guestbridge::testing::bitrix24 {
namespace {

// PHP keeps a map and a list in one type and looks at the keys when it encodes.
Json Shape(const Json& value) {
  if (value.is_array()) {
    Json out = Json::array();
    for (const Json& item : value) out.push_back(Shape(item));
    return out;
  }
  if (!value.is_object()) return value;
  bool list = true;
  size_t expected = 0;
  for (auto it = value.begin(); it != value.end(); ++it) {
    if (it.key() != std::to_string(expected++)) {
      list = false;
      break;
    }
  }
  Json out = list ? Json::array() : Json::object();
  for (auto it = value.begin(); it != value.end(); ++it) {
    if (list) {
      out.push_back(Shape(it.value()));
    } else {
      out[it.key()] = Shape(it.value());
    }
  }
  return out;
}

}  // namespace

bool IsArray(const Json& value) { return value.is_array() || value.is_object(); }

std::string ToText(const Json& value) {
  switch (value.type()) {
    case Json::value_t::string:
      return value.get<std::string>();
    case Json::value_t::boolean:
      return value.get<bool>() ? "1" : "";
    case Json::value_t::number_integer:
    case Json::value_t::number_unsigned:
    case Json::value_t::number_float:
      return value.dump();
    case Json::value_t::array:
    case Json::value_t::object:
      return "Array";
    default:
      return "";
  }
}

bool ToBool(const Json& value) {
  if (IsArray(value)) return !value.empty();
  if (value.is_number()) return value.get<double>() != 0;
  const std::string text = ToText(value);
  return !text.empty() && text != "0";
}

int64_t ToInt(const Json& value) {
  if (IsArray(value)) return value.empty() ? 0 : 1;
  if (value.is_number_float()) return static_cast<int64_t>(value.get<double>());
  return std::strtoll(ToText(value).c_str(), nullptr, 10);
}

const Json* Find(const Json& array, std::string_view key) {
  if (array.is_object()) {
    const auto it = array.find(std::string(key));
    return it == array.end() ? nullptr : &it.value();
  }
  if (array.is_array() && !key.empty() && key.size() < 10 &&
      key.find_first_not_of("0123456789") == std::string_view::npos) {
    const size_t index = std::strtoul(std::string(key).c_str(), nullptr, 10);
    if (std::to_string(index) == key && index < array.size()) return &array[index];
  }
  return nullptr;
}

const Json* FindIgnoringCase(const Json& array, std::string_view key) {
  if (!array.is_object()) return Find(array, key);
  const std::string wanted = ToLower(key);
  const Json* found = nullptr;
  for (auto it = array.begin(); it != array.end(); ++it) {
    if (ToLower(it.key()) == wanted) found = &it.value();
  }
  return found;
}

std::string Encode(const Json& value) {
  try {
    return Shape(value).dump(-1, ' ', /*ensure_ascii=*/true);
  } catch (const Json::exception&) {
    return R"({"error":"WRONG_ENCODING","error_description":"Wrong request encoding"})";
  }
}

std::string ToLower(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

std::string ToUpper(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  }
  return out;
}

std::string Trim(std::string_view text) {
  constexpr std::string_view kBlank(" \t\n\r\0\x0B", 6);
  const size_t first = text.find_first_not_of(kBlank);
  if (first == std::string_view::npos) return "";
  return std::string(text.substr(first, text.find_last_not_of(kBlank) - first + 1));
}

}  // namespace guestbridge::testing::bitrix24
