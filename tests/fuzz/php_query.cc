#include "tests/fuzz/php_query.h"

#include "absl/strings/str_split.h"

namespace guestbridge::fuzz {
namespace {

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::string UrlDecode(absl::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size() && HexDigit(text[i + 1]) >= 0 &&
        HexDigit(text[i + 2]) >= 0) {
      out += static_cast<char>(HexDigit(text[i + 1]) * 16 + HexDigit(text[i + 2]));
      i += 2;
    } else {
      out += text[i] == '+' ? ' ' : text[i];
    }
  }
  return out;
}

std::vector<std::string> PathOf(const std::string& key) {
  const size_t open = key.find('[');
  const bool nested =
      open != std::string::npos && open > 0 && key.find(']', open) != std::string::npos;
  std::vector<std::string> path = {nested ? key.substr(0, open) : key};
  for (char& c : path[0]) {
    if (c == '.' || c == ' ' || (!nested && c == '[')) c = '_';
  }
  size_t at = nested ? open : std::string::npos;
  while (at != std::string::npos && at < key.size() && key[at] == '[') {
    const size_t close = key.find(']', at);
    if (close == std::string::npos) break;
    path.push_back(key.substr(at + 1, close - at - 1));
    at = close + 1;
  }
  return path;
}

}  // namespace

std::vector<PhpPair> ParsePhpQuery(absl::string_view query) {
  std::vector<PhpPair> pairs;
  for (const absl::string_view piece : absl::StrSplit(query, '&', absl::SkipEmpty())) {
    const size_t equals = piece.find('=');
    const std::string key = UrlDecode(piece.substr(0, equals));
    if (key.empty()) continue;
    pairs.push_back({PathOf(key), equals == absl::string_view::npos
                                      ? ""
                                      : UrlDecode(piece.substr(equals + 1))});
  }
  return pairs;
}

}  // namespace guestbridge::fuzz
