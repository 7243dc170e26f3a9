#pragma once

#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "common/http/http_client.h"

// A portal that was renamed answers every call with a redirect to its new host, and
// carries nothing out. Following it blindly would turn the POST into a GET, and carry
// the webhook's secret to whatever address is named: so it is judged first.
namespace guestbridge::agent {

struct PortalAddress {
  std::string host;  // lower case; an IPv6 address without brackets
  int port = 443;
  bool operator==(const PortalAddress&) const = default;
};

// `host`, or `host:port` when that is not 443.
std::string ToText(const PortalAddress& address);

// 301, 302, 307, 308: the call was sent on. Not 303, which follows an execution.
bool IsMoved(const HttpResult& answer);

// The address that `location` moves the call to, which went to `target` (path and
// query) at `from`. Nothing unless it is https, the same path and query, a host name or
// IP address as the server takes for --api-server, another address than `from`, and,
// without `allow_private`, no private address. Metadata addresses never pass.
std::optional<PortalAddress> JudgeRedirect(absl::string_view location,
                                           absl::string_view target,
                                           const PortalAddress& from,
                                           bool allow_private);

// Only the host of a Location, for messages: the rest may hold the webhook's secret.
// Empty when it names none.
std::string HostOfLocation(absl::string_view location);

}  // namespace guestbridge::agent
