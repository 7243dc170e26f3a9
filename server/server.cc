#include "server/server.h"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/http/http_client.h"
#include "common/log/log.h"
#include "common/metrics/metrics_server.h"
#include "common/resource/resource_name.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"
#include "grpcpp/ext/proto_server_reflection_plugin.h"
#include "grpcpp/grpcpp.h"
#include "grpcpp/health_check_service_interface.h"
#include "grpcpp/security/server_credentials.h"
#include "prometheus/counter.h"
#include "prometheus/gauge.h"
#include "server/agent_gauges.h"
#include "server/api/change_listeners.h"
#include "server/api/event_rules.h"
#include "server/api/keys.h"
#include "server/api/presence.h"
#include "server/api/run_retention.h"
#include "server/api/services.h"
#include "server/api/token_credentials.h"
#include "server/audit/asked_task.h"
#include "server/audit/audited_store.h"
#include "server/audit/denied_calls.h"
#include "server/audit/waiting_records.h"
#include "server/certificates.h"
#include "server/data_directory.h"
#include "server/database.h"
#include "server/first_token.h"
#include "server/identity/client_authority.h"
#include "server/listen_address.h"
#include "server/notice/notice_board.h"
#include "server/notice/notice_command.h"
#include "server/schedule/periodic.h"
#include "server/schedule/scheduler.h"
#include "server/secrets/resealer.h"
#include "server/secrets/seal_numbering.h"
#include "server/secrets/secret_keys.h"
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
constexpr int kMaxRequestBytes = 4 << 20;
constexpr int kMaxMetadataBytes = 16 << 10;

// What signs agents' certificates, or why this server gives none.
absl::StatusOr<AgentAuthority> ChooseAgentAuthority(const ServerOptions& options,
                                                    const DataDirectory& directory,
                                                    bool shared_database,
                                                    absl::Time now, Random& random) {
  if (options.plaintext) return MakeError("ENROLLMENT_NEEDS_TLS");
  const bool given = !options.agent_ca_cert.empty() || !options.agent_ca_key.empty();
  if (shared_database && !given) return MakeError("AGENT_AUTHORITY_NOT_SHARED");
  return OpenAgentAuthority(directory,
                            {.certificate = options.agent_ca_cert,
                             .key = options.agent_ca_key,
                             .certificate_life = options.agent_certificate_life},
                            now, random);
}

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

}  // namespace

