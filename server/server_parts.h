#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/metrics/metrics_server.h"
#include "common/random/random.h"
#include "common/time/clock.h"
#include "grpcpp/grpcpp.h"
#include "prometheus/counter.h"
#include "prometheus/registry.h"
#include "server/agent_gauges.h"
#include "server/api/change_listeners.h"
#include "server/api/run_retention.h"
#include "server/api/services.h"
#include "server/audit/audited_store.h"
#include "server/audit/denied_calls.h"
#include "server/audit/waiting_records.h"
#include "server/data_directory.h"
#include "server/database.h"
#include "server/identity/client_authority.h"
#include "server/notice/notice_board.h"
#include "server/schedule/periodic.h"
#include "server/schedule/scheduler.h"
#include "server/secrets/resealer.h"
#include "server/secrets/seal_numbering.h"
#include "server/secrets/secret_keys.h"
#include "server/server.h"
#include "server/tokens/token_manager.h"

namespace guestbridge::server {

// In the order in which they depend on each other; taken apart in reverse.
struct Server::Parts {
  Parts(DataDirectory data_directory, std::unique_ptr<AuditedStore> opened_store,
        std::unique_ptr<SecretKeys> opened_keys, std::unique_ptr<TokenManager> manager,
        absl::StatusOr<AgentAuthority> authority,
        std::optional<ClientAuthority> client_authority, const ServerOptions& options,
        const ServerIdentity& identity, const DatabaseChoice& database, bool shared,
        const Clock& clock, Random& random);

  // Under the key that seals now, like the secrets.
  void ResealAudit();
  // Of tokens that were made on this machine, or another that has the database.
  void TakeUpAudit();
  // The agent has asked for it by opening its stream.
  absl::Status RecordConfiguration(const Session& to,
                                   const v1::AgentConfiguration& configuration);
  void Count(absl::string_view method, absl::StatusCode code, absl::Duration took);

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
  Erasures erasures;
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

}  // namespace guestbridge::server
