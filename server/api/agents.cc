#include "server/api/agents.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/log/log.h"
#include "common/resource/page.h"
#include "common/resource/protocol_version.h"
#include "common/resource/resource_name.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"
#include "server/api/agent_health.h"
#include "server/api/assignment.h"
#include "server/api/enrollments.h"
#include "server/api/keys.h"
#include "server/api/presence.h"
#include "server/api/proto_time.h"
#include "server/identity/peer_certificate.h"
#include "server/store/record.pb.h"
#include "server/store/record_codec.h"

namespace guestbridge::server {
namespace {

constexpr int kMaxListed = 64;
constexpr size_t kMaxText = 200;

Session::Claim ClaimOf(const Caller& caller, const std::string& agent) {
  if (caller.principal == AgentName(agent)) return Session::Claim::kCertificate;
  return caller.agent.empty() && ParseApiTokenName(caller.principal).ok()
             ? Session::Claim::kAnyName
             : Session::Claim::kOwnName;
}

}  // namespace

absl::StatusOr<Agents::Assignments> Agents::Assigned(Transaction& transaction) {
  Assignments assigned;
  GB_ASSIGN_OR_RETURN(const auto documents,
                      transaction.List(keys::kConnections, "", 100000));
  for (const Document& document : documents) {
    const std::string integration = document.key.substr(keys::kConnections.size());
    GB_ASSIGN_OR_RETURN(const std::string agent,
                        AssignedAgent(transaction, integration));
    assigned.emplace(agent, integration);
  }
  return assigned;
}

// What is stored, and what is known now.
absl::Status Agents::View(Transaction& transaction, const Assignments& assigned,
                          const SentConfigurations& all_sent, const std::string& id,
                          const store::AgentRecord& record, v1::Agent* agent) {
  *agent = record.agent();
  agent->set_connected(IsConnected(sessions_, id, record));
  const absl::Time heard = sessions_.LastHeard(id);
  if (heard > FromTimestamp(agent->last_seen_time())) {
    *agent->mutable_last_seen_time() = ToTimestamp(heard);
  }
  const auto known = agent->integrations();
  agent->clear_integrations();
  agent->set_banned(record.banned());
  GB_RETURN_IF_ERROR(ViewEnrollment(transaction, id, clock_.Now(), agent));
  const auto [begin, end] = assigned.equal_range(id);
  for (auto it = begin; it != end; ++it) {
    const std::string& integration = it->second;
    v1::AgentIntegration& entry = *agent->add_integrations();
    for (const v1::AgentIntegration& stored : known) {
      if (stored.integration() == IntegrationName(integration)) entry = stored;
    }
    entry.set_integration(IntegrationName(integration));
    const auto sent = all_sent.find({id, integration});
    if (sent == all_sent.end()) continue;
    entry.set_sent_revision(sent->second.revision);
    entry.set_sent_fingerprint(sent->second.fingerprint);
  }
  GB_ASSIGN_OR_RETURN(const auto report,
                      reports_.Find(transaction, id, record.session_epoch()));
  ShowReport(report, clock_.Now(), WhetherKeptOut(record), agent);
  SumUpHealth(agent);
  return absl::OkStatus();
}

bool Agents::KeepWithin(const Reach& reach, v1::Agent* agent) {
  if (reach.everything()) return true;
  const auto is_out_of_reach = [&](const std::string& integration) {
    const auto id = ParseIntegrationName(integration);
    return !id.ok() || !reach.Has(*id);
  };
  auto& all = *agent->mutable_integrations();
  all.erase(std::remove_if(all.begin(), all.end(),
                           [&](const v1::AgentIntegration& entry) {
                             return is_out_of_reach(entry.integration());
                           }),
            all.end());
  auto& problems = *agent->mutable_problems();
  problems.erase(std::remove_if(problems.begin(), problems.end(),
                                [&](const v1::AgentProblem& problem) {
                                  return !problem.integration().empty() &&
                                         is_out_of_reach(problem.integration());
                                }),
                 problems.end());
  SumUpHealth(agent);
  return !all.empty();
}

absl::StatusOr<v1::Agent> Agents::Get(const std::string& name, const Reach& reach) {
  GB_ASSIGN_OR_RETURN(const std::string id, ParseAgentName(name));
  v1::Agent agent;
  // Outside of the transaction: the dispatcher holds its lock while it reads the store.
  const SentConfigurations sent = dispatcher_.Sent();
  GB_RETURN_IF_ERROR(store_.Read([&](Transaction& transaction) -> absl::Status {
    GB_ASSIGN_OR_RETURN(const Assignments assigned, Assigned(transaction));
    GB_ASSIGN_OR_RETURN(auto record,
                        GetRecord<store::AgentRecord>(transaction, keys::Agent(id)));
    if (!record.has_value()) return MakeError("AGENT_NOT_FOUND", {{"agent", id}});
    GB_RETURN_IF_ERROR(View(transaction, assigned, sent, id, record->value, &agent));
    if (KeepWithin(reach, &agent)) return absl::OkStatus();
    return MakeError("AGENT_NOT_FOUND", {{"agent", id}});
  }));
  return agent;
}

absl::StatusOr<v1::ListAgentsResponse> Agents::List(
    const v1::ListAgentsRequest& request, const Reach& reach) {
  GB_ASSIGN_OR_RETURN(const int size, EffectivePageSize(request.page_size()));
  GB_ASSIGN_OR_RETURN(const std::string after,
                      DecodePageToken("agents", request.page_token()));
  v1::ListAgentsResponse response;
  const SentConfigurations sent = dispatcher_.Sent();
  GB_RETURN_IF_ERROR(store_.Read([&](Transaction& transaction) -> absl::Status {
    response.Clear();
    GB_ASSIGN_OR_RETURN(const Assignments assigned, Assigned(transaction));
    std::string last = after;
    while (true) {
      GB_ASSIGN_OR_RETURN(
          const auto records,
          ListRecords<store::AgentRecord>(transaction, keys::kAgents, last, size + 1));
      for (const auto& record : records) {
        v1::Agent agent;
        GB_RETURN_IF_ERROR(View(transaction, assigned, sent,
                                record.key.substr(keys::kAgents.size()), record.value,
                                &agent));
        if (!KeepWithin(reach, &agent)) continue;
        if (response.agents_size() == size) {
          // The last that was shown: the token tells of no other.
          response.set_next_page_token(EncodePageToken(
              "agents", keys::Agent(response.agents(size - 1).name().substr(
                            keys::kAgents.size()))));
          return absl::OkStatus();
        }
        *response.add_agents() = std::move(agent);
      }
      if (records.size() <= static_cast<size_t>(size)) return absl::OkStatus();
      last = records.back().key;
    }
  }));
  return response;
}

absl::Status Agents::Outrun(const std::string& id, CommitMark told) {
  const int64_t rewinds = store_.Rewinds();
  GB_ASSIGN_OR_RETURN(const bool credible, store_.Outrun(told));
  if (credible && store_.Rewinds() == rewinds) return absl::OkStatus();
  log::Warning(credible ? "database_behind_agent" : "agent_revision_not_credible",
               {{"agent", id}, {"revision", told.revision}});
  return absl::OkStatus();
}

absl::StatusOr<store::AgentRecord> Agents::Admit(Transaction& transaction,
                                                 const v1::HelloRequest& request,
                                                 const Caller& caller) {
  const std::string& id = request.agent();
  // A token that may take any name takes none that is proved by a certificate.
  const Session::Claim claim = ClaimOf(caller, id);
  if (claim == Session::Claim::kAnyName) {
    GB_ASSIGN_OR_RETURN(const auto enrollment, GetRecord<store::EnrollmentRecord>(
                                                   transaction, EnrollmentKey(id)));
    if (enrollment.has_value() && enrollment->value.has_current()) {
      return MakeError("AGENT_HAS_CERTIFICATE", {{"agent", id}});
    }
  }
  const std::shared_ptr<Session> live = sessions_.Live(id);
  GB_ASSIGN_OR_RETURN(auto stored,
                      GetRecord<store::AgentRecord>(transaction, keys::Agent(id)));
  store::AgentRecord record =
      stored.has_value() ? std::move(stored->value) : store::AgentRecord();
  if (record.banned()) return MakeError("AGENT_BANNED", {{"agent", id}});
  // This server may just have started, or the agent was at another since: that one is
  // given the time to come back.
  const absl::Time last_seen = FromTimestamp(record.agent().last_seen_time());
  const bool may_come_back = live == nullptr && record.agent().connected() &&
                             clock_.Now() - last_seen < SessionHub::kLiveness;
  // Whoever was evicted since keeps no name.
  const bool lives =
      !IsEvicted(record) && (IsElsewhere(sessions_, record) ||
                             (may_come_back && sessions_.LastHeard(id) < last_seen));
  const auto is_kept = [&](const std::string& holder, Session::Claim its_claim) {
    return holder != request.installation() && !Session::Yields(its_claim, claim);
  };
  const Session::Claim stored_claim =
      record.installation() == record.any_name_installation()
          ? Session::Claim::kAnyName
          : Session::Claim::kOwnName;
  if ((live != nullptr &&
       is_kept(live->identity().installation, live->identity().claim)) ||
      (lives && is_kept(record.installation(), stored_claim))) {
    return MakeError("AGENT_NAME_IN_USE", {{"agent", id}});
  }
  return record;
}

absl::StatusOr<v1::HelloResponse> Agents::Hello(const v1::HelloRequest& request,
                                                const Caller& caller) {
  const std::string& id = request.agent();
  if (!IsAgentId(id)) {
    return MakeFieldError("agent", "AGENT_NAME_INVALID", {{"agent", id}});
  }
  if (request.installation().empty() || request.installation().size() > kMaxText) {
    return MakeFieldError("installation", "INSTALLATION_INVALID");
  }
  const ProtocolRange own;
  switch (JudgeProtocols({request.protocol(), request.oldest_protocol()}, own)) {
    case ProtocolFit::kFits:
      break;
    case ProtocolFit::kAgentTooOld:
      return MakeError("AGENT_TOO_OLD",
                       {{"protocol", absl::StrCat(std::max(1, request.protocol()))},
                        {"oldest", absl::StrCat(own.oldest)}});
    case ProtocolFit::kServerTooOld:
      return MakeError("SERVER_TOO_OLD",
                       {{"protocol", absl::StrCat(own.protocol)},
                        {"oldest", absl::StrCat(request.oldest_protocol())}});
  }
  // Only who may have the name is believed.
  if (request.known_revision() > 0) {
    GB_RETURN_IF_ERROR(store_.Read([&](Transaction& transaction) {
      return Admit(transaction, request, caller).status();
    }));
    GB_RETURN_IF_ERROR(
        Outrun(id, {.revision = request.known_revision(), .tag = request.known_tag()}));
  }
  Session::Identity identity;
  identity.agent = id;
  identity.principal = caller.principal;
  identity.claim = ClaimOf(caller, id);
  identity.installation = request.installation();
  identity.version = request.version().substr(0, kMaxText);
  identity.rules_digest = request.rules_digest().substr(0, kMaxText);
  for (const v1::LedgerIdentity& ledger : request.ledgers()) {
    const auto integration = ParseIntegrationName(ledger.integration());
    if (integration.ok()) identity.held.insert(*integration);
  }
  CommitMark mark;
  GB_RETURN_IF_ERROR(
      store_
          .Write([&](Transaction& transaction) -> absl::Status {
            GB_ASSIGN_OR_RETURN(mark, transaction.Mark());
            GB_ASSIGN_OR_RETURN(store::AgentRecord record,
                                Admit(transaction, request, caller));
            GB_ASSIGN_OR_RETURN(identity.epoch,
                                transaction.NextNumber("session-epochs"));
            // Also what it has settings of, and no ledger.
            for (const v1::AgentIntegration& had : record.agent().integrations()) {
              const auto integration = ParseIntegrationName(had.integration());
              if (integration.ok()) identity.held.insert(*integration);
            }
            record.set_installation(request.installation());
            record.set_any_name_installation(identity.claim == Session::Claim::kAnyName
                                                 ? request.installation()
                                                 : "");
            record.set_session_epoch(identity.epoch);
            record.clear_server();
            v1::Agent& agent = *record.mutable_agent();
            agent.set_name(AgentName(id));
            // Stored: it has not said goodbye.
            agent.set_connected(true);
            agent.set_version(identity.version);
            *agent.mutable_last_seen_time() = ToTimestamp(clock_.Now());
            agent.clear_capabilities();
            identity.capabilities.clear();
            for (const std::string& capability : request.capabilities()) {
              if (agent.capabilities_size() == kMaxListed) break;
              agent.add_capabilities(capability.substr(0, kMaxText));
              identity.capabilities.push_back(capability);
            }
            return PutRecord(transaction, keys::Agent(id), record);
          })
          .status());
  GB_ASSIGN_OR_RETURN(const std::shared_ptr<Session> session,
                      sessions_.Open(std::move(identity)));
  // What ended it since the commit found no session to end.
  const absl::Status valid = StillValid(*session);
  if (!valid.ok()) {
    End({{session, valid}});
    return valid;
  }
  IsDue(id);  // Written just now.
  log::Info("agent_hello", {{"agent", id}, {"version", request.version()}});
  v1::HelloResponse response;
  response.set_session(session->identity().token);
  *response.mutable_heartbeat() = ToProtoDuration(kHeartbeat);
  response.set_revision(mark.revision);
  response.set_tag(mark.tag);
  response.set_protocol(own.protocol);
  response.set_oldest_protocol(own.oldest);
  return response;
}

absl::Status Agents::Acknowledge(const Session& session,
                                 const v1::AcknowledgeConfigurationRequest& request) {
  GB_ASSIGN_OR_RETURN(const std::string integration,
                      ParseIntegrationName(request.integration()));
  const std::string& id = session.identity().agent;
  const SentConfiguration sent = dispatcher_.SentTo(id, integration);
  const v1::Explanation rejection = BoundedExplanation(request.rejection());
  bool is_own = false;
  const absl::StatusOr<int64_t> written =
      store_.Write([&](Transaction& transaction) -> absl::Status {
        is_own = false;
        GB_ASSIGN_OR_RETURN(
            auto record, GetRecord<store::AgentRecord>(transaction, keys::Agent(id)));
        if (!record.has_value()) return MakeError("AGENT_NOT_FOUND", {{"agent", id}});
        // Another's by now, or never its own: nothing to remember, and nothing to
        // repeat.
        GB_ASSIGN_OR_RETURN(const std::string assigned,
                            AssignedAgent(transaction, integration));
        if (assigned != id) return absl::OkStatus();
        is_own = true;
        v1::Agent& agent = *record->value.mutable_agent();
        v1::AgentIntegration* entry = nullptr;
        for (v1::AgentIntegration& known : *agent.mutable_integrations()) {
          if (known.integration() == request.integration()) entry = &known;
        }
        if (entry == nullptr) {
          entry = agent.add_integrations();
          entry->set_integration(request.integration());
        }
        if (request.revision() < entry->sent_revision()) return absl::OkStatus();
        entry->set_sent_revision(request.revision());
        entry->set_sent_fingerprint(
            sent.revision == request.revision() ? sent.fingerprint : "");
        if (request.has_rejection()) {
          *entry->mutable_rejection() = rejection;
          entry->set_rejected_revision(request.revision());
          store::AgentRecord::Rejection& rejected =
              (*record->value.mutable_rejections())[integration];
          rejected.set_revision(request.revision());
          rejected.set_version(session.identity().version);
          rejected.set_rules_digest(session.identity().rules_digest);
        } else {
          entry->set_applied_revision(request.revision());
          entry->clear_rejection();
          entry->clear_rejected_revision();
          record->value.mutable_rejections()->erase(integration);
        }
        return PutRecord(transaction, keys::Agent(id), record->value);
      });
  if (is_own && request.has_rejection()) {
    log::Warning("configuration_rejected", {{"agent", id},
                                            {"integration", request.integration()},
                                            {"revision", request.revision()},
                                            {"reason", rejection.reason()}});
  }
  return written.status();
}

absl::Status Agents::TakeReport(const Session& session, const v1::AgentReport& report) {
  if (!reports_.Take(session, report)) return absl::OkStatus();
  const Session::Identity& who = session.identity();
  GB_RETURN_IF_ERROR(
      store_
          .Write([&](Transaction& transaction) -> absl::Status {
            GB_ASSIGN_OR_RETURN(auto record, GetRecord<store::AgentRecord>(
                                                 transaction, keys::Agent(who.agent)));
            // Gone on at another server already.
            if (!record.has_value() || record->value.session_epoch() != who.epoch) {
              return absl::OkStatus();
            }
            return reports_.Put(transaction, {who.agent}, /*at_once=*/true);
          })
          .status());
  reports_.Written({who.agent});
  return absl::OkStatus();
}

absl::Status Agents::Goodbye(const std::shared_ptr<Session>& session) {
  const std::string& id = session->identity().agent;
  // First: nobody vouches any more for what is written off here.
  sessions_.Close(session);
  const absl::Status released = leases_.Release(session->identity().installation);
  const auto noted = store_.Write([&](Transaction& transaction) -> absl::Status {
    GB_ASSIGN_OR_RETURN(auto record,
                        GetRecord<store::AgentRecord>(transaction, keys::Agent(id)));
    // Gone on at another server already.
    if (!record.has_value() ||
        record->value.session_epoch() > session->identity().epoch) {
      return absl::OkStatus();
    }
    record->value.clear_server();
    record->value.mutable_agent()->set_connected(false);
    *record->value.mutable_agent()->mutable_last_seen_time() =
        ToTimestamp(clock_.Now());
    return PutRecord(transaction, keys::Agent(id), record->value);
  });
  log::Info("agent_goodbye", {{"agent", id}});
  GB_RETURN_IF_ERROR(released);
  return noted.status();
}

}  // namespace guestbridge::server
