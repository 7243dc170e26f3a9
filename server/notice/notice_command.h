#pragma once

#include <functional>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/time/clock.h"

namespace guestbridge::server {

// Whether `file` can be run. Errors: NOTICE_COMMAND_UNUSABLE (INVALID_ARGUMENT).
absl::Status CheckNoticeCommand(const std::string& file);

// Runs `file` without a shell and arguments, `input` and a line break on its standard
// input, what it writes thrown away, PATH, HOME and LANG of this program and nothing
// else in its environment. After `limit`, or once `stopped` says so, it is killed with
// all that it started. Blocks so long. Errors: NOTICE_COMMAND_UNUSABLE,
// NOTICE_COMMAND_FAILED (it did not exit with 0), NOTICE_COMMAND_SLOW.
absl::Status RunNoticeCommand(const std::string& file, absl::string_view input,
                              absl::Duration limit, const Clock& clock,
                              const std::function<bool()>& stopped);

}  // namespace guestbridge::server
