#pragma once

#include <optional>
#include <string>

#include "absl/strings/string_view.h"

// Addresses of OAuth servers and portals, as configuration and token answers give them.
namespace guestbridge::server {

struct Endpoint {
  bool tls = true;
  std::string host;  // Lower case; an IPv6 address without brackets.
  int port = 443;
  std::string path;  // Empty, or begins with '/' and does not end with one.
};

// Reads http(s)://HOST[:PORT][/PATH]; none when it has a user, a query, a fragment, a
// backslash or anything else that two readers may understand differently.
std::optional<Endpoint> ParseEndpoint(absl::string_view url);

// The OAuth server that a token answer names in `server_endpoint`, when it may be
// followed: https on the usual port, in bitrix.info or bitrix24.tech.
std::optional<Endpoint> TrustedOAuthServer(absl::string_view server_endpoint);

}  // namespace guestbridge::server
