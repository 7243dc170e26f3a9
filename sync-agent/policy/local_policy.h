#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "sync-agent/model/run_ceilings.h"

namespace guestbridge::agent {

// What the agent does not do whatever the configuration server says. A plain value,
// the same for as long as the process lives; as made, it forbids nothing.
struct LocalPolicy {
  // Lower case: exact names and addresses (of IP version 6 without brackets), and
  // `*.suffix` for every name below the suffix. Empty optional: every host.
  std::optional<std::vector<std::string>> portal_hosts;
  // Once source hosts or source folders are given, only what stands there is allowed.
  std::optional<std::vector<std::string>> source_hosts;
  // Absolute paths: the folder and what is below it.
  std::optional<std::vector<std::string>> source_folders;
  // Contact fields, upper case.
  std::set<std::string> fields_never_sent;
  RunCeilings ceilings;

  // Errors (FAILED_PRECONDITION): POLICY_PORTAL_HOST_NOT_ALLOWED.
  absl::Status CheckPortalHost(absl::string_view host) const;
  // Errors: POLICY_SOURCE_HOST_NOT_ALLOWED.
  absl::Status CheckSourceHost(absl::string_view host) const;
  // `path`: absolute, without `.` and `..`. Errors: POLICY_SOURCE_FOLDER_NOT_ALLOWED.
  absl::Status CheckSourceFolder(absl::string_view path) const;
  // In whatever spelling a portal takes for the same field: letter case and `_` don't
  // count. Errors: POLICY_FIELD_FORBIDDEN.
  absl::Status CheckField(absl::string_view field) const;
};

}  // namespace guestbridge::agent
