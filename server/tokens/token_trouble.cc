#include "server/tokens/token_trouble.h"

#include "common/log/log.h"
#include "common/status/error.h"

namespace guestbridge::server {
namespace {

absl::Status Passing(const char* detail, const std::string& portal) {
  return MakeError("OAUTH_UNREACHABLE", {{"host", portal}, {"detail", detail}});
}

}  // namespace

absl::Status SettingsChanged(const std::string& portal) {
  return Passing("SETTINGS_CHANGED", portal);
}

absl::Status UnderWay(const std::string& portal) {
  return Passing("REFRESH_UNDER_WAY", portal);
}

void LogUnsettled(const std::string& integration_id, const absl::Status& error) {
  log::Error("token_state_not_stored",
             {{"integration", integration_id}, {"error", error}});
}

}  // namespace guestbridge::server