// In the order in which they depend on each other; taken apart in reverse.
struct Server::Parts {
  Parts(DataDirectory data_directory, std::unique_ptr<AuditedStore> opened_store,
        std::unique_ptr<SecretKeys> opened_keys, std::unique_ptr<TokenManager> manager,
        absl::StatusOr<AgentAuthority> authority,
        std::optional<ClientAuthority> client_authority, const ServerOptions& options,
        const ServerIdentity& identity, const DatabaseChoice& database, bool shared,
        const Clock& clock, Random& random)
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
            [this](absl::string_view method, absl::StatusCode code,
                   absl::Duration took) { Count(method, code, took); },
            denied, random),
        streams(clock),
        sessions(clock, random, identity.id, identity.before),
        credentials(
            MakeTokenCredentials(*tokens, MakeHttpClient,
                                 {.extra_ca_file = options.portal_ca_file,
                                  .allow_private = options.allow_private_portals})),
        integrations(*store, clock),
        connections(*store, clock, random, secret_keys->sealer(), *credentials,
                    sessions, {.allow_private_portals = options.allow_private_portals}),
        checks(*store, clock),
        tester(*store, secret_keys->sealer(), *credentials, sessions, checks),
        mappings(*store, clock, sessions),
        events(*store, sessions),
        clients(*store, sessions, clock),
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
        [this](const std::string& agent, const v1::AgentConfiguration& configuration) {
          return RecordConfiguration(agent, configuration);
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
    services.push_back(MakeRunService(desk, runs, listeners.feed(), stopping, streams));
    services.push_back(MakeScheduleService(desk, schedules));
    services.push_back(MakeAgentService(desk, agents, enrollments));
    services.push_back(MakeStatusService(desk, status));
    services.push_back(MakeAgentControlService(
        desk, {agents, leases, runs, connections, sessions, dispatcher, *credentials,
               *store, status, checks, store->audit(), streams}));
    services.push_back(MakeAuditService(desk, audits));
    services.push_back(MakeSecretService(desk, secrets));
    services.push_back(MakeApiTokenService(desk, api_tokens));
    services.push_back(MakeAgentEnrollmentService(desk, enrollments));
  }

  // Under the key that seals now, like the secrets.
  void ResealAudit() {
    const absl::Status resealed = ResealAuditKey(*store, secret_keys->sealer());
    if (!resealed.ok()) log::Warning("audit_key_not_resealed", {{"error", resealed}});
  }

  // Of tokens that were made on this machine, or another that has the database.
  void TakeUpAudit() {
    const absl::StatusOr<int> taken = waiting.TakeUp();
    if (!taken.ok()) log::Warning("audit_waits", {{"error", taken.status()}});
  }

  // The agent has asked for it by opening its stream.
  absl::Status RecordConfiguration(const std::string& agent,
                                   const v1::AgentConfiguration& configuration) {
    AuditEntry entry;
    entry.resource = configuration.integration() + "/connection";
    entry.call = AuditedCall{.principal = AgentName(agent),
                             .principal_name = agent,
                             .peer = "",
                             .request_id = "",
                             .method = "guestbridge.v1.AgentControlService/Watch"};
    v1::AuditChange& given = entry.changes.emplace_back();
    given.set_field("revision");
    given.set_after(absl::StrCat(configuration.revision()));
    return store->audit().Record(entry);
  }

  void Count(absl::string_view method, absl::StatusCode code, absl::Duration took) {
    const std::string name(method);
    calls.Add({{"method", name}, {"code", absl::StatusCodeToString(code)}}).Increment();
    call_seconds.Add({{"method", name}}).Increment(absl::ToDoubleSeconds(took));
  }

  DataDirectory directory;
  std::unique_ptr<AuditedStore> store;
  std::unique_ptr<SecretKeys> secret_keys;
  std::unique_ptr<TokenManager> tokens;
  std::shared_ptr<prometheus::Registry> registry;
  prometheus::Family<prometheus::Counter>& calls;
  prometheus::Family<prometheus::Counter>& call_seconds;
  CallGuard guard;
  DeniedCalls denied;
  WaitingRecords waiting;
  CallDesk desk;
  Stopping stopping{false};
  OpenStreams streams;
  SessionHub sessions;
  std::unique_ptr<PortalCredentials> credentials;
  Integrations integrations;
  Connections connections;
  ConnectionChecks checks;
  ConnectionTester tester;
  FieldMappings mappings;
  Events events;
  Clients clients;
  Runs runs;
  Schedules schedules;
  Leases leases;
  Dispatcher dispatcher;
  Agents agents;
  Audits audits;
  Enrollments enrollments;
  SystemStatus status;
  TokenAdministration api_tokens;
  ChangeListeners listeners;
  Periodic expirer;
  Periodic voucher;
  Periodic catcher;
  Scheduler scheduler;
  RunRetention retention;
  Periodic pruner;
  Resealer resealer;
  SealNumbering numbering;
  Periodic reseal_loop;
  Secrets secrets;
  NoticeBoard notices;
  Periodic noticer;
  Periodic auditor;
  AgentGauges gauges;
  Periodic gauger;
  std::vector<std::unique_ptr<grpc::Service>> services;
  std::unique_ptr<MetricsServer> metrics;
  std::string address;
  std::string first_token_file;
  std::unique_ptr<grpc::Server> server;
};

