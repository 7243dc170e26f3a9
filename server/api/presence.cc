#include "server/api/presence.h"

#include <utility>

#include "common/status/status_macros.h"
#include "server/api/enrollments.h"
#include "server/api/keys.h"
#include "server/store/record_codec.h"

namespace guestbridge::server {
namespace {

constexpr int kMostAgents = 100000;

}  // namespace

bool IsElsewhere(const SessionHub& sessions, const store::AgentRecord& record) {
  return sessions.IsOther(record.server()) &&
         sessions.IsFresh(absl::FromUnixMillis(record.vouched_unix_millis()));
}

bool IsElsewhere(Store& store, const SessionHub& sessions, const std::string& agent) {
  bool elsewhere = false;
  const absl::Status read = store.Read([&](Transaction& transaction) -> absl::Status {
    GB_ASSIGN_OR_RETURN(const auto record,
                        GetRecord<store::AgentRecord>(transaction, keys::Agent(agent)));
    elsewhere = record.has_value() && IsElsewhere(sessions, record->value);
    return absl::OkStatus();
  });
  return read.ok() && elsewhere;
}

bool IsConnected(const SessionHub& sessions, const std::string& agent,
                 const store::AgentRecord& record) {
  return sessions.Connected(agent) != nullptr || IsElsewhere(sessions, record);
}

absl::StatusOr<bool> IsConnected(Transaction& transaction, const SessionHub& sessions,
                                 const std::string& agent) {
  if (agent.empty()) return false;
  if (sessions.Connected(agent) != nullptr) return true;
  GB_ASSIGN_OR_RETURN(auto record,
                      GetRecord<store::AgentRecord>(transaction, keys::Agent(agent)));
  return record.has_value() && IsElsewhere(sessions, record->value);
}

absl::StatusOr<std::vector<std::string>> ConnectedAgents(Transaction& transaction,
                                                         const SessionHub& sessions) {
  std::vector<std::string> connected;
  GB_ASSIGN_OR_RETURN(auto documents, transaction.List(keys::kAgents, "", kMostAgents));
  for (Document& document : documents) {
    std::string agent = document.key.substr(keys::kAgents.size());
    // Of one that is damaged this server knows whether it is here.
    const auto record = DecodeRecord<store::AgentRecord>(std::move(document));
    if (record.ok() && WhetherKeptOut(record->value) != KeptOut::kNot) continue;
    if (IsConnected(sessions, agent,
                    record.ok() ? record->value : store::AgentRecord())) {
      connected.push_back(std::move(agent));
    }
  }
  return connected;
}

}  // namespace guestbridge::server
