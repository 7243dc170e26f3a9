#include "server/api/standby.h"

#include <algorithm>
#include <utility>

#include "common/resource/resource_name.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"
#include "server/api/assignment.h"
#include "server/api/enrollments.h"
#include "server/api/keys.h"
#include "server/api/portal_address.h"
#include "server/api/presence.h"
#include "server/api/proto_time.h"
#include "server/api/stored_runs.h"
#include "server/store/record.pb.h"
#include "server/store/record_codec.h"

namespace guestbridge::server {
namespace {

absl::StatusOr<bool> IsSilent(Transaction& transaction, const std::string& agent,
                              const SessionHub& sessions) {
  GB_ASSIGN_OR_RETURN(const bool connected, IsConnected(transaction, sessions, agent));
  if (connected) return false;
  GB_ASSIGN_OR_RETURN(auto record,
                      GetRecord<store::AgentRecord>(transaction, keys::Agent(agent)));
  absl::Time heard = sessions.LastHeard(agent);
  if (record.has_value()) {
    heard = std::max(heard, FromTimestamp(record->value.agent().last_seen_time()));
  }
  return !sessions.IsFresh(heard);
}

absl::StatusOr<bool> HasLease(Transaction& transaction, const std::string& id,
                              const v1::Connection& connection, absl::Time now) {
  GB_ASSIGN_OR_RETURN(auto binding,
                      GetRecord<store::BindingRecord>(transaction, keys::Binding(id)));
  if (!binding.has_value()) return false;
  GB_ASSIGN_OR_RETURN(auto lease,
                      GetRecord<store::LeaseRecord>(
                          transaction, keys::Lease(binding->value.base_identity(),
                                                   PortalKey(connection))));
  return lease.has_value() &&
         now < absl::FromUnixMillis(lease->value.expire_unix_millis());
}

}  // namespace

absl::Status CheckStandby(Transaction& transaction, const std::string& id,
                          const std::string& agent, const Reach& reach) {
  if (agent.empty()) return absl::OkStatus();
  constexpr char kField[] = "integration.standby_agent";
  if (!IsAgentId(agent)) {
    return MakeFieldError(kField, "AGENT_NAME_INVALID", {{"agent", agent}});
  }
  GB_ASSIGN_OR_RETURN(const std::string serving, ChosenAgent(transaction, id));
  if (serving == agent) {
    return MakeError("STANDBY_SERVES", {{"integration", id}, {"agent", agent}});
  }
  GB_ASSIGN_OR_RETURN(const auto known, transaction.Get(keys::Agent(agent)));
  bool may_be_named = known.has_value();
  // Another hotel's agent stands in another hotel's network.
  if (may_be_named && !reach.everything()) {
    GB_ASSIGN_OR_RETURN(const auto own, AgentsWithin(transaction, reach));
    may_be_named = own.contains(agent);
  }
  if (may_be_named) return absl::OkStatus();
  return MakeFieldError(kField, "AGENT_NOT_FOUND", {{"agent", agent}});
}

absl::StatusOr<std::optional<v1::Explanation>> WhyNobodyStandsBy(
    Transaction& transaction, const SessionHub& sessions, const std::string& id,
    const std::string& standby, const std::string& serving) {
  if (standby.empty()) return std::nullopt;
  GB_ASSIGN_OR_RETURN(const bool connected,
                      IsConnected(transaction, sessions, standby));
  if (connected && standby != serving) return std::nullopt;
  v1::Explanation why;
  why.set_reason("STANDBY_AWAY");
  if (standby == serving) {
    why.set_reason("STANDBY_SERVES");
  } else {
    // To start one that may not come helps nobody.
    GB_ASSIGN_OR_RETURN(const KeptOut out, WhetherKeptOut(transaction, standby));
    if (out == KeptOut::kBanned) why.set_reason("STANDBY_BANNED");
    if (out == KeptOut::kEvicted) why.set_reason("STANDBY_EVICTED");
  }
  (*why.mutable_parameters())["integration"] = id;
  (*why.mutable_parameters())["agent"] = standby;
  return why;
}

absl::StatusOr<bool> IsTakeoverDue(Transaction& transaction, const std::string& id,
                                   const SessionHub& sessions) {
  GB_ASSIGN_OR_RETURN(auto integration, GetRecord<store::IntegrationRecord>(
                                            transaction, keys::Integration(id)));
  GB_ASSIGN_OR_RETURN(auto connection, GetRecord<store::ConnectionRecord>(
                                           transaction, keys::Connection(id)));
  if (!integration.has_value() || !connection.has_value()) return false;
  const std::string& standby = integration->value.integration().standby_agent();
  GB_ASSIGN_OR_RETURN(const std::string serving, AssignedAgent(transaction, id));
  if (standby.empty() || serving.empty() || standby == serving ||
      sessions.Connected(standby) == nullptr) {
    return false;
  }
  // Its stream is about to end.
  GB_ASSIGN_OR_RETURN(const KeptOut out, WhetherKeptOut(transaction, standby));
  if (out != KeptOut::kNot) return false;
  GB_ASSIGN_OR_RETURN(const bool silent, IsSilent(transaction, serving, sessions));
  if (!silent) return false;
  GB_ASSIGN_OR_RETURN(const bool leased,
                      HasLease(transaction, id, connection->value.connection(),
                               sessions.clock().Now()));
  return !leased;
}

absl::StatusOr<Takeover> TakeOver(Transaction& transaction, const std::string& id,
                                  const SessionHub& sessions) {
  GB_ASSIGN_OR_RETURN(const bool due, IsTakeoverDue(transaction, id, sessions));
  if (!due) return Takeover();
  GB_ASSIGN_OR_RETURN(auto record, GetRecord<store::IntegrationRecord>(
                                       transaction, keys::Integration(id)));
  Takeover takeover;
  GB_ASSIGN_OR_RETURN(takeover.from, AssignedAgent(transaction, id));
  takeover.to = record->value.integration().standby_agent();
  const absl::Time now = sessions.clock().Now();
  *record->value.mutable_integration()->mutable_takeover_time() = ToTimestamp(now);
  record->value.set_assigned_agent(takeover.to);
  GB_RETURN_IF_ERROR(PutRecord(transaction, keys::Integration(id), record->value));

  GB_ASSIGN_OR_RETURN(auto connection, GetRecord<store::ConnectionRecord>(
                                           transaction, keys::Connection(id)));
  v1::Connection& settings = *connection->value.mutable_connection();
  if (!settings.agent().empty()) {
    settings.set_agent(takeover.to);
    *settings.mutable_update_time() = ToTimestamp(now);
    GB_RETURN_IF_ERROR(PutRecord(transaction, keys::Connection(id), connection->value));
  }
  GB_RETURN_IF_ERROR(ChangePlaces(transaction, id, takeover.from, now));
  return takeover;
}

absl::Status ChangePlaces(Transaction& transaction, const std::string& id,
                          const std::string& served, absl::Time now) {
  GB_ASSIGN_OR_RETURN(auto record, GetRecord<store::IntegrationRecord>(
                                       transaction, keys::Integration(id)));
  GB_ASSIGN_OR_RETURN(const std::string serving, ChosenAgent(transaction, id));
  if (!record.has_value() || serving.empty() || serving == served ||
      record->value.integration().standby_agent() != serving) {
    return absl::OkStatus();
  }
  v1::Integration& integration = *record->value.mutable_integration();
  integration.set_standby_agent(served);
  *integration.mutable_update_time() = ToTimestamp(now);
  GB_ASSIGN_OR_RETURN(const int64_t etag, transaction.NextNumber("integration-etags"));
  integration.set_etag(std::to_string(etag));
  GB_RETURN_IF_ERROR(PutRecord(transaction, keys::Integration(id), record->value));

  GB_ASSIGN_OR_RETURN(auto runs, UnfinishedRuns(transaction, id));
  for (store::RunRecord& run : runs) {
    if (run.run().agent().empty()) continue;
    run.mutable_run()->set_agent(serving);
    GB_ASSIGN_OR_RETURN(const RunId name, ParseRunName(run.run().name()));
    GB_RETURN_IF_ERROR(
        PutRecord(transaction, keys::Run(name.integration, name.number), run));
  }
  return absl::OkStatus();
}

}  // namespace guestbridge::server
