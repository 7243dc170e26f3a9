#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "guestbridge/v1/agent_control.pb.h"
#include "server/store/store.h"
#include "server/watch/session_hub.h"

namespace guestbridge::server {

namespace v1 = guestbridge::v1;

// SessionHub::Ask of the agent that serves the task's integration. One that may not
// come is not said to be merely away. Not to be called in a transaction. Errors: those
// of Ask, AGENT_AWAY_EVICTED, AGENT_AWAY_BANNED.
absl::StatusOr<v1::FinishTaskRequest> AskAgent(Store& store, SessionHub& sessions,
                                               const std::string& agent, v1::Task task,
                                               const Patience& patience);

}  // namespace guestbridge::server
