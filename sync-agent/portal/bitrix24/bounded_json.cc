#include "sync-agent/portal/bitrix24/bounded_json.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace guestbridge::agent {
namespace {

// The parser itself keeps its own stack, but copying and destroying a value recurses.
// Counts the members of all objects on the way.
bool TooDeep(absl::string_view text, size_t* members) {
  int depth = 0;
  bool in_string = false;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (in_string) {
      if (c == '\\') {
        ++i;
      } else if (c == '"') {
        in_string = false;
      }
    } else if (c == '"') {
      in_string = true;
    } else if (c == '[' || c == '{') {
      if (++depth > kMaxAnswerDepth) return true;
    } else if (c == ']' || c == '}') {
      --depth;
    } else if (c == ':') {
      ++*members;
    }
  }
  return false;
}

size_t CountMembers(const Json& json) {
  size_t count = json.is_object() ? json.size() : 0;
  if (json.is_structured()) {
    for (const Json& element : json) count += CountMembers(element);
  }
  return count;
}

// Of what is long: the texts and their marks.
size_t LeastLength(const Json& json) {
  if (json.is_string()) return json.get_ref<const std::string&>().size() + 3;
  size_t length = 2;
  if (json.is_structured()) {
    for (const auto& [name, inner] : json.items()) {
      length += name.size() + 3 + LeastLength(inner);
    }
  }
  return length;
}

// Stands in JSON as it is.
bool IsPlain(absl::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) {
    return c >= ' ' && c <= '~' && c != '"' && c != '\\';
  });
}

void AppendText(const std::string& text, std::string* out) {
  if (IsPlain(text)) {
    out->push_back('"');
    out->append(text);
    out->push_back('"');
  } else {
    out->append(Json(text).dump(-1, ' ', false, Json::error_handler_t::replace));
  }
}

// As the library writes it. The commands of a batch are some hundred kilobytes of plain
// text, of which the library would look up each character in its tables.
void AppendJson(const Json& json, std::string* out) {
  if (json.is_string()) {
    AppendText(json.get_ref<const std::string&>(), out);
  } else if (json.is_structured()) {
    out->push_back(json.is_object() ? '{' : '[');
    bool first = true;
    for (const auto& [name, inner] : json.items()) {
      if (!std::exchange(first, false)) out->push_back(',');
      if (json.is_object()) {
        AppendText(name, out);
        out->push_back(':');
      }
      AppendJson(inner, out);
    }
    out->push_back(json.is_object() ? '}' : ']');
  } else {
    out->append(json.dump());
  }
}

bool IsDigits(const std::string& text) {
  if (text.empty()) return false;
  for (const char c : text) {
    if (!absl::ascii_isdigit(static_cast<unsigned char>(c))) return false;
  }
  return true;
}

}  // namespace

std::optional<Json> ParseBoundedJson(absl::string_view text) {
  size_t members = 0;
  if (text.size() > kMaxAnswerBytes || TooDeep(text, &members)) return std::nullopt;
  Json json = Json::parse(text.data(), text.data() + text.size(), nullptr,
                          /*allow_exceptions=*/false);
  // A key that stands twice has lost one of its values: whose is the other?
  if (json.is_discarded() || CountMembers(json) != members) return std::nullopt;
  return json;
}

std::string DumpJson(const Json& json) {
  std::string text;
  text.reserve(LeastLength(json));
  AppendJson(json, &text);
  return text;
}

const Json* FindMember(const Json& json, const std::string& key) {
  if (!json.is_object()) return nullptr;
  const auto it = json.find(key);
  return it == json.end() ? nullptr : &*it;
}

std::optional<double> NumberOf(const Json* json) {
  if (json == nullptr) return std::nullopt;
  double number = 0;
  if (json->is_number()) {
    number = json->get<double>();
  } else if (!json->is_string() ||
             !absl::SimpleAtod(json->get_ref<const std::string&>(), &number)) {
    return std::nullopt;
  }
  if (!std::isfinite(number)) return std::nullopt;
  return number;
}

int64_t PositiveIdOf(const Json* json) {
  if (json == nullptr) return 0;
  if (json->is_number_unsigned()) {
    const auto value = json->get<uint64_t>();
    return value <= static_cast<uint64_t>(std::numeric_limits<int64_t>::max())
               ? static_cast<int64_t>(value)
               : 0;
  }
  if (!json->is_string()) return 0;
  const auto& text = json->get_ref<const std::string&>();
  int64_t value = 0;
  if (!IsDigits(text) || !absl::SimpleAtoi(text, &value) || value <= 0) return 0;
  return value;
}

std::optional<std::string> TextOf(const Json* json) {
  if (json == nullptr) return std::nullopt;
  switch (json->type()) {
    case Json::value_t::null:
      return "";
    case Json::value_t::string:
      return json->get<std::string>();
    case Json::value_t::boolean:
      return json->get<bool>() ? "Y" : "N";
    case Json::value_t::number_integer:
    case Json::value_t::number_unsigned:
    case Json::value_t::number_float:
      return DumpJson(*json);
    default:
      return std::nullopt;
  }
}

}  // namespace guestbridge::agent
