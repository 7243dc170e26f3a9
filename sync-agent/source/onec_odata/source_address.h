#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace guestbridge::agent {

// Where a base is published.
struct SourceAddress {
  bool tls = true;
  std::string host;  // without brackets, also for IPv6
  int port = 443;
  std::string root;  // percent-encoded path, ends in /odata/standard.odata
};

// `http(s)://HOST[:PORT]/BASE`, with or without /odata/standard.odata. Errors:
// SOURCE_URL_INVALID (INVALID_ARGUMENT): another scheme, user:password@, a query, a
// fragment, a space, a port out of range, no host.
absl::StatusOr<SourceAddress> ParseSourceAddress(absl::string_view url);

// https://HOST[:PORT]; the port is left out where it is the scheme's.
std::string OriginOf(const SourceAddress& address);

}  // namespace guestbridge::agent
