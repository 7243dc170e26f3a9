#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "common/http/http_client.h"
#include "common/secret/secret_string.h"
#include "common/time/clock.h"
#include "sync-agent/source/source.h"

namespace guestbridge::agent {

struct OneCSettings {
  std::string url;  // see source_address.h
  std::string user;
  SecretString password;
  std::string profile;       // empty: 1c-hotel
  std::string profile_text;  // wins
};

// Connects to the standard OData interface of a 1C base; reaches nothing yet. `clock`
// outlives the source. `http` is for tests; null: one is made for the URL. The parts of
// the answer may outlive each other. Errors: SOURCE_URL_INVALID,
// SOURCE_PROFILE_UNKNOWN, SOURCE_PROFILE_INVALID (INVALID_ARGUMENT).
absl::StatusOr<Source> ConnectOneC(const OneCSettings& settings, const Clock& clock,
                                   std::unique_ptr<HttpClient> http = nullptr);

}  // namespace guestbridge::agent
