#include "server/tokens/endpoint.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"

namespace guestbridge::server {
namespace {

constexpr absl::string_view kOAuthDomains[] = {"bitrix.info", "bitrix24.tech"};

bool IsHostName(absl::string_view host) {
  return !host.empty() && host.size() <= 253 && host.front() != '.' &&
         host.front() != '-' && !absl::StrContains(host, "..") &&
         std::all_of(host.begin(), host.end(), [](unsigned char c) {
           return absl::ascii_isalnum(c) || c == '-' || c == '.';
         });
}

bool IsBareIpv6(absl::string_view host) {
  return !host.empty() && std::all_of(host.begin(), host.end(), [](unsigned char c) {
    return absl::ascii_isxdigit(c) || c == ':' || c == '.';
  });
}

// Splits `authority` into host and port; false when it has neither form.
bool ReadAuthority(absl::string_view authority, Endpoint& endpoint) {
  absl::string_view host = authority;
  absl::string_view port;
  if (absl::ConsumePrefix(&host, "[")) {
    const size_t close = host.find(']');
    if (close == absl::string_view::npos) return false;
    port = host.substr(close + 1);
    host = host.substr(0, close);
    if (!IsBareIpv6(host)) return false;
  } else {
    const size_t colon = std::min(host.find(':'), host.size());
    port = host.substr(colon);
    host = host.substr(0, colon);
    if (!IsHostName(host)) return false;
  }
  endpoint.host = absl::AsciiStrToLower(host);
  if (port.empty()) return true;
  if (!absl::ConsumePrefix(&port, ":")) return false;
  const bool digits = !port.empty() && port.size() <= 5 &&
                      std::all_of(port.begin(), port.end(), absl::ascii_isdigit);
  return digits && absl::SimpleAtoi(port, &endpoint.port) && endpoint.port >= 1 &&
         endpoint.port <= 65535;
}

}  // namespace

std::optional<Endpoint> ParseEndpoint(absl::string_view url) {
  const bool plain_text = std::all_of(url.begin(), url.end(), [](unsigned char c) {
    return absl::ascii_isgraph(c) && c != '@' && c != '?' && c != '#' && c != '\\';
  });
  if (!plain_text) return std::nullopt;
  Endpoint endpoint;
  if (absl::StartsWithIgnoreCase(url, "https://")) {
    url.remove_prefix(8);
  } else if (absl::StartsWithIgnoreCase(url, "http://")) {
    url.remove_prefix(7);
    endpoint.tls = false;
    endpoint.port = 80;
  } else {
    return std::nullopt;
  }
  const size_t slash = std::min(url.find('/'), url.size());
  if (!ReadAuthority(url.substr(0, slash), endpoint)) return std::nullopt;
  absl::string_view path = url.substr(slash);
  while (absl::ConsumeSuffix(&path, "/")) {
  }
  endpoint.path = std::string(path);
  return endpoint;
}

std::optional<Endpoint> TrustedOAuthServer(absl::string_view server_endpoint) {
  const std::optional<Endpoint> parsed = ParseEndpoint(server_endpoint);
  if (!parsed.has_value() || !parsed->tls || parsed->port != 443) return std::nullopt;
  for (const absl::string_view domain : kOAuthDomains) {
    if (parsed->host == domain ||
        absl::EndsWith(parsed->host, absl::StrCat(".", domain))) {
      // Only the host: the token address below it is fixed.
      return Endpoint{.tls = true, .host = parsed->host, .port = 443, .path = ""};
    }
  }
  return std::nullopt;
}

}  // namespace guestbridge::server
