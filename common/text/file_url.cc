#include "common/text/file_url.h"

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "common/text/utf8.h"

namespace guestbridge {
namespace {

constexpr absl::string_view kScheme = "file://";
constexpr absl::string_view kLocal = "localhost";
constexpr size_t kLongest = 1000;  // bytes of a path

std::optional<std::string> Unescape(absl::string_view text) {
  std::string plain;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      plain.push_back(text[i]);
      continue;
    }
    const auto digit = [&](size_t at) {
      return at < text.size() &&
             absl::ascii_isxdigit(static_cast<unsigned char>(text[at]));
    };
    if (!digit(i + 1) || !digit(i + 2)) return std::nullopt;
    plain += absl::HexStringToBytes(text.substr(i + 1, 2));
    i += 2;
  }
  return plain;
}

}  // namespace

std::optional<std::string> PathOfFileUrl(absl::string_view url) {
  if (!absl::StartsWithIgnoreCase(url, kScheme)) return std::nullopt;
  url.remove_prefix(kScheme.size());
  if (absl::StartsWithIgnoreCase(url, kLocal)) url.remove_prefix(kLocal.size());
  if (!absl::StartsWith(url, "/") || url.find_first_of("?#") != url.npos) {
    return std::nullopt;
  }
  const std::optional<std::string> plain = Unescape(url);
  if (!plain.has_value() || plain->size() > kLongest || ToValidUtf8(*plain) != *plain) {
    return std::nullopt;
  }
  for (const char c : *plain) {
    if (absl::ascii_iscntrl(static_cast<unsigned char>(c))) return std::nullopt;
  }
  std::string path;
  for (const absl::string_view part : absl::StrSplit(*plain, '/', absl::SkipEmpty())) {
    if (part == "." || part == "..") return std::nullopt;
    absl::StrAppend(&path, "/", part);
  }
  if (path.empty()) return std::nullopt;
  return path;
}

std::string FileUrlOf(absl::string_view path) {
  std::string url(kScheme);
  for (const char c : path) {
    if (c == ' ' || c == '%' || c == '?' || c == '#') {
      absl::StrAppendFormat(&url, "%%%02X", static_cast<unsigned char>(c));
    } else {
      url.push_back(c);
    }
  }
  return url;
}

}  // namespace guestbridge
