#pragma once

#include "absl/status/status.h"

namespace guestbridge::server {

// The same error under another canonical code: a few reasons mean different things to
// different calls (a run in progress aborts a second start, but is a precondition of a
// delete).
absl::Status WithCode(const absl::Status& status, absl::StatusCode code);

}  // namespace guestbridge::server
