#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "common/http/http_client.h"
#include "sync-agent/portal/bitrix24/redirect.h"

namespace guestbridge::agent {

// Opens a client of another host of the same portal, with the same certificates. An
// error refuses the request.
using HostConnector =
    std::function<absl::StatusOr<std::unique_ptr<HttpClient>>(const PortalAddress&)>;

// Where the portal is: the address that was configured, and after a rename the one it
// moved to, for as long as the process lives. Thread-safe.
class PortalRoute {
 public:
  struct Stop {
    std::shared_ptr<HttpClient> http;
    PortalAddress address;
  };

  // `http` reaches `address` and outlives this. Without `connect` no redirect is
  // followed.
  PortalRoute(PortalAddress address, HttpClient& http, HostConnector connect,
              bool allow_private);

  Stop Now() const;
  // The stop that `moved`, the answer to `target` at `from`, sends the call on to.
  // Nothing when it is not acceptable. It is not remembered yet. Errors: those of
  // `connect`.
  absl::StatusOr<std::optional<Stop>> Follow(const HttpResult& moved,
                                             const std::string& target,
                                             const Stop& from);
  // The portal answered at `to`. True for the first who says so.
  bool Remember(const Stop& from, const Stop& to);

 private:
  const HostConnector connect_;
  const bool allow_private_;
  mutable std::mutex mutex_;
  Stop now_;
};

}  // namespace guestbridge::agent
