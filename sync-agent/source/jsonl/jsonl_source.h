#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "common/time/clock.h"
#include "sync-agent/source/source.h"

namespace guestbridge::agent {

// Files in a folder of this machine as a source: README.md. `url`:
// file:///ABSOLUTE/PATH. Reaches nothing yet, but for contacts' IDs that a process
// before left unpublished. `clock` outlives the source. The parts of the answer may
// outlive each other. Errors: SOURCE_FOLDER_INVALID (INVALID_ARGUMENT).
absl::StatusOr<Source> ConnectJsonl(const std::string& url, const Clock& clock);

}  // namespace guestbridge::agent
