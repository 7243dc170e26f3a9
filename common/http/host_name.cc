#include "common/http/host_name.h"

#include <arpa/inet.h>

#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"

namespace guestbridge {
namespace {

bool IsPlace(absl::string_view text, int family) {
  const size_t colon = text.rfind(':');
  int port = 0;
  if (colon == absl::string_view::npos ||
      !absl::SimpleAtoi(text.substr(colon + 1), &port) || port < 1 || port > 65535) {
    return false;
  }
  absl::string_view host = text.substr(0, colon);
  if (family == AF_INET6 &&
      (!absl::ConsumePrefix(&host, "[") || !absl::ConsumeSuffix(&host, "]"))) {
    return false;
  }
  in6_addr address;  // has room for either
  return inet_pton(family, std::string(host).c_str(), &address) == 1;
}

}  // namespace

bool IsHostName(absl::string_view host) {
  if (host.empty() || host.size() > 253) return false;
  for (const absl::string_view label : absl::StrSplit(host, '.')) {
    if (label.empty() || label.size() > 63 || label.front() == '-' ||
        label.back() == '-') {
      return false;
    }
    for (const char c : label) {
      if (!absl::ascii_isalnum(static_cast<unsigned char>(c)) && c != '-' && c != '_') {
        return false;
      }
    }
  }
  return true;
}

bool IsMalformedList(absl::string_view server) {
  int family = AF_INET;
  if (!absl::ConsumePrefix(&server, "ipv4:")) {
    if (!absl::ConsumePrefix(&server, "ipv6:")) return false;
    family = AF_INET6;
  }
  for (const absl::string_view place : absl::StrSplit(server, ',')) {
    if (!IsPlace(place, family)) return true;
  }
  return false;
}

}  // namespace guestbridge
