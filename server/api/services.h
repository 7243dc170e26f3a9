#pragma once

#include <memory>

#include "grpcpp/impl/service_type.h"
#include "server/api/agents.h"
#include "server/api/audits.h"
#include "server/api/call_desk.h"
#include "server/api/clients.h"
#include "server/api/connection_tester.h"
#include "server/api/connections.h"
#include "server/api/dispatcher.h"
#include "server/api/enrollments.h"
#include "server/api/erasures.h"
#include "server/api/events.h"
#include "server/api/field_mappings.h"
#include "server/api/integrations.h"
#include "server/api/leases.h"
#include "server/api/open_streams.h"
#include "server/api/portal_credentials.h"
#include "server/api/runs.h"
#include "server/api/schedules.h"
#include "server/api/secrets.h"
#include "server/api/stopping.h"
#include "server/api/system_status.h"
#include "server/api/token_administration.h"
#include "server/audit/audit_log.h"
#include "server/watch/change_feed.h"
#include "server/watch/session_hub.h"

// The gRPC services: each takes a call, asks a plain class and translates the answer.
// No rules and no storage here. All arguments outlive the service.
namespace guestbridge::server {

std::unique_ptr<grpc::Service> MakeIntegrationService(const CallDesk& desk,
                                                      Integrations& integrations);
std::unique_ptr<grpc::Service> MakeConnectionService(const CallDesk& desk,
                                                     Connections& connections,
                                                     ConnectionTester& tester);
std::unique_ptr<grpc::Service> MakeFieldMappingService(const CallDesk& desk,
                                                       FieldMappings& mappings);
std::unique_ptr<grpc::Service> MakeEventService(const CallDesk& desk, Events& events);
std::unique_ptr<grpc::Service> MakeClientService(const CallDesk& desk, Clients& clients,
                                                 Runs& runs);
std::unique_ptr<grpc::Service> MakeRunService(const CallDesk& desk, Runs& runs,
                                              Clients& clients, ChangeFeed& feed,
                                              Stopping& stopping, OpenStreams& streams);
std::unique_ptr<grpc::Service> MakeScheduleService(const CallDesk& desk,
                                                   Schedules& schedules);
std::unique_ptr<grpc::Service> MakeAgentService(const CallDesk& desk, Agents& agents,
                                                Enrollments& enrollments);
std::unique_ptr<grpc::Service> MakeStatusService(const CallDesk& desk,
                                                 SystemStatus& status);
std::unique_ptr<grpc::Service> MakeAuditService(const CallDesk& desk, Audits& audits);

struct AgentControlParts {
  Agents& agents;
  Leases& leases;
  Runs& runs;
  Connections& connections;
  SessionHub& sessions;
  Dispatcher& dispatcher;
  PortalCredentials& credentials;
  Store& store;
  SystemStatus& status;
  Erasures& erasures;
  ConnectionChecks& checks;
  const AuditLog& audit;
  OpenStreams& streams;
};
std::unique_ptr<grpc::Service> MakeAgentControlService(const CallDesk& desk,
                                                       const AgentControlParts& parts);
std::unique_ptr<grpc::Service> MakeSecretService(const CallDesk& desk,
                                                 Secrets& secrets);
std::unique_ptr<grpc::Service> MakeApiTokenService(const CallDesk& desk,
                                                   TokenAdministration& tokens);
std::unique_ptr<grpc::Service> MakeAgentEnrollmentService(const CallDesk& desk,
                                                          Enrollments& enrollments);

}  // namespace guestbridge::server
