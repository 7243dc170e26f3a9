#include "server/server.h"

#include <sys/stat.h>

#include <chrono>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/http/http_client.h"
#include "common/log/log.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"
#include "grpcpp/ext/proto_server_reflection_plugin.h"
#include "grpcpp/grpcpp.h"
#include "grpcpp/health_check_service_interface.h"
#include "grpcpp/security/server_credentials.h"
#include "server/certificates.h"
#include "server/data_directory.h"
#include "server/database.h"
#include "server/first_token.h"
#include "server/listen_address.h"
#include "server/server_parts.h"

namespace guestbridge::server {
namespace {

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

}  // namespace

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
