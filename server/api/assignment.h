#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/store/store.h"

namespace guestbridge::server {

// The agent that executes an integration: the one its connection names, else the one
// recorded; empty when there is none yet, or no connection.
absl::StatusOr<std::string> AssignedAgent(Transaction& transaction,
                                          const std::string& id);

// Records `agent` for an integration that has a connection and no agent. True when it
// did.
absl::StatusOr<bool> AssignWhenFree(Transaction& transaction, const std::string& id,
                                    const std::string& agent);

}  // namespace guestbridge::server
