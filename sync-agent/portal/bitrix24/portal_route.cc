#include "sync-agent/portal/bitrix24/portal_route.h"

#include <utility>

#include "common/status/status_macros.h"

namespace guestbridge::agent {

PortalRoute::PortalRoute(PortalAddress address, HttpClient& http, HostConnector connect,
                         bool allow_private)
    : connect_(std::move(connect)),
      allow_private_(allow_private),
      now_{std::shared_ptr<HttpClient>(std::shared_ptr<void>(), &http),
           std::move(address)} {}

PortalRoute::Stop PortalRoute::Now() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return now_;
}

absl::StatusOr<std::optional<PortalRoute::Stop>> PortalRoute::Follow(
    const HttpResult& moved, const std::string& target, const Stop& from) {
  const auto location = moved.headers.find("location");
  if (!connect_ || location == moved.headers.end() ||
      moved.headers.count("location") > 1) {
    return std::nullopt;
  }
  auto to = JudgeRedirect(location->second, target, from.address, allow_private_);
  if (!to.has_value()) return std::nullopt;
  GB_ASSIGN_OR_RETURN(std::unique_ptr<HttpClient> client, connect_(*to));
  return Stop{std::move(client), *std::move(to)};
}

bool PortalRoute::Remember(const Stop& from, const Stop& to) {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (now_.address != from.address) return false;
  now_ = to;
  return true;
}

}  // namespace guestbridge::agent
