#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/secret/secret_string.h"
#include "common/time/clock.h"

namespace guestbridge::server {

// Runs `file` without a shell and arguments, with an empty standard input and PATH,
// HOME and LANG of this program in its environment, and returns what it prints, at most
// 64 KiB. What it says on standard error goes to ours: it is for the operator. After
// `limit` it is killed with all that it started. Blocks so long. Errors:
// KEY_COMMAND_UNUSABLE, KEY_COMMAND_FAILED (it did not exit with 0, or printed too
// much), KEY_COMMAND_SLOW.
absl::StatusOr<SecretString> RunKeyCommand(const std::string& file,
                                           absl::Duration limit, const Clock& clock);

}  // namespace guestbridge::server
