#pragma once

#include <string>

#include "absl/status/status.h"

// What stands in the way of tokens for a while, and how it is told.
namespace guestbridge::server {

// These pass: whoever asks again finds what another has done meanwhile. UNAVAILABLE
// `OAUTH_UNREACHABLE` with a detail.
absl::Status SettingsChanged(const std::string& portal);
absl::Status UnderWay(const std::string& portal);

void LogUnsettled(const std::string& integration_id, const absl::Status& error);

}  // namespace guestbridge::server
