#pragma once

#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
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

// Asked about what a connector is to reach, before it is made; an error is passed on.
// Empty: everything is allowed.
struct SourceChecks {
  std::function<absl::Status(absl::string_view host)> host;
  std::function<absl::Status(absl::string_view path)> folder;
};

// What `type` may be: each connector of this program.
std::vector<std::string> SourceTypes();

// Makes the connector that `type` names; reaches nothing.
// Errors: SOURCE_TYPE_UNKNOWN, SOURCE_URL_INVALID, SOURCE_FOLDER_INVALID,
// SOURCE_PROFILE_UNKNOWN, SOURCE_PROFILE_INVALID (INVALID_ARGUMENT); those of `checks`.
absl::StatusOr<Source> ConnectSource(const SourceSettings& settings, const Clock& clock,
                                     const SourceChecks& checks = {});

}  // namespace guestbridge::agent
