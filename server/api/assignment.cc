#include "server/api/assignment.h"

#include <algorithm>
#include <set>
#include <utility>
#include <vector>

#include "absl/strings/str_join.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"
#include "server/api/enrollments.h"
#include "server/api/keys.h"
#include "server/api/presence.h"
#include "server/api/proto_time.h"
#include "server/api/run_state.h"
#include "server/api/stored_runs.h"
#include "server/identity/peer_certificate.h"
#include "server/store/record.pb.h"
#include "server/store/record_codec.h"

namespace guestbridge::server {
namespace {

// Who reaches some integrations only hears of the agents of those.
absl::Status KeepWithin(Transaction& transaction, const Reach& reach,
                        std::vector<std::string>* agents) {
  if (reach.everything()) return absl::OkStatus();
  GB_ASSIGN_OR_RETURN(const std::set<std::string> own,
                      AgentsWithin(transaction, reach));
  agents->erase(
      std::remove_if(agents->begin(), agents->end(),
                     [&](const std::string& agent) { return !own.contains(agent); }),
      agents->end());
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::set<std::string>> AgentsWithin(Transaction& transaction,
                                                   const Reach& reach) {
  std::set<std::string> agents;
  GB_ASSIGN_OR_RETURN(const auto integrations,
                      ListRecords<store::IntegrationRecord>(
                          transaction, keys::kIntegrations, "", 100000));
  for (const auto& integration : integrations) {
    const std::string id = integration.key.substr(keys::kIntegrations.size());
    if (!reach.Has(id)) continue;
    GB_ASSIGN_OR_RETURN(std::string agent, ChosenAgent(transaction, id));
    if (!agent.empty()) agents.insert(std::move(agent));
    const std::string& standby = integration.value.integration().standby_agent();
    if (!standby.empty()) agents.insert(standby);
  }
  return agents;
}

absl::StatusOr<std::string> AssignedAgent(Transaction& transaction,
                                          const std::string& id) {
  GB_ASSIGN_OR_RETURN(auto connection, GetRecord<store::ConnectionRecord>(
                                           transaction, keys::Connection(id)));
  if (!connection.has_value()) return std::string();
  if (!connection->value.connection().agent().empty()) {
    return connection->value.connection().agent();
  }
  GB_ASSIGN_OR_RETURN(auto integration, GetRecord<store::IntegrationRecord>(
                                            transaction, keys::Integration(id)));
  if (!integration.has_value()) return std::string();
  return integration->value.assigned_agent();
}

absl::StatusOr<std::string> ChosenAgent(Transaction& transaction,
                                        const std::string& id) {
  GB_ASSIGN_OR_RETURN(std::string agent, AssignedAgent(transaction, id));
  if (!agent.empty()) return agent;
  GB_ASSIGN_OR_RETURN(auto integration, GetRecord<store::IntegrationRecord>(
                                            transaction, keys::Integration(id)));
  return integration.has_value() ? integration->value.assigned_agent() : std::string();
}

absl::Status CheckAssigned(Transaction& transaction, const std::string& id,
                           const std::string& agent) {
  GB_ASSIGN_OR_RETURN(const std::string assigned, AssignedAgent(transaction, id));
  if (assigned == agent) return absl::OkStatus();
  return MakeError("INTEGRATION_NOT_ASSIGNED", {{"integration", id}, {"agent", agent}});
}

absl::StatusOr<bool> HasEnrolledAgent(Transaction& transaction) {
  // Nearly always the first: each holds a certificate, and there may be hundreds.
  constexpr int kPage = 4;
  std::string last;
  while (true) {
    GB_ASSIGN_OR_RETURN(auto documents, transaction.List(kEnrollmentKeys, last, kPage));
    const bool ends = documents.size() < kPage;
    if (!ends) last = documents.back().key;
    for (Document& document : documents) {
      const auto record = DecodeRecord<store::EnrollmentRecord>(std::move(document));
      // One that is damaged was somebody's: nothing goes to anybody by itself.
      if (!record.ok() || !record->value.current().fingerprint().empty()) return true;
    }
    if (ends) return false;
  }
}

absl::StatusOr<std::string> WhyUnassigned(Transaction& transaction,
                                          const SessionHub& sessions) {
  GB_ASSIGN_OR_RETURN(const bool enrolled, HasEnrolledAgent(transaction));
  if (enrolled) return std::string("AGENT_NOT_ASSIGNED");
  GB_ASSIGN_OR_RETURN(const std::vector<std::string> connected,
                      ConnectedAgents(transaction, sessions));
  return std::string(connected.size() > 1 ? "AGENT_NOT_CHOSEN" : "AGENT_NOT_CONNECTED");
}

absl::StatusOr<bool> IsFree(Transaction& transaction, const std::string& id,
                            const SessionHub& sessions) {
  GB_ASSIGN_OR_RETURN(auto connection, GetRecord<store::ConnectionRecord>(
                                           transaction, keys::Connection(id)));
  if (!connection.has_value() || !connection->value.connection().agent().empty()) {
    return false;
  }
  GB_ASSIGN_OR_RETURN(const bool enrolled, HasEnrolledAgent(transaction));
  if (enrolled) return false;
  GB_ASSIGN_OR_RETURN(const std::string present, AssignedAgent(transaction, id));
  if (present.empty()) return true;
  GB_ASSIGN_OR_RETURN(auto integration, GetRecord<store::IntegrationRecord>(
                                            transaction, keys::Integration(id)));
  if (integration.has_value() && integration->value.agent_fixed()) return false;
  // Its standby comes next, by rules of its own.
  if (integration.has_value() &&
      !integration->value.integration().standby_agent().empty()) {
    return false;
  }
  // Whoever may not come is gone, though its stream may last another second.
  GB_ASSIGN_OR_RETURN(const KeptOut out, WhetherKeptOut(transaction, present));
  bool gone = out != KeptOut::kNot;
  if (!gone) {
    GB_ASSIGN_OR_RETURN(const bool connected,
                        IsConnected(transaction, sessions, present));
    if (connected) return false;
    GB_ASSIGN_OR_RETURN(
        auto agent, GetRecord<store::AgentRecord>(transaction, keys::Agent(present)));
    // Stored as connected: it has not said goodbye.
    gone = !agent.has_value() || !agent->value.agent().connected() ||
           sessions.IsForgotten(present,
                                FromTimestamp(agent->value.agent().last_seen_time()));
  }
  if (!gone) return false;
  GB_ASSIGN_OR_RETURN(const auto runs, UnfinishedRuns(transaction, id));
  return std::none_of(runs.begin(), runs.end(), [](const store::RunRecord& record) {
    return record.run().state() == v1::Run::RUNNING;
  });
}

absl::StatusOr<std::string> AssignWhenAlone(Transaction& transaction,
                                            const std::string& id,
                                            const SessionHub& sessions) {
  GB_ASSIGN_OR_RETURN(const bool free, IsFree(transaction, id, sessions));
  if (!free) return std::string();
  GB_ASSIGN_OR_RETURN(const std::vector<std::string> agents,
                      ConnectedAgents(transaction, sessions));
  if (agents.size() != 1) return std::string();
  GB_ASSIGN_OR_RETURN(auto integration, GetRecord<store::IntegrationRecord>(
                                            transaction, keys::Integration(id)));
  if (!integration.has_value()) return std::string();
  integration->value.set_assigned_agent(agents.front());
  GB_RETURN_IF_ERROR(PutRecord(transaction, keys::Integration(id), integration->value));
  return agents.front();
}

absl::StatusOr<std::optional<v1::Explanation>> WhyUnattended(
    Transaction& transaction, const SessionHub& sessions, const std::string& id,
    const std::string& assigned, const Reach& reach) {
  GB_ASSIGN_OR_RETURN(const bool attended,
                      IsConnected(transaction, sessions, assigned));
  if (attended) return std::nullopt;
  v1::Explanation why;
  (*why.mutable_parameters())["integration"] = id;
  if (assigned.empty()) {
    GB_ASSIGN_OR_RETURN(const std::string reason, WhyUnassigned(transaction, sessions));
    why.set_reason(reason);
    return why;
  }
  (*why.mutable_parameters())["agent"] = assigned;
  // To start one that may not come helps nobody.
  GB_ASSIGN_OR_RETURN(const KeptOut out, WhetherKeptOut(transaction, assigned));
  why.set_reason(WhyAway(out));
  if (out != KeptOut::kNot) return why;
  GB_ASSIGN_OR_RETURN(std::vector<std::string> connected,
                      ConnectedAgents(transaction, sessions));
  GB_RETURN_IF_ERROR(KeepWithin(transaction, reach, &connected));
  if (!connected.empty()) {
    why.set_reason("AGENT_AWAY");
    (*why.mutable_parameters())["connected"] = absl::StrJoin(connected, ", ");
    (*why.mutable_parameters())["other"] = connected.front();
  }
  return why;
}

}  // namespace guestbridge::server
