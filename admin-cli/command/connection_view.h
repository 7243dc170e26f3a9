#pragma once

#include "absl/strings/string_view.h"
#include "admin-cli/command/session.h"
#include "guestbridge/v1/connection.pb.h"

namespace guestbridge::cli {

// Prints the settings and the token state for a person. `headline` is a label with the
// parameter id; `next` another, or empty.
void PrintConnection(Session& session, const v1::Connection& connection,
                     absl::string_view headline, absl::string_view next);

// Prints the findings of a test: what failed comes with what to do about it.
void PrintChecks(Session& session, absl::string_view id,
                 const v1::TestConnectionResponse& answer, bool with_next = true);

}  // namespace guestbridge::cli
