#include "sync-agent/portal/bitrix24/redirect.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "common/http/address_policy.h"
#include "common/http/host_name.h"

namespace guestbridge::agent {
namespace {

using AddressPolicy = HttpClientOptions::AddressPolicy;

constexpr absl::string_view kScheme = "https://";

// 127.1, 0x7f000001 and 2130706433 are addresses to a C library, though no four
// numbers: no name ends in a number.
bool EndsInNumber(absl::string_view host) {
  const absl::string_view last = host.substr(host.rfind('.') + 1);
  return absl::StartsWith(last, "0x") ||
         std::all_of(last.begin(), last.end(), [](char c) {
           return absl::ascii_isdigit(static_cast<unsigned char>(c));
         });
}

bool IsAllowed(const std::string& host, bool bracketed, bool allow_private) {
  const AddressPolicy policy =
      allow_private ? AddressPolicy::kAnyButMetadata : AddressPolicy::kPublicOnly;
  sockaddr_in6 v6{};
  v6.sin6_family = AF_INET6;
  if (bracketed) {
    return inet_pton(AF_INET6, host.c_str(), &v6.sin6_addr) == 1 &&
           IsAddressAllowed(reinterpret_cast<const sockaddr&>(v6), policy);
  }
  sockaddr_in v4{};
  v4.sin_family = AF_INET;
  if (inet_pton(AF_INET, host.c_str(), &v4.sin_addr) == 1) {
    return IsAddressAllowed(reinterpret_cast<const sockaddr&>(v4), policy);
  }
  if (!IsHostName(host) || EndsInNumber(host)) return false;
  const bool metadata = host == "metadata" || host == "metadata.google.internal" ||
                        host == "instance-data";
  const bool local = host == "localhost" || absl::EndsWith(host, ".localhost");
  // What a name resolves to is judged when it is connected to.
  return !metadata && (allow_private || !local);
}

}  // namespace

std::string ToText(const PortalAddress& address) {
  if (address.port == 443) return address.host;
  const bool v6 = absl::StrContains(address.host, ":");
  return absl::StrCat(v6 ? "[" : "", address.host, v6 ? "]:" : ":", address.port);
}

bool IsMoved(const HttpResult& answer) {
  return answer.outcome == HttpOutcome::kAnswered &&
         (answer.status == 301 || answer.status == 302 || answer.status == 307 ||
          answer.status == 308);
}

std::optional<PortalAddress> JudgeRedirect(absl::string_view location,
                                           absl::string_view target,
                                           const PortalAddress& from,
                                           bool allow_private) {
  if (!absl::StartsWithIgnoreCase(location, kScheme)) return std::nullopt;
  // A zero byte would end the address for the C library, and not for anybody else.
  if (absl::StrContains(location, absl::string_view("\0", 1))) return std::nullopt;
  location.remove_prefix(kScheme.size());
  const size_t path = location.find('/');
  if (path == absl::string_view::npos || location.substr(path) != target) {
    return std::nullopt;
  }
  absl::string_view authority = location.substr(0, path);
  const bool bracketed = absl::ConsumePrefix(&authority, "[");
  const size_t end = authority.find(bracketed ? ']' : ':');
  if (bracketed && end == absl::string_view::npos) return std::nullopt;
  PortalAddress to;
  to.host = absl::AsciiStrToLower(authority.substr(0, end));
  absl::string_view rest =
      end == absl::string_view::npos ? "" : authority.substr(end + (bracketed ? 1 : 0));
  if (!rest.empty()) {
    const bool digits = absl::ConsumePrefix(&rest, ":") && !rest.empty() &&
                        rest.size() <= 5 &&
                        std::all_of(rest.begin(), rest.end(), [](char c) {
                          return absl::ascii_isdigit(static_cast<unsigned char>(c));
                        });
    if (!digits || !absl::SimpleAtoi(rest, &to.port) || to.port < 1 ||
        to.port > 65535) {
      return std::nullopt;
    }
  }
  if (!IsAllowed(to.host, bracketed, allow_private) || to == from) return std::nullopt;
  return to;
}

std::string HostOfLocation(absl::string_view location) {
  const size_t scheme = location.find("://");
  if (scheme == absl::string_view::npos) return "";
  absl::string_view host = location.substr(scheme + 3);
  host = host.substr(0, host.find_first_of("/?#:"));
  for (const char c : host) {
    if (!absl::ascii_isalnum(static_cast<unsigned char>(c)) && c != '.' && c != '-') {
      return "";
    }
  }
  return absl::AsciiStrToLower(host);
}

}  // namespace guestbridge::agent
