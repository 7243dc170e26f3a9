#include "server/api/portal_address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <optional>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "common/http/address_policy.h"
#include "common/http/host_name.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"
#include "server/api/error_code.h"

namespace guestbridge::server {
namespace {

constexpr absl::string_view kServicePath = "/odata/standard.odata";

std::optional<in6_addr> ParseV6(absl::string_view host) {
  in6_addr address;
  if (inet_pton(AF_INET6, std::string(host).c_str(), &address) != 1) return {};
  return address;
}

// Also the forms that only C libraries know: 127.1, 0x7f000001, 2130706433.
std::optional<uint32_t> ParseV4(absl::string_view host) {
  in_addr address;
  if (host.empty() || !absl::ascii_isdigit(static_cast<unsigned char>(host.front())) ||
      inet_aton(std::string(host).c_str(), &address) == 0) {
    return {};
  }
  return ntohl(address.s_addr);
}

bool InRange(uint32_t address, uint32_t network, int bits) {
  return (address >> (32 - bits)) == (network >> (32 - bits));
}

// The IPv4 address inside ::ffff:a.b.c.d and 64:ff9b::a.b.c.d.
std::optional<uint32_t> EmbeddedV4(const in6_addr& address) {
  static constexpr std::array<uint8_t, 12> kMapped = {0, 0, 0, 0, 0,    0,
                                                      0, 0, 0, 0, 0xFF, 0xFF};
  static constexpr std::array<uint8_t, 12> kNat64 = {0, 0x64, 0xFF, 0x9B, 0, 0,
                                                     0, 0,    0,    0,    0, 0};
  if (std::memcmp(address.s6_addr, kMapped.data(), 12) != 0 &&
      std::memcmp(address.s6_addr, kNat64.data(), 12) != 0) {
    return {};
  }
  uint32_t v4 = 0;
  for (int i = 12; i < 16; ++i) v4 = (v4 << 8) | address.s6_addr[i];
  return v4;
}

bool IsLinkLocalOrMetadata(absl::string_view host) {
  if (absl::EqualsIgnoreCase(host, "metadata") ||
      absl::EqualsIgnoreCase(host, "metadata.google.internal") ||
      absl::EqualsIgnoreCase(host, "instance-data")) {
    return true;
  }
  std::optional<uint32_t> v4 = ParseV4(host);
  if (const auto v6 = ParseV6(host)) {
    if (v6->s6_addr[0] == 0xFE && (v6->s6_addr[1] & 0xC0) == 0x80) return true;
    in6_addr aws;
    inet_pton(AF_INET6, "fd00:ec2::254", &aws);
    if (std::memcmp(v6->s6_addr, aws.s6_addr, 16) == 0) return true;
    v4 = EmbeddedV4(*v6);
  }
  return v4.has_value() &&
         (InRange(*v4, 0xA9FE0000, 16) || *v4 == 0x646464C8 /* 100.100.100.200 */);
}

// The host of something that was pasted whole: without scheme, user, port and path.
std::string HostWithin(absl::string_view text) {
  text = absl::StripAsciiWhitespace(text);
  if (const size_t scheme = text.find("://"); scheme != absl::string_view::npos) {
    text.remove_prefix(scheme + 3);
  }
  text = text.substr(0, text.find_first_of("/?#\\ "));
  if (const size_t at = text.rfind('@'); at != absl::string_view::npos) {
    text.remove_prefix(at + 1);
  }
  if (!text.empty() && text.front() == '[') {
    text = text.substr(1, text.find(']') - 1);
  } else if (std::count(text.begin(), text.end(), ':') == 1) {
    text = text.substr(0, text.find(':'));
  }
  if (!text.empty() && text.back() == '.') text.remove_suffix(1);
  return absl::AsciiStrToLower(text);
}

// What a message may repeat of an address: no user, no path of an API server (a
// webhook's code is one), no query.
std::string Printable(absl::string_view text, bool with_path) {
  const size_t scheme = text.find("://");
  const size_t start = scheme == absl::string_view::npos ? 0 : scheme + 3;
  absl::string_view rest = text.substr(start);
  const size_t end = rest.find_first_of(with_path ? "?#" : "/?#");
  const bool cut = end != absl::string_view::npos;
  rest = rest.substr(0, end);
  if (const size_t at = rest.rfind('@'); at != absl::string_view::npos) {
    rest.remove_prefix(at + 1);
  }
  return absl::StrCat(text.substr(0, start), rest,
                      cut ? text.substr(start + end, 1) : "", cut ? "…" : "");
}

absl::Status SourceUrlError(const std::string& given) {
  const std::string printable = Printable(given, true);
  return MakeFieldError("connection.source.url", "SOURCE_URL_INVALID",
                        {{"given", printable}, {"url", printable}});
}

}  // namespace

std::string PortalKey(const v1::Connection& connection) {
  const std::string host = absl::AsciiStrToLower(connection.api_server());
  if (connection.port() == 0 || connection.port() == 443) return host;
  return absl::StrCat(host, ":", connection.port());
}

absl::StatusOr<std::string> NormalizeApiServer(const std::string& text) {
  const std::string host = HostWithin(text);
  const bool valid_host = IsHostName(host) || ParseV6(host).has_value();
  if (valid_host && absl::EqualsIgnoreCase(host, text)) return host;
  // The first of several words is no better guess than any other.
  const bool one_word =
      absl::StrContains(text, "://") ||
      absl::StripAsciiWhitespace(text).find_first_of(" \t\r\n") == std::string::npos;
  return MakeFieldError(
      "connection.api_server", "API_SERVER_INVALID",
      {{"given", Printable(text, false)},
       {"suggestion", valid_host && one_word ? host : "hotel.bitrix24.ru"}});
}

bool IsPrivateHost(absl::string_view host) {
  if (absl::EqualsIgnoreCase(host, "localhost") ||
      absl::EndsWithIgnoreCase(host, ".localhost") || IsLinkLocalOrMetadata(host)) {
    return true;
  }
  // By the table that judges the address which is connected to.
  sockaddr_storage address{};
  if (const auto v6 = ParseV6(host)) {
    auto& as_v6 = reinterpret_cast<sockaddr_in6&>(address);
    as_v6.sin6_family = AF_INET6;
    as_v6.sin6_addr = *v6;
  } else if (const auto v4 = ParseV4(host)) {
    auto& as_v4 = reinterpret_cast<sockaddr_in&>(address);
    as_v4.sin_family = AF_INET;
    as_v4.sin_addr.s_addr = htonl(*v4);
  } else {
    return false;
  }
  return !IsAddressAllowed(reinterpret_cast<const sockaddr&>(address),
                           HttpClientOptions::AddressPolicy::kPublicOnly);
}

absl::StatusOr<SourceAddress> NormalizeSourceUrl(const std::string& text) {
  if (text.empty()) return SourceUrlError(text);
  for (const char c : text) {
    if (static_cast<unsigned char>(c) <= ' ' || c == 127 || c == '\\') {
      return SourceUrlError(text);
    }
  }
  absl::string_view rest = text;
  const size_t scheme_end = rest.find("://");
  if (scheme_end == absl::string_view::npos) {
    return SourceUrlError(text);
  }
  const std::string scheme = absl::AsciiStrToLower(rest.substr(0, scheme_end));
  if (scheme != "http" && scheme != "https") {
    return SourceUrlError(text);
  }
  rest.remove_prefix(scheme_end + 3);
  if (rest.find_first_of("?#") != absl::string_view::npos) {
    return SourceUrlError(text);
  }
  const size_t slash = rest.find('/');
  absl::string_view authority = rest.substr(0, slash);
  absl::string_view path = slash == absl::string_view::npos ? "" : rest.substr(slash);
  if (authority.find('@') != absl::string_view::npos) {
    return SourceUrlError(text);
  }
  int port = scheme == "https" ? 443 : 80;
  absl::string_view host = authority;
  absl::string_view port_text;
  if (absl::StartsWith(authority, "[")) {
    const size_t close = authority.find(']');
    if (close == absl::string_view::npos) return SourceUrlError(text);
    host = authority.substr(1, close - 1);
    port_text = authority.substr(close + 1);
    if (!ParseV6(host).has_value()) return SourceUrlError(text);
  } else {
    const size_t colon = authority.find(':');
    host = authority.substr(0, colon);
    if (colon != absl::string_view::npos) port_text = authority.substr(colon);
    if (!IsHostName(host)) return SourceUrlError(text);
  }
  if (!port_text.empty() &&
      (port_text.front() != ':' || !absl::SimpleAtoi(port_text.substr(1), &port) ||
       port < 1 || port > 65535)) {
    return SourceUrlError(text);
  }
  if (IsLinkLocalOrMetadata(host)) {
    return WithCode(MakeFieldError("connection.source.url", "SOURCE_ADDRESS_REFUSED"),
                    absl::StatusCode::kInvalidArgument);
  }

  while (!path.empty() && path.back() == '/') path.remove_suffix(1);
  std::string base(path);
  if (absl::EndsWithIgnoreCase(base, kServicePath)) {
    base.resize(base.size() - kServicePath.size());
  }
  while (!base.empty() && base.back() == '/') base.pop_back();

  const std::string lower_host = absl::AsciiStrToLower(host);
  const bool v6 = absl::StrContains(lower_host, ":");
  const std::string shown = v6 ? absl::StrCat("[", lower_host, "]") : lower_host;
  const bool default_port = port == (scheme == "https" ? 443 : 80);
  SourceAddress address;
  address.url =
      absl::StrCat(scheme, "://", shown, default_port ? "" : absl::StrCat(":", port),
                   base, kServicePath);
  address.key = absl::StrCat(shown, ":", port, absl::AsciiStrToLower(base));
  return address;
}

}  // namespace guestbridge::server
