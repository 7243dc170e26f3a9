#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "sync-agent/policy/local_policy.h"

namespace guestbridge::agent {

// Reads a policy file (YAML, at most 64 KiB). Strict: what it does not understand it
// does not pass over. Errors: POLICY_FILE_UNREADABLE; POLICY_FILE_UNPROTECTED,
// somebody but root and the agent's user may change it; POLICY_FILE_INVALID, with line,
// key and what is allowed there.
absl::StatusOr<LocalPolicy> ReadPolicyFile(const std::string& file);

// The policy of an agent: that of `given`; when it is empty that of `usual` if there is
// such a file, else one that forbids nothing. Errors: those of ReadPolicyFile.
absl::StatusOr<LocalPolicy> FindLocalPolicy(const std::string& given,
                                            const std::string& usual);

}  // namespace guestbridge::agent
