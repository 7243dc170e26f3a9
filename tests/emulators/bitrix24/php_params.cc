#include "tests/emulators/bitrix24/php_params.h"

#include <cstdlib>
#include <utility>
#include <vector>

namespace guestbridge::testing::bitrix24 {
namespace {

constexpr size_t kMaxNesting = 64;  // PHP's max_input_nesting_level

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// The key that `[]` stands for: one above the largest integer key.
std::string NextIndex(const Json& map) {
  int64_t next = 0;
  for (auto it = map.begin(); it != map.end(); ++it) {
    const int64_t index = std::strtoll(it.key().c_str(), nullptr, 10);
    if (std::to_string(index) == it.key() && index >= next) next = index + 1;
  }
  return std::to_string(next);
}

// "a.b[c][]" -> {"a_b", "c", ""}.
std::vector<std::string> SplitKey(const std::string& key) {
  const size_t start = key.find_first_not_of(' ');
  if (start == std::string::npos) return {};
  const size_t bracket = key.find('[', start);
  const bool nested = bracket != std::string::npos && bracket > start &&
                      key.find(']', bracket) != std::string::npos;
  std::string top = key.substr(start, nested ? bracket - start : std::string::npos);
  for (char& c : top) {
    if (c == '.' || c == ' ' || c == '[') c = '_';
  }
  std::vector<std::string> path = {std::move(top)};
  size_t at = nested ? bracket : std::string::npos;
  while (at != std::string::npos && at < key.size() && key[at] == '[') {
    const size_t close = key.find(']', at);
    if (close == std::string::npos || path.size() >= kMaxNesting) break;
    path.push_back(key.substr(at + 1, close - at - 1));
    at = close + 1;
  }
  return path;
}

}  // namespace

std::string UrlDecode(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '+') {
      out += ' ';
    } else if (text[i] == '%' && i + 2 < text.size() && HexDigit(text[i + 1]) >= 0 &&
               HexDigit(text[i + 2]) >= 0) {
      out += static_cast<char>(HexDigit(text[i + 1]) * 16 + HexDigit(text[i + 2]));
      i += 2;
    } else {
      out += text[i];
    }
  }
  return out;
}

void AssignParam(const std::string& key, Json value, Json* params) {
  const std::vector<std::string> path = SplitKey(key);
  if (path.empty()) return;
  Json* node = params;
  for (size_t i = 0; i < path.size(); ++i) {
    if (!node->is_object()) *node = Json::object();
    const std::string name = path[i].empty() && i > 0 ? NextIndex(*node) : path[i];
    node = &(*node)[name];
  }
  *node = std::move(value);
}

Json ParseQuery(std::string_view query) {
  Json params = Json::object();
  size_t at = 0;
  while (at < query.size()) {
    size_t end = query.find('&', at);
    if (end == std::string_view::npos) end = query.size();
    const std::string_view pair = query.substr(at, end - at);
    at = end + 1;
    if (pair.empty()) continue;
    const size_t equals = pair.find('=');
    const std::string value =
        equals == std::string_view::npos ? "" : UrlDecode(pair.substr(equals + 1));
    AssignParam(UrlDecode(pair.substr(0, equals)), value, &params);
  }
  return params;
}

Json ParseBody(std::string_view content_type, std::string_view body) {
  if (ToLower(content_type).find("json") == std::string::npos) return ParseQuery(body);
  Json parsed = Json::parse(body, nullptr, /*allow_exceptions=*/false);
  if (!parsed.is_object() && !parsed.is_array()) return Json::object();
  return parsed;
}

Json MergeParams(Json query, const Json& body) {
  ForEach(body, [&](const std::string& key, const Json& value) { query[key] = value; });
  return query;
}

}  // namespace guestbridge::testing::bitrix24