Server::Server(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
Server::~Server() { Drain(absl::ZeroDuration()); }
const std::string& Server::address() const { return parts_->address; }
const std::string& Server::first_token_file() const { return parts_->first_token_file; }

absl::StatusOr<std::unique_ptr<Server>> Server::Start(const ServerOptions& options,
                                                      const Clock& clock,
                                                      Random& random) {
  GB_ASSIGN_OR_RETURN(ListenAddress listen, ParseListenAddress(options.listen));
  const bool local = !listen.socket.empty();
  if (options.plaintext && (local || !IsLoopback(listen.host))) {
    return MakeError("PLAINTEXT_NOT_LOOPBACK", {{"listen", options.listen}});
  }
  if (local) GB_RETURN_IF_ERROR(CheckSocketFolder(listen.socket));
  if (!options.portal_ca_file.empty()) {
    GB_RETURN_IF_ERROR(CheckAuthorityFile(options.portal_ca_file));
  }
  GB_ASSIGN_OR_RETURN(DataDirectory directory, DataDirectory::Open(options.data_dir));
  GB_RETURN_IF_ERROR(directory.Lock());
  ServerIdentity identity = directory.Identify(random);
  if (identity.copied) {
    log::Warning("server_id_copied", {{"file", directory.File("server-id")}});
  }
  const DatabaseChoice database = ChooseDatabase(
      options.database, options.database_password_file, options.data_dir);
  // On a database that others have too, who may still run is none of ours.
  if (database.is_postgresql() && !identity.before_is_over) identity.before.clear();
  GB_ASSIGN_OR_RETURN(std::unique_ptr<Store> bare, OpenDatabase(database, clock));
  GB_ASSIGN_OR_RETURN(std::unique_ptr<KeySource> source,
                      MakeKeySource(options.keys, options.data_dir, random, clock));
  GB_ASSIGN_OR_RETURN(std::unique_ptr<SecretKeys> keys,
                      SecretKeys::Open(*bare, std::move(source), random, clock));
  GB_ASSIGN_OR_RETURN(
      std::unique_ptr<AuditedStore> store,
      AuditedStore::Open(std::move(bare), keys->sealer(), random, clock));
  keys->WriteThrough(*store);
  GB_ASSIGN_OR_RETURN(
      std::unique_ptr<TokenManager> tokens,
      TokenManager::Create({.oauth_url = options.oauth_url,
                            .extra_ca_file = options.portal_ca_file,
                            .server = identity.id,
                            .predecessor = identity.before},
                           *store, keys->sealer(), clock, MakeHttpClient));
  GB_RETURN_IF_ERROR(directory.Keep(identity));
  ServerCertificate certificate;
  std::string first_token_file;
  if (!options.plaintext && !local) {
    GB_ASSIGN_OR_RETURN(first_token_file,
                        MakeFirstToken(*store, directory, random, clock));
    if (!options.tls_cert.empty() || !options.tls_key.empty()) {
      GB_ASSIGN_OR_RETURN(
          certificate,
          ReadCertificate(options.tls_cert, options.tls_key, options.client_ca));
    } else {
      GB_ASSIGN_OR_RETURN(certificate,
                          MakeCertificate(directory, CertificateNames(listen.host),
                                          clock.Now(), random));
      if (!options.client_ca.empty()) {
        GB_ASSIGN_OR_RETURN(
            const ServerCertificate with_ca,
            ReadCertificate(directory.File("server.pem"), directory.File("server.key"),
                            options.client_ca));
        certificate.client_ca = with_ca.client_ca;
      }
    }
  }
  absl::StatusOr<AgentAuthority> authority = ChooseAgentAuthority(
      options, directory, database.is_postgresql(), clock.Now(), random);
  std::string agent_roots;
  if (authority.ok()) {
    agent_roots = authority->chain();
  } else if (ReasonOf(authority.status()) == "AGENT_AUTHORITY_NOT_SHARED") {
    log::Warning("agents_get_no_certificates", {{"error", authority.status()}});
  } else if (!options.plaintext) {
    return authority.status();
  }
  auto parts = std::make_unique<Parts>(
      std::move(directory), std::move(store), std::move(keys), std::move(tokens),
      std::move(authority), ClientAuthority::Parse(certificate.client_ca), options,
      identity, database, database.is_postgresql(), clock, random);
  parts->TakeUpAudit();

  std::shared_ptr<grpc::ServerCredentials> credentials =
      grpc::InsecureServerCredentials();
  parts->first_token_file = first_token_file;
  const auto processor = parts->guard.Processor(
      [&desk = parts->desk](
          absl::string_view method, const CallGuard::Metadata& metadata,
          const CallGuard::Credentials& shown,
          const absl::Status& why) { desk.Refused(method, metadata, shown, why); });
  if (local) {
    // Who reaches the file is its owner: gRPC hands the peer's credentials to nobody.
    credentials = grpc::experimental::LocalServerCredentials(UDS);
    credentials->SetAuthMetadataProcessor(processor);
  } else if (!options.plaintext) {
    // Certificates are judged for each call, an agent's by what the store says, others
    // by who signed them: a handshake could only fail without a word, takes whatever
    // has one of these roots, and connections outlive certificates.
    grpc::SslServerCredentialsOptions tls(
        certificate.client_ca.empty()
            ? GRPC_SSL_REQUEST_CLIENT_CERTIFICATE_BUT_DONT_VERIFY
            : GRPC_SSL_REQUEST_CLIENT_CERTIFICATE_AND_VERIFY);
    if (!certificate.client_ca.empty()) {
      tls.pem_root_certs = absl::StrCat(certificate.client_ca, "\n", agent_roots);
    }
    tls.pem_key_cert_pairs.push_back({certificate.key, certificate.chain});
    credentials = grpc::SslServerCredentials(tls);
    credentials->SetAuthMetadataProcessor(processor);
  }
  grpc::EnableDefaultHealthCheckService(true);
  grpc::reflection::InitProtoReflectionServerBuilderPlugin();
  grpc::ServerBuilder builder;
  int port = 0;
  builder.AddListeningPort(ToHostPort(listen), credentials, &port);
  builder.SetMaxReceiveMessageSize(kMaxRequestBytes);
  builder.AddChannelArgument(GRPC_ARG_MAX_METADATA_SIZE, kMaxMetadataBytes);
  // Two servers on one port would share its callers between them.
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  // Half-open connections are found within a minute; agents may ping as often.
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, 30000);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 10000);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS,
                             5000);
  builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS, 1000);
  for (const auto& service : parts->services) builder.RegisterService(service.get());
  parts->server = builder.BuildAndStart();
  if (parts->server == nullptr || port == 0) {
    return MakeError("LISTEN_FAILED", {{"listen", options.listen}});
  }
  if (local && chmod(listen.socket.c_str(), S_IRUSR | S_IWUSR) != 0) {
    return MakeError("LISTEN_FAILED", {{"listen", options.listen}});
  }
  listen.port = port;
  parts->address = ToHostPort(listen);
  if (!options.metrics_listen.empty()) {
    GB_ASSIGN_OR_RETURN(parts->metrics,
                        MetricsServer::Start(options.metrics_listen, parts->registry));
    parts->gauger.Start();
  }
  parts->expirer.Start();
  parts->voucher.Start();
  parts->catcher.Start();
  parts->scheduler.Start();
  parts->pruner.Start();
  parts->auditor.Start();
  parts->reseal_loop.Start();
  if (!options.notice_command.empty()) parts->noticer.Start();
  return std::unique_ptr<Server>(new Server(std::move(parts)));
}

void Server::Drain(absl::Duration patience) {
  if (parts_->server == nullptr || parts_->stopping.exchange(true)) return;
  parts_->expirer.Stop();
  parts_->voucher.Stop();
  parts_->catcher.Stop();
  parts_->scheduler.Stop();
  parts_->pruner.Stop();
  parts_->reseal_loop.Stop();
  parts_->noticer.Stop();
  parts_->auditor.Stop();
  parts_->gauger.Stop();
  parts_->sessions.CloseAll(MakeError("SERVER_STOPPING"));
  parts_->listeners.feed().NudgeAll();
  parts_->server->Shutdown(std::chrono::system_clock::now() +
                           absl::ToChronoMilliseconds(patience));
  parts_->server->Wait();
  parts_->denied.Finish();
  parts_->listeners.Stop();
}

}  // namespace guestbridge::server
