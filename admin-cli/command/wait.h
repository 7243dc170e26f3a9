#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "admin-cli/command/session.h"
#include "guestbridge/v1/run.pb.h"

namespace guestbridge::cli {

// Watches a run until it has ended (or its IDs are in 1C as well), for as long as that
// takes: a server that goes away is looked for until it is back. Says on stderr what
// goes on. Errors: INTERRUPTED (the run goes on; that is said too), and what the server
// answers, except UNAVAILABLE.
absl::StatusOr<v1::Run> WaitForRun(Session& session, const std::string& name,
                                   v1::WatchRunRequest::Until until);

// The end of every command that started a run: waits when `wait`, prints the run.
absl::StatusOr<int> FinishRun(Session& session, const v1::Run& started, bool wait,
                              v1::WatchRunRequest::Until until);

}  // namespace guestbridge::cli
