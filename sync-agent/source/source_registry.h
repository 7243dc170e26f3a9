#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/secret/secret_string.h"
#include "common/time/clock.h"
#include "sync-agent/source/source.h"

namespace guestbridge::agent {

struct SourceSettings {
  std::string type;  // one of SourceTypes
  std::string url;   // http(s)://HOST[:PORT]/BASE/odata/standard.odata, file:///PATH
  std::string user;  // this and what follows: of onec-odata
  SecretString password;
  std::string profile;       // name of a built-in profile
  std::string profile_text;  // own profile (YAML or JSON); wins
};

// What `type` may be: each connector of this program.
std::vector<std::string> SourceTypes();

// Makes the connector that `type` names; reaches nothing.
// Errors: SOURCE_TYPE_UNKNOWN, SOURCE_URL_INVALID, SOURCE_FOLDER_INVALID,
// SOURCE_PROFILE_UNKNOWN, SOURCE_PROFILE_INVALID (INVALID_ARGUMENT).
absl::StatusOr<Source> ConnectSource(const SourceSettings& settings,
                                     const Clock& clock);

}  // namespace guestbridge::agent
