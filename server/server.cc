#include "server/server.h"

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/http/http_client.h"
#include "common/log/log.h"
#include "common/metrics/metrics_server.h"
#include "common/secret/sealer.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"
#include "grpcpp/ext/proto_server_reflection_plugin.h"
#include "grpcpp/grpcpp.h"
#include "grpcpp/health_check_service_interface.h"
#include "prometheus/counter.h"
#include "prometheus/gauge.h"
#include "server/api/event_rules.h"
#include "server/api/keys.h"
#include "server/api/run_retention.h"
#include "server/api/services.h"
#include "server/api/token_credentials.h"
#include "server/certificates.h"
#include "server/data_directory.h"
#include "server/database.h"
#include "server/identity/peer_certificate.h"
#include "server/listen_address.h"
#include "server/notice/notice_board.h"
#include "server/notice/notice_command.h"
#include "server/schedule/periodic.h"
#include "server/schedule/scheduler.h"
#include "server/store/record_codec.h"

namespace guestbridge::server {
namespace {

// Little is left over after each look.
constexpr absl::Duration kPruneEvery = absl::Minutes(1);
constexpr absl::Duration kNoticeEvery = absl::Seconds(15);
constexpr absl::Duration kCatchUpEvery = absl::Seconds(1);
// For other servers. One that has its database alone writes down now and then that
// silent agents are not gone: it may be killed.
constexpr absl::Duration kVouchEvery = absl::Seconds(5);
constexpr absl::Duration kVouchAloneEvery = absl::Minutes(10);
constexpr absl::Duration kNoticeLimit = absl::Seconds(20);

constexpr char kVersion[] = "0.1.0";
constexpr char kKeyRecord[] = "meta/key";
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

// The key file belongs to the database: a wrong or lost one is found here, not when a
// secret is needed at night.
absl::StatusOr<std::unique_ptr<Sealer>> OpenMatchingSealer(
    Store& store, const DataDirectory& directory, Random& random) {
  std::string known;
  GB_RETURN_IF_ERROR(store.Read([&](Transaction& transaction) -> absl::Status {
    GB_ASSIGN_OR_RETURN(auto record,
                        GetRecord<store::KeyRecord>(transaction, kKeyRecord));
    known = record.has_value() ? record->value.key_id() : "";
    return absl::OkStatus();
  }));
  GB_ASSIGN_OR_RETURN(
      std::unique_ptr<Sealer> sealer,
      OpenSealer(directory.File("secret.key"), /*create=*/known.empty(), random));
  if (known.empty()) {
    // Another server may have been quicker with a key of its own.
    GB_RETURN_IF_ERROR(
        store
            .Write([&](Transaction& transaction) -> absl::Status {
              GB_ASSIGN_OR_RETURN(const auto record,
                                  GetRecord<store::KeyRecord>(transaction, kKeyRecord));
              known = record.has_value() ? record->value.key_id() : sealer->KeyId();
              if (record.has_value()) return absl::OkStatus();
              store::KeyRecord mine;
              mine.set_key_id(known);
              return PutRecord(transaction, kKeyRecord, mine);
            })
            .status());
  }
  if (known != sealer->KeyId()) {
    return MakeError("SECRET_KEY_MISMATCH",
                     {{"sealed_key", known}, {"file_key", sealer->KeyId()}});
  }
  return sealer;
}

std::vector<std::string> CertificateNames(const std::string& listen_host) {
  std::vector<std::string> names = {"localhost", "127.0.0.1", "::1"};
  const auto add = [&](const std::string& name) {
    if (!name.empty() && name != "0.0.0.0" && name != "::" &&
        std::find(names.begin(), names.end(), name) == names.end()) {
      names.push_back(name);
    }
  };
  add(listen_host);
  char host[256] = "";
  if (gethostname(host, sizeof host - 1) == 0) add(host);
  return names;
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
  Parts(DataDirectory data_directory, std::unique_ptr<Store> opened_store,
        std::unique_ptr<Sealer> opened_sealer, std::unique_ptr<TokenManager> manager,
        absl::StatusOr<AgentAuthority> authority, const ServerOptions& options,
        const std::string& server_id, bool shared, const Clock& clock, Random& random)
      : directory(std::move(data_directory)),
        store(std::move(opened_store)),
        sealer(std::move(opened_sealer)),
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
        guard(options.plaintext ? nullptr : store.get()),
        desk(guard, [this](absl::string_view method, absl::StatusCode code,
                           absl::Duration took) { Count(method, code, took); }),
        sessions(clock, random, server_id),
        credentials(
            MakeTokenCredentials(*tokens, MakeHttpClient,
                                 {.extra_ca_file = options.portal_ca_file,
                                  .allow_private = options.allow_private_portals})),
        integrations(*store, clock),
        connections(*store, clock, random, *sealer, *credentials, sessions,
                    {.allow_private_portals = options.allow_private_portals}),
        checks(*store, clock),
        tester(*store, *sealer, *credentials, sessions, checks),
        mappings(*store, clock, sessions),
        events(*store, sessions),
        clients(*store, sessions, clock),
        runs(*store, clock, sessions),
        schedules(*store, clock),
        leases(*store, clock),
        dispatcher(*store, *sealer, sessions, options.allow_private_portals),
        agents(*store, clock, sessions, dispatcher, leases),
        enrollments(*store, clock, random, std::move(authority)),
        status(*store, clock, sessions, *credentials, kVersion, options.stale_after),
        // Agents say Hello again and get everything anew.
        feed(*store, [this] { sessions.CloseAll(MakeError("SESSION_UNKNOWN")); }),
        dispatch(feed.Subscribe("",
                                [this](const std::vector<Change>& changes) {
                                  dispatcher.OnChanges(changes);
                                })),
        presence(feed.Subscribe(
            std::string(keys::kAgents),
            [this](const std::vector<Change>& changes) { agents.OnChanges(changes); })),
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
        notices(
            *store, clock, [this] { return status.Get(); },
            [this, file = options.notice_command, &clock](const std::string& json) {
              return RunNoticeCommand(file, json, kNoticeLimit, clock,
                                      [this] { return stopping.load(); });
            }),
        noticer(kNoticeEvery, [this] { notices.Tick(); }) {
    sessions.SetBeforeTask([this](const std::string& integration) {
      return dispatcher.BringUpToDate(integration);
    });
    services.push_back(MakeIntegrationService(desk, integrations));
    services.push_back(MakeConnectionService(desk, connections, tester));
    services.push_back(MakeFieldMappingService(desk, mappings));
    services.push_back(MakeEventService(desk, events));
    services.push_back(MakeClientService(desk, clients, runs));
    services.push_back(MakeRunService(desk, runs, feed, stopping));
    services.push_back(MakeScheduleService(desk, schedules));
    services.push_back(MakeAgentService(desk, agents, enrollments));
    services.push_back(MakeStatusService(desk, status));
    services.push_back(MakeAgentControlService(
        desk, {agents, leases, runs, connections, sessions, dispatcher, *credentials,
               *store, status, checks}));
    services.push_back(MakeAgentEnrollmentService(desk, enrollments));
  }

  void Count(absl::string_view method, absl::StatusCode code, absl::Duration took) {
    const std::string name(method);
    calls.Add({{"method", name}, {"code", absl::StatusCodeToString(code)}}).Increment();
    call_seconds.Add({{"method", name}}).Increment(absl::ToDoubleSeconds(took));
  }

  DataDirectory directory;
  std::unique_ptr<Store> store;
  std::unique_ptr<Sealer> sealer;
  std::unique_ptr<TokenManager> tokens;
  std::shared_ptr<prometheus::Registry> registry;
  prometheus::Family<prometheus::Counter>& calls;
  prometheus::Family<prometheus::Counter>& call_seconds;
  CallGuard guard;
  CallDesk desk;
  Stopping stopping{false};
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
  Enrollments enrollments;
  SystemStatus status;
  ChangeFeed feed;
  std::unique_ptr<ChangeFeed::Subscription> dispatch;
  std::unique_ptr<ChangeFeed::Subscription> presence;
  Periodic voucher;
  Periodic catcher;
  Scheduler scheduler;
  RunRetention retention;
  Periodic pruner;
  NoticeBoard notices;
  Periodic noticer;
  std::vector<std::unique_ptr<grpc::Service>> services;
  std::unique_ptr<MetricsServer> metrics;
  std::string address;
  std::unique_ptr<grpc::Server> server;
};

Server::Server(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
Server::~Server() { Drain(absl::ZeroDuration()); }
const std::string& Server::address() const { return parts_->address; }

absl::StatusOr<std::unique_ptr<Server>> Server::Start(const ServerOptions& options,
                                                      const Clock& clock,
                                                      Random& random) {
  GB_ASSIGN_OR_RETURN(ListenAddress listen, ParseListenAddress(options.listen));
  if (options.plaintext && !IsLoopback(listen.host)) {
    return MakeError("PLAINTEXT_NOT_LOOPBACK", {{"listen", options.listen}});
  }
  if (!options.portal_ca_file.empty()) {
    GB_RETURN_IF_ERROR(CheckAuthorityFile(options.portal_ca_file));
  }
  GB_ASSIGN_OR_RETURN(DataDirectory directory, DataDirectory::Open(options.data_dir));
  GB_RETURN_IF_ERROR(directory.Lock());
  GB_ASSIGN_OR_RETURN(const std::string server_id, directory.ServerId(random));
  const DatabaseChoice database = ChooseDatabase(
      options.database, options.database_password_file, options.data_dir);
  GB_ASSIGN_OR_RETURN(std::unique_ptr<Store> store, OpenDatabase(database, clock));
  GB_ASSIGN_OR_RETURN(std::unique_ptr<Sealer> sealer,
                      OpenMatchingSealer(*store, directory, random));
  GB_ASSIGN_OR_RETURN(std::unique_ptr<TokenManager> tokens,
                      TokenManager::Create({.oauth_url = options.oauth_url,
                                            .extra_ca_file = options.portal_ca_file,
                                            .server = server_id},
                                           *store, *sealer, clock, MakeHttpClient));
  ServerCertificate certificate;
  if (!options.plaintext) {
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
  auto parts =
      std::make_unique<Parts>(std::move(directory), std::move(store), std::move(sealer),
                              std::move(tokens), std::move(authority), options,
                              server_id, database.is_postgresql(), clock, random);

  std::shared_ptr<grpc::ServerCredentials> credentials =
      grpc::InsecureServerCredentials();
  if (!options.plaintext) {
    // An agent's certificate is judged for each call, by what the store says: a
    // handshake could only fail without a word, and connections outlive certificates.
    grpc::SslServerCredentialsOptions tls(
        certificate.client_ca.empty()
            ? GRPC_SSL_REQUEST_CLIENT_CERTIFICATE_BUT_DONT_VERIFY
            : GRPC_SSL_REQUEST_CLIENT_CERTIFICATE_AND_VERIFY);
    if (!certificate.client_ca.empty()) {
      tls.pem_root_certs = absl::StrCat(certificate.client_ca, "\n", agent_roots);
    }
    tls.pem_key_cert_pairs.push_back({certificate.key, certificate.chain});
    credentials = grpc::SslServerCredentials(tls);
    credentials->SetAuthMetadataProcessor(
        certificate.client_ca.empty() ? parts->guard.Processor()
                                      : DemandCertificate(parts->guard.Processor()));
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
  listen.port = port;
  parts->address = ToHostPort(listen);
  if (!options.metrics_listen.empty()) {
    GB_ASSIGN_OR_RETURN(parts->metrics,
                        MetricsServer::Start(options.metrics_listen, parts->registry));
  }
  parts->voucher.Start();
  parts->catcher.Start();
  parts->scheduler.Start();
  parts->pruner.Start();
  if (!options.notice_command.empty()) parts->noticer.Start();
  return std::unique_ptr<Server>(new Server(std::move(parts)));
}

void Server::Drain(absl::Duration patience) {
  if (parts_->server == nullptr || parts_->stopping.exchange(true)) return;
  parts_->voucher.Stop();
  parts_->catcher.Stop();
  parts_->scheduler.Stop();
  parts_->pruner.Stop();
  parts_->noticer.Stop();
  parts_->sessions.CloseAll(MakeError("SERVER_STOPPING"));
  parts_->feed.NudgeAll();
  parts_->server->Shutdown(std::chrono::system_clock::now() +
                           absl::ToChronoMilliseconds(patience));
  parts_->server->Wait();
  parts_->feed.Stop();
}

}  // namespace guestbridge::server
