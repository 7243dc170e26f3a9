#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "server/store/record.pb.h"
#include "server/store/store.h"
#include "server/watch/session_hub.h"

// Which agents are connected, to whichever server of this store: of its own a server
// knows it, of others by what they write (Agents::Vouch).
namespace guestbridge::server {

// Its stream is open at another server, for all that is known here.
bool IsElsewhere(const SessionHub& sessions, const store::AgentRecord& record);

// Unknown, as the store can't be read: false.
bool IsElsewhere(Store& store, const SessionHub& sessions, const std::string& agent);

bool IsConnected(const SessionHub& sessions, const std::string& agent,
                 const store::AgentRecord& record);
absl::StatusOr<bool> IsConnected(Transaction& transaction, const SessionHub& sessions,
                                 const std::string& agent);

// By name; without those that were banned or evicted, whose streams are about to end.
absl::StatusOr<std::vector<std::string>> ConnectedAgents(Transaction& transaction,
                                                         const SessionHub& sessions);

}  // namespace guestbridge::server
