#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "guestbridge/v1/connection.pb.h"

namespace guestbridge::server {

// Identifies a portal: its host in lower case, with the port unless that is 443.
std::string PortalKey(const v1::Connection& connection);

// A bare host name or IP address, in lower case (IPv6 without brackets).
// Errors: API_SERVER_INVALID (parameters given, suggestion: what to write instead).
absl::StatusOr<std::string> NormalizeApiServer(const std::string& text);

// True for `localhost` and for addresses of private, loopback, link-local, CGNAT,
// documentation and unspecified ranges, and for names of metadata services. A name that
// merely resolves to such an address is caught when it is connected to.
bool IsPrivateHost(absl::string_view host);

struct SourceAddress {
  std::string url;  // With `/odata/standard.odata`, without trailing slash.
  std::string key;  // Host, port and path, without regard to case and trailing slash.
};

// Errors: SOURCE_URL_INVALID (parameter given); SOURCE_ADDRESS_REFUSED for
// link-local and metadata addresses.
absl::StatusOr<SourceAddress> NormalizeSourceUrl(const std::string& text);

}  // namespace guestbridge::server
