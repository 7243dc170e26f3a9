#pragma once

#include <optional>
#include <set>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "guestbridge/v1/error.pb.h"
#include "server/identity/authorize.h"
#include "server/store/store.h"
#include "server/watch/session_hub.h"

namespace guestbridge::server {

namespace v1 = guestbridge::v1;

// The agent that executes an integration: the one its connection names, else the one
// recorded; empty when there is none yet, or no connection.
absl::StatusOr<std::string> AssignedAgent(Transaction& transaction,
                                          const std::string& id);
// The same, or who will as soon as there is a connection.
absl::StatusOr<std::string> ChosenAgent(Transaction& transaction,
                                        const std::string& id);
// Errors: INTEGRATION_NOT_ASSIGNED: the integration is another agent's, or nobody's.
absl::Status CheckAssigned(Transaction& transaction, const std::string& id,
                           const std::string& agent);

// Some agent has joined with a certificate once. From then on agents are in different
// hands, and who serves an integration is said by a person only.
absl::StatusOr<bool> HasEnrolledAgent(Transaction& transaction);

// True when the integration has a connection that names no agent, no person has
// assigned it to one (CreateAgent), no agent has enrolled, and none is recorded or
// the recorded one has no standby and is gone: it said goodbye, was not heard of for
// long, or was banned or evicted. A run that is under way keeps its agent. Whoever
// comes next has another ledger: its lease tells it to look before it adds.
absl::StatusOr<bool> IsFree(Transaction& transaction, const std::string& id,
                            const SessionHub& sessions);

// Records the only agent that is connected, to whichever server, for an integration
// that is free. Those that were banned or evicted do not count. Returns it; empty when
// it recorded none.
absl::StatusOr<std::string> AssignWhenAlone(Transaction& transaction,
                                            const std::string& id,
                                            const SessionHub& sessions);

// Why an integration with a connection has no agent at all: AGENT_NOT_ASSIGNED (it
// waits for a person), AGENT_NOT_CHOSEN or AGENT_NOT_CONNECTED; parameter integration.
absl::StatusOr<std::string> WhyUnassigned(Transaction& transaction,
                                          const SessionHub& sessions);

// The agents that serve the integrations within `reach`, or are to serve them as soon
// as they have a connection.
absl::StatusOr<std::set<std::string>> AgentsWithin(Transaction& transaction,
                                                   const Reach& reach);

// Why nobody works for the integration now, as that its agent, `assigned`, may not
// come; nothing when it is connected to whichever server. Names no agent but those
// within `reach`. Texts are not filled in.
absl::StatusOr<std::optional<v1::Explanation>> WhyUnattended(
    Transaction& transaction, const SessionHub& sessions, const std::string& id,
    const std::string& assigned, const Reach& reach);

}  // namespace guestbridge::server
