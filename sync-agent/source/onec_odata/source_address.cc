#include "sync-agent/source/onec_odata/source_address.h"

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "common/status/error.h"

namespace guestbridge::agent {
namespace {

constexpr absl::string_view kService = "/odata/standard.odata";

// Bytes beyond ASCII (a Cyrillic alias) are encoded; the rest was written as a URL.
std::string EncodePath(absl::string_view path) {
  std::string out;
  for (const char c : path) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x80) {
      out.push_back(c);
    } else {
      absl::StrAppend(&out, "%", absl::AsciiStrToUpper(absl::StrCat(absl::Hex(byte))));
    }
  }
  return out;
}

bool IsPlain(absl::string_view url) {
  for (const char c : url) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte <= 0x20 || byte == 0x7f || absl::StrContains("\"<>\\^`{|}?#@", c)) {
      return false;
    }
  }
  return true;
}

// Splits `authority` into host and port.
bool ReadAuthority(absl::string_view authority, SourceAddress* address) {
  absl::string_view port;
  if (absl::ConsumePrefix(&authority, "[")) {
    const size_t end = authority.find(']');
    if (end == absl::string_view::npos) return false;
    port = authority.substr(end + 1);
    authority = authority.substr(0, end);
    if (!port.empty() && !absl::ConsumePrefix(&port, ":")) return false;
    if (!port.empty() || absl::StrContains(authority, ":")) {
      address->host = std::string(authority);
    }
  } else {
    const size_t colon = authority.find(':');
    if (colon != absl::string_view::npos) {
      port = authority.substr(colon + 1);
      if (port.empty()) return false;
      authority = authority.substr(0, colon);
    }
    address->host = std::string(authority);
  }
  if (address->host.empty()) return false;
  if (port.empty()) return true;
  return absl::SimpleAtoi(port, &address->port) && address->port > 0 &&
         address->port <= 65535;
}

}  // namespace

absl::StatusOr<SourceAddress> ParseSourceAddress(absl::string_view url) {
  url = absl::StripAsciiWhitespace(url);
  // What stands before an @ may be a password: not repeated.
  const std::string shown = absl::StrContains(url, "@") ? "…@…" : std::string(url);
  const absl::Status invalid =
      MakeFieldError("connection.source.url", "SOURCE_URL_INVALID", {{"url", shown}});
  if (!IsPlain(url)) return invalid;
  const size_t scheme_end = url.find("://");
  if (scheme_end == absl::string_view::npos) return invalid;
  const std::string scheme = absl::AsciiStrToLower(url.substr(0, scheme_end));
  if (scheme != "http" && scheme != "https") return invalid;
  SourceAddress address;
  address.tls = scheme == "https";
  address.port = address.tls ? 443 : 80;
  absl::string_view rest = url.substr(scheme_end + 3);
  const size_t slash = rest.find('/');
  if (!ReadAuthority(rest.substr(0, slash), &address)) return invalid;
  absl::string_view path =
      slash == absl::string_view::npos ? absl::string_view() : rest.substr(slash);
  while (absl::ConsumeSuffix(&path, "/")) {
  }
  if (absl::EndsWithIgnoreCase(path, kService)) path.remove_suffix(kService.size());
  address.root = absl::StrCat(EncodePath(path), kService);
  return address;
}

std::string OriginOf(const SourceAddress& address) {
  const bool bare_ipv6 = absl::StrContains(address.host, ":");
  const int usual = address.tls ? 443 : 80;
  return absl::StrCat(address.tls ? "https://" : "http://", bare_ipv6 ? "[" : "",
                      address.host, bare_ipv6 ? "]" : "",
                      address.port == usual ? "" : absl::StrCat(":", address.port));
}

}  // namespace guestbridge::agent
