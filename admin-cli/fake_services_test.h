#pragma once

#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "admin-cli/fake_server_test.h"
#include "grpcpp/grpcpp.h"

// The services of FakeServer; each stands in the file of its subject.
namespace guestbridge::cli {

// Longer than any column, with what a terminal would obey.
inline constexpr char kNastyText[] =
    "Очень длинный текст, который не помещается в строку терминала, с цветом "
    "\033[31mкрасным\033[0m, звонком \a и переводом\nстроки";
inline constexpr char kClient[] = "00000000-0000-4000-8000-000000000001";

struct FakeServer::Services final : v1::IntegrationService::Service,
                                    v1::ConnectionService::Service,
                                    v1::FieldMappingService::Service,
                                    v1::EventService::Service,
                                    v1::ClientService::Service,
                                    v1::RunService::Service,
                                    v1::ScheduleService::Service,
                                    v1::AgentService::Service,
                                    v1::StatusService::Service,
                                    v1::AuditService::Service,
                                    v1::SecretService::Service,
                                    v1::ApiTokenService::Service {
  using ServerContext = grpc::ServerContext;
  using Status = grpc::Status;

  explicit Services(FakeServer& owner) : owner(owner) {}

  Status Fail(const absl::Status& status) const;
  Status Missing(absl::string_view integration) const;

  std::unique_lock<std::mutex> Enter(ServerContext* context);

  // Integrations.
  Status CreateIntegration(ServerContext* context,
                           const v1::CreateIntegrationRequest* request,
                           v1::Integration* answer) override;
  Status ReadIntegration(const std::string& name, v1::Integration* answer);
  Status GetIntegration(ServerContext* context,
                        const v1::GetIntegrationRequest* request,
                        v1::Integration* answer) override;
  Status ListIntegrations(ServerContext* context,
                          const v1::ListIntegrationsRequest* request,
                          v1::ListIntegrationsResponse* answer) override;
  Status UpdateIntegration(ServerContext* context,
                           const v1::UpdateIntegrationRequest* request,
                           v1::Integration* answer) override;
  Status SetActive(const std::string& name, bool active, v1::Integration* answer);
  Status ActivateIntegration(ServerContext* context,
                             const v1::ActivateIntegrationRequest* request,
                             v1::Integration* answer) override;
  Status DeactivateIntegration(ServerContext* context,
                               const v1::DeactivateIntegrationRequest* request,
                               v1::Integration* answer) override;
  Status DeleteIntegration(ServerContext* context,
                           const v1::DeleteIntegrationRequest* request,
                           google::protobuf::Empty*) override;

  // Connections.
  Status SaveConnection(ServerContext* context,
                        const v1::SaveConnectionRequest* request,
                        v1::Connection* answer) override;
  Status GetConnection(ServerContext* context, const v1::GetConnectionRequest*,
                       v1::Connection* answer) override;
  Status TestConnection(ServerContext* context, const v1::TestConnectionRequest*,
                        v1::TestConnectionResponse* answer) override;

  // Field mappings.
  void FillDraft(v1::FieldMapping* answer);
  Status LoadFields(ServerContext* context, const v1::LoadFieldsRequest*,
                    v1::FieldMapping* answer) override;
  Status GetFieldMapping(ServerContext* context, const v1::GetFieldMappingRequest*,
                         v1::FieldMapping* answer) override;
  Status MapField(ServerContext* context, const v1::MapFieldRequest* request,
                  v1::FieldMapping* answer) override;
  Status UnmapField(ServerContext* context, const v1::UnmapFieldRequest* request,
                    v1::FieldMapping* answer) override;
  Status SetClientFilter(ServerContext* context,
                         const v1::SetClientFilterRequest* request,
                         v1::FieldMapping* answer) override;
  Status DiffFieldMappings(ServerContext* context,
                           const v1::DiffFieldMappingsRequest* request,
                           v1::FieldMappingDiff* answer) override;
  Status SaveFieldMapping(ServerContext* context,
                          const v1::SaveFieldMappingRequest* request,
                          v1::FieldMapping* answer) override;
  Status ListFieldMappings(ServerContext* context, const v1::ListFieldMappingsRequest*,
                           v1::ListFieldMappingsResponse* answer) override;
  Status RestoreFieldMapping(ServerContext* context,
                             const v1::RestoreFieldMappingRequest*,
                             v1::FieldMapping* answer) override;

  // Events.
  void FillEvents(v1::EventSet* answer);
  Status LoadEvents(ServerContext* context, const v1::LoadEventsRequest*,
                    v1::EventSet* answer) override;
  Status GetEvents(ServerContext* context, const v1::GetEventsRequest*,
                   v1::EventSet* answer) override;
  Status EnableEvent(ServerContext* context, const v1::EnableEventRequest* request,
                     v1::EventSet* answer) override;
  Status DisableEvent(ServerContext* context, const v1::DisableEventRequest* request,
                      v1::EventSet* answer) override;
  Status SaveEvents(ServerContext* context, const v1::SaveEventsRequest*,
                    v1::EventSet* answer) override;

  // Runs.
  v1::Run::Kind started_last = v1::Run::EXPORT;
  v1::Run MakeRun(v1::Run::Kind kind);
  bool reconcile_dry = true;
  v1::MatchResult match_result;
  v1::Run Ended(v1::Run run);
  // A fresh server's runs end at once.
  void Remember(v1::Run run, const std::string& what);
  Status StartExport(ServerContext* context, const v1::StartExportRequest* request,
                     v1::Run* answer) override;
  Status RebuildLedger(ServerContext* context, const v1::RebuildLedgerRequest*,
                       v1::Run* answer) override;
  Status StartReconcile(ServerContext* context,
                        const v1::StartReconcileRequest* request,
                        v1::Run* answer) override;
  Status MatchClients(ServerContext* context, const v1::MatchClientsRequest* request,
                      v1::Run* answer) override;
  Status GetRun(ServerContext* context, const v1::GetRunRequest* request,
                v1::Run* answer) override;
  Status ListRuns(ServerContext* context, const v1::ListRunsRequest*,
                  v1::ListRunsResponse* answer) override;
  Status WatchRun(ServerContext* context, const v1::WatchRunRequest* request,
                  grpc::ServerWriter<v1::Run>* writer) override;
  Status ListRunSamples(ServerContext* context,
                        const v1::ListRunSamplesRequest* request,
                        v1::ListRunSamplesResponse* answer) override;
  Status CancelRun(ServerContext* context, const v1::CancelRunRequest*,
                   v1::Run* answer) override;

  // Clients.
  Status ListClients(ServerContext* context, const v1::ListClientsRequest* request,
                     v1::ListClientsResponse* answer) override;
  Status ListClientGroups(ServerContext* context,
                          const v1::ListClientGroupsRequest* request,
                          v1::ListClientGroupsResponse* answer) override;
  Status DropClients(ServerContext* context, const v1::DropClientsRequest* request,
                     v1::DropClientsResponse* answer) override;
  Status ExplainClient(ServerContext* context, const v1::ExplainClientRequest* request,
                       v1::ClientExplanation* answer) override;
  Status RetryClients(ServerContext* context, const v1::RetryClientsRequest* request,
                      v1::RetryClientsResponse* answer) override;
  Status ForgetClient(ServerContext* context, const v1::ForgetClientRequest* request,
                      v1::ErasureReceipt* answer) override;
  // Two pages of one entry.
  Status ListClientHistory(ServerContext* context,
                           const v1::ListClientHistoryRequest* request,
                           v1::ListClientHistoryResponse* answer) override;
  Status LinkClient(ServerContext* context, const v1::LinkClientRequest* request,
                    v1::Client* answer) override;
  Status UnlinkClient(ServerContext* context, const v1::UnlinkClientRequest* request,
                      v1::Client* answer) override;

  // Schedules.
  Status GetSchedule(ServerContext* context, const v1::GetScheduleRequest*,
                     v1::Schedule* answer) override;
  Status SetSchedule(ServerContext* context, const v1::SetScheduleRequest* request,
                     v1::Schedule* answer) override;
  Status PauseSchedule(ServerContext* context, const v1::PauseScheduleRequest*,
                       v1::Schedule* answer) override;
  Status ResumeSchedule(ServerContext* context, const v1::ResumeScheduleRequest*,
                        v1::Schedule* answer) override;

  // Agents and status.
  void FillAgent(v1::Agent* agent);
  Status GetAgent(ServerContext* context, const v1::GetAgentRequest* request,
                  v1::Agent* answer) override;
  Status ListAgents(ServerContext* context, const v1::ListAgentsRequest*,
                    v1::ListAgentsResponse* answer) override;
  Status GetSecretStatus(ServerContext* context, const v1::GetSecretStatusRequest*,
                         v1::SecretStatus* answer) override;
  Status RotateKey(ServerContext* context, const v1::RotateKeyRequest*,
                   v1::SecretStatus* answer) override;
  Status CreateAgent(ServerContext* context, const v1::CreateAgentRequest*,
                     v1::CreateAgentResponse* answer) override;
  Status EvictAgent(ServerContext* context, const v1::EvictAgentRequest*,
                    v1::Agent* answer) override;
  Status BanAgent(ServerContext* context, const v1::BanAgentRequest*,
                  v1::Agent* answer) override;
  Status UnbanAgent(ServerContext* context, const v1::UnbanAgentRequest*,
                    v1::Agent* answer) override;
  Status GetStatus(ServerContext* context, const v1::GetStatusRequest*,
                   v1::Status* answer) override;

  // The audit.
  Status ListAuditRecords(ServerContext* context,
                          const v1::ListAuditRecordsRequest* request,
                          v1::ListAuditRecordsResponse* answer) override;
  Status VerifyAudit(ServerContext* context, const v1::VerifyAuditRequest*,
                     v1::VerifyAuditResponse* answer) override;

  // Tokens.
  void FillToken(v1::ApiToken* token) const;
  Status CreateApiToken(ServerContext* context,
                        const v1::CreateApiTokenRequest* request,
                        v1::CreateApiTokenResponse* answer) override;
  Status ListApiTokens(ServerContext* context, const v1::ListApiTokensRequest*,
                       v1::ListApiTokensResponse* answer) override;
  Status GetApiToken(ServerContext* context, const v1::GetApiTokenRequest* request,
                     v1::ApiToken* answer) override;
  Status RotateApiToken(ServerContext* context, const v1::RotateApiTokenRequest*,
                        v1::RotateApiTokenResponse* answer) override;
  Status RevokeApiToken(ServerContext* context,
                        const v1::RevokeApiTokenRequest* request,
                        v1::ApiToken* answer) override;

  FakeServer& owner;
  mutable std::mutex mutex;
  std::string language;
  std::string authorization;
  std::map<std::string, v1::Integration> integrations;
  v1::Connection connection;
  bool connection_set = false;
  bool new_portal = false;
  bool given_portal_time = false;
  int64_t now = 1'700'000'000;  // goes on when a portal is another one
  bool events_loaded = false;
  bool events_saved = false;
  std::vector<v1::Run> runs;  // Newest first.
  int plans = 0;
  std::vector<std::string> changes;
  std::map<std::string, std::string> draft;
  std::vector<v1::FieldMapping> versions;
  std::map<std::string, bool> events = {{"client-created", true}};
  v1::Schedule schedule;
  v1::CreateApiTokenRequest token_request;
  v1::RevokeApiTokenRequest revoke_request;
  v1::StartExportRequest export_request;
  v1::ListRunSamplesRequest samples_request;
  v1::StartReconcileRequest reconcile_request;
  v1::MatchClientsRequest match_request;
  v1::WatchRunRequest::Until until = v1::WatchRunRequest::UNTIL_UNSPECIFIED;
  std::vector<std::string> retry;
  int watch_count = 0;
};

}  // namespace guestbridge::cli
