#include "server/server_parts.h"

#include <algorithm>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/http/http_client.h"
#include "common/log/log.h"
#include "common/resource/resource_name.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"
#include "server/api/event_rules.h"
#include "server/api/keys.h"
#include "server/api/presence.h"
#include "server/api/token_credentials.h"
#include "server/audit/asked_task.h"
#include "server/identity/api_tokens.h"
#include "server/notice/notice_command.h"
#include "server/store/record_codec.h"

namespace guestbridge::server {
namespace {

// Little is left over after each look.
constexpr absl::Duration kPruneEvery = absl::Minutes(1);
constexpr absl::Duration kGaugeEvery = absl::Seconds(10);
constexpr absl::Duration kNoticeEvery = absl::Seconds(15);
constexpr absl::Duration kExpireEvery = absl::Milliseconds(500);
constexpr absl::Duration kCatchUpEvery = absl::Seconds(1);
constexpr absl::Duration kAuditEvery = absl::Seconds(10);
// For other servers. One that has its database alone writes down now and then that
// silent agents are not gone: it may be killed.
constexpr absl::Duration kVouchEvery = absl::Seconds(5);
constexpr absl::Duration kVouchAloneEvery = absl::Minutes(10);
// So long after a rotation another server may still seal with the key before.
constexpr absl::Duration kResealEvery = absl::Seconds(5);
// A server of before may have lost its connections for so long and come back.
constexpr absl::Duration kOlderServersGone = absl::Minutes(2);
constexpr absl::Duration kNoticeLimit = absl::Seconds(20);

constexpr char kVersion[] = "0.1.0";

// Starts what the schedule asks for. What cannot start now is passed over, so that it
// does not begin by itself at some odd moment later.
absl::StatusOr<FiringOutcome> StartScheduled(Runs& runs, Transaction& transaction,
                                             const std::string& id) {
  GB_ASSIGN_OR_RETURN(auto events,
                      GetRecord<store::EventsRecord>(transaction, keys::Events(id)));
  const std::vector<std::string> off =
      DisabledEvents(events.has_value() ? events->value : store::EventsRecord());
  if (std::find(off.begin(), off.end(), "schedule") != off.end()) {
    log::Info("schedule_passed_over", {{"integration", id}, {"reason", "EVENT_OFF"}});
    return FiringOutcome::kRunInProgress;
  }
  RunOrder order;
  order.integration = id;
  order.trigger = v1::Run::SCHEDULE;
  const absl::StatusOr<v1::Run> run = runs.StartIn(transaction, order);
  if (run.ok()) return FiringOutcome::kStarted;
  const std::string reason = ReasonOf(run.status());
  if (reason == "RUN_IN_PROGRESS" || reason == "MAPPING_NOT_SAVED" ||
      reason == "CONNECTION_NOT_SET" || reason == "INTEGRATION_INACTIVE") {
    log::Warning("schedule_passed_over", {{"integration", id}, {"reason", reason}});
    return FiringOutcome::kRunInProgress;
  }
  return run.status();
}

// What an API token is called; empty when it is none, or gone.
absl::StatusOr<std::string> NameOfToken(Store& store, const std::string& principal) {
  std::string name;
  const auto id = ParseApiTokenName(principal);
  if (!id.ok()) return name;
  GB_RETURN_IF_ERROR(store.Read([&](Transaction& transaction) -> absl::Status {
    const auto token = FindApiToken(transaction, *id);
    // One that is damaged holds up no configuration.
    if (absl::IsDataLoss(token.status())) return absl::OkStatus();
    GB_RETURN_IF_ERROR(token.status());
    name = token->has_value() ? (*token)->value.token().name() : "";
    return absl::OkStatus();
  }));
  return name;
}

}  // namespace

Server::Parts::Parts(DataDirectory data_directory,
                     std::unique_ptr<AuditedStore> opened_store,
                     std::unique_ptr<SecretKeys> opened_keys,
                     std::unique_ptr<TokenManager> manager,
                     absl::StatusOr<AgentAuthority> authority,
                     std::optional<ClientAuthority> client_authority,
                     const ServerOptions& options, const ServerIdentity& identity,
                     const DatabaseChoice& database, bool shared, const Clock& clock,
                     Random& random)
    : directory(std::move(data_directory)),
      store(std::move(opened_store)),
      secret_keys(std::move(opened_keys)),
      tokens(std::move(manager)),
      registry(std::make_shared<prometheus::Registry>()),
      calls(prometheus::BuildCounter()
                .Name("guestbridge_server_calls_total")
                .Help("Finished calls by method and canonical code.")
                .Register(*registry)),
      call_seconds(prometheus::BuildCounter()
                       .Name("guestbridge_server_call_seconds_total")
                       .Help("Time spent in calls by method.")
                       .Register(*registry)),
      guard(options.plaintext ? nullptr : store.get(), clock,
            std::move(client_authority)),
      denied(store->audit(), clock),
      waiting(*store, store->audit()),
      desk(
          guard,
          [this](absl::string_view method, absl::StatusCode code, absl::Duration took) {
            Count(method, code, took);
          },
          denied, random),
      streams(clock),
      sessions(clock, random, identity.id, identity.before),
      credentials(
          MakeTokenCredentials(*tokens, MakeHttpClient,
                               {.extra_ca_file = options.portal_ca_file,
                                .allow_private = options.allow_private_portals})),
      integrations(*store, clock),
      connections(*store, clock, random, secret_keys->sealer(), *credentials, sessions,
                  {.allow_private_portals = options.allow_private_portals}),
      checks(*store, clock),
      tester(*store, secret_keys->sealer(), *credentials, sessions, checks),
      mappings(*store, clock, sessions),
      events(*store, sessions),
      erasures(*store, secret_keys->sealer()),
      clients(*store, sessions, clock, erasures),
      runs(*store, clock, sessions),
      schedules(*store, clock),
      leases(*store, clock),
      dispatcher(*store, secret_keys->sealer(), sessions,
                 options.allow_private_portals),
      agents(*store, clock, sessions, dispatcher, leases),
      audits(*store, store->audit()),
      enrollments(*store, clock, random, std::move(authority)),
      status(*store, clock, sessions, *credentials, kVersion, options.stale_after),
      api_tokens(*store, clock, random),
      listeners(*store, sessions, agents, streams, dispatcher),
      expirer(kExpireEvery, [this] { streams.CheckDue(); }),
      voucher(shared ? kVouchEvery : kVouchAloneEvery, [this] { agents.Vouch(); }),
      catcher(kCatchUpEvery, [this] { dispatcher.CatchUp(); }),
      scheduler(*store, clock,
                [this](Transaction& transaction, const std::string& id, absl::Time) {
                  return StartScheduled(runs, transaction, id);
                }),
      retention(*store, clock),
      pruner(kPruneEvery,
             [this] {
               const absl::StatusOr<int> removed = retention.Prune();
               if (!removed.ok()) {
                 log::Warning("runs_not_pruned", {{"error", removed.status()}});
               } else if (*removed > 0) {
                 log::Info("runs_pruned", {{"runs", *removed}});
               }
             }),
      resealer(*store, *secret_keys, clock),
      numbering(
          *secret_keys, clock,
          [database, &clock] { return OlderServersRun(database, clock); },
          shared ? kOlderServersGone : absl::ZeroDuration()),
      reseal_loop(kResealEvery,
                  [this] {
                    numbering.Tick();
                    if (resealer.Tick()) ResealAudit();
                  }),
      secrets(*secret_keys, resealer, shared),
      notices(
          *store, clock, [this] { return status.Get(); },
          [this, file = options.notice_command, &clock](const std::string& json) {
            return RunNoticeCommand(file, json, kNoticeLimit, clock,
                                    [this] { return stopping.load(); });
          }),
      noticer(kNoticeEvery, [this] { notices.Tick(); }),
      auditor(kAuditEvery,
              [this] {
                denied.Tick();
                TakeUpAudit();
              }),
      gauges(*store, clock, agents, *registry),
      gauger(kGaugeEvery, [this] { gauges.Refresh(); }) {
  sessions.SetBeforeTask([this](const v1::Task& task) -> absl::Status {
    GB_RETURN_IF_ERROR(dispatcher.BringUpToDate(task.integration()));
    const auto entry = EntryOf(task, store->audit().key());
    return entry.has_value() ? store->audit().Record(*entry) : absl::OkStatus();
  });
  dispatcher.SetBeforeSecrets(
      [this](const Session& to, const v1::AgentConfiguration& configuration) {
        return RecordConfiguration(to, configuration);
      });
  dispatcher.SetFingerprintKeys([this](const std::string& id) {
    return store->audit().key().Derive(absl::StrCat("configuration\n", id));
  });
  sessions.SetElsewhere([this](const std::string& agent) {
    return IsElsewhere(*store, sessions, agent);
  });
  services.push_back(MakeIntegrationService(desk, integrations));
  services.push_back(MakeConnectionService(desk, connections, tester));
  services.push_back(MakeFieldMappingService(desk, mappings));
  services.push_back(MakeEventService(desk, events));
  services.push_back(MakeClientService(desk, clients, runs));
  services.push_back(
      MakeRunService(desk, runs, clients, listeners.feed(), stopping, streams));
  services.push_back(MakeScheduleService(desk, schedules));
  services.push_back(MakeAgentService(desk, agents, enrollments));
  services.push_back(MakeStatusService(desk, status));
  services.push_back(MakeAgentControlService(
      desk, {agents, leases, runs, connections, sessions, dispatcher, *credentials,
             *store, status, erasures, checks, store->audit(), streams}));
  services.push_back(MakeAuditService(desk, audits));
  services.push_back(MakeSecretService(desk, secrets));
  services.push_back(MakeApiTokenService(desk, api_tokens));
  services.push_back(MakeAgentEnrollmentService(desk, enrollments));
}

void Server::Parts::ResealAudit() {
  const absl::Status resealed = ResealAuditKey(*store, secret_keys->sealer());
  if (!resealed.ok()) log::Warning("audit_key_not_resealed", {{"error", resealed}});
}

void Server::Parts::TakeUpAudit() {
  const absl::StatusOr<int> taken = waiting.TakeUp();
  if (!taken.ok()) log::Warning("audit_waits", {{"error", taken.status()}});
}

absl::Status Server::Parts::RecordConfiguration(
    const Session& to, const v1::AgentConfiguration& configuration) {
  const Session::Identity& who = to.identity();
  const Session::Origin origin = to.origin();
  // Whoever shows a token may only say that it is this agent.
  std::string principal = AgentName(who.agent);
  std::string name = who.agent;
  if (!who.principal.empty() && who.principal != principal) {
    principal = who.principal;
    GB_ASSIGN_OR_RETURN(name, NameOfToken(*store, principal));
  }
  AuditEntry entry;
  // Of what was rejected only who is erased is given.
  entry.resource = configuration.integration();
  if (configuration.has_connection()) entry.resource += "/connection";
  entry.call = AuditedCall{.principal = principal,
                           .principal_name = name,
                           .peer = origin.peer,
                           .request_id = origin.request_id,
                           .method = "guestbridge.v1.AgentControlService/Watch"};
  v1::AuditChange& given = entry.changes.emplace_back();
  given.set_field("revision");
  given.set_after(absl::StrCat(configuration.revision()));
  v1::AuditChange& agent = entry.changes.emplace_back();
  agent.set_field("agent");
  agent.set_after(who.agent);
  return store->audit().Record(entry);
}

void Server::Parts::Count(absl::string_view method, absl::StatusCode code,
                          absl::Duration took) {
  const std::string name(method);
  calls.Add({{"method", name}, {"code", absl::StatusCodeToString(code)}}).Increment();
  call_seconds.Add({{"method", name}}).Increment(absl::ToDoubleSeconds(took));
}

}  // namespace guestbridge::server
