#include "admin-cli/fake_server_test.h"

#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "admin-cli/fake_services_test.h"
#include "common/status/error.h"
#include "common/status/grpc_status.h"
#include "grpcpp/security/server_credentials.h"
#include "grpcpp/server_builder.h"

// Integrations, connections, schedules, agents, and the server around them.
namespace guestbridge::cli {

grpc::Status FakeServer::Services::Fail(const absl::Status& status) const {
  return ToGrpcStatus(status, ParseLanguage(language));
}

grpc::Status FakeServer::Services::Missing(absl::string_view integration) const {
  return Fail(
      MakeError("INTEGRATION_NOT_FOUND", {{"integration", std::string(integration)},
                                          {"name", std::string(integration)},
                                          {"id", std::string(integration)}}));
}

std::unique_lock<std::mutex> FakeServer::Services::Enter(ServerContext* context) {
  std::unique_lock lock(mutex);
  const auto& metadata = context->client_metadata();
  const auto value = [&](const char* key) {
    const auto it = metadata.find(key);
    return it == metadata.end() ? std::string()
                                : std::string(it->second.data(), it->second.size());
  };
  language = value("accept-language");
  authorization = value("authorization");
  return lock;
}

grpc::Status FakeServer::Services::CreateIntegration(
    ServerContext* context, const v1::CreateIntegrationRequest* request,
    v1::Integration* answer) {
  const auto lock = Enter(context);
  const std::string name = absl::StrCat("integrations/", request->integration_id());
  if (integrations.count(name) > 0) {
    return Status(grpc::StatusCode::ALREADY_EXISTS, "exists");
  }
  v1::Integration made = request->integration();
  made.set_name(name);
  made.set_active(!request->inactive());
  made.mutable_create_time()->set_seconds(1'700'000'000);
  schedule.set_paused(owner.fresh);
  schedule.set_cron("0 3 * * *");
  schedule.set_time_zone("Europe/Moscow");
  changes.push_back("create");
  *answer = integrations[name] = made;
  return Status::OK;
}

grpc::Status FakeServer::Services::ReadIntegration(const std::string& name,
                                                   v1::Integration* answer) {
  if (absl::StrContains(name, ' ')) {
    return Fail(MakeError("NAME_MALFORMED", {{"name", name}}));
  }
  const auto it = integrations.find(name);
  if (it == integrations.end()) return Missing(name);
  *answer = it->second;
  v1::Integration::Guard& guard = *answer->mutable_guard();
  if (guard.contacts() == 0) guard.set_contacts(owner.guard_contacts);
  if (guard.percent() == 0) guard.set_percent(10);
  return Status::OK;
}

grpc::Status FakeServer::Services::GetIntegration(
    ServerContext* context, const v1::GetIntegrationRequest* request,
    v1::Integration* answer) {
  const auto lock = Enter(context);
  return ReadIntegration(request->name(), answer);
}

grpc::Status FakeServer::Services::ListIntegrations(
    ServerContext* context, const v1::ListIntegrationsRequest* request,
    v1::ListIntegrationsResponse* answer) {
  const auto lock = Enter(context);
  auto it = integrations.upper_bound(request->page_token());
  for (int i = 0; i < owner.page_size && it != integrations.end(); ++i, ++it) {
    *answer->add_integrations() = it->second;
  }
  if (it != integrations.end()) {
    answer->set_next_page_token(std::prev(it)->first);
  }
  return Status::OK;
}

grpc::Status FakeServer::Services::UpdateIntegration(
    ServerContext* context, const v1::UpdateIntegrationRequest* request,
    v1::Integration* answer) {
  const auto lock = Enter(context);
  const auto it = integrations.find(request->integration().name());
  if (it == integrations.end()) return Missing(request->integration().name());
  if (!request->integration().display_name().empty()) {
    it->second.set_display_name(request->integration().display_name());
  }
  const v1::Integration::Guard& limits = request->integration().guard();
  for (const absl::string_view path : request->update_mask().paths()) {
    v1::Integration::Guard& guard = *it->second.mutable_guard();
    if (path == "guard.contacts") guard.set_contacts(limits.contacts());
    if (path == "guard.percent") guard.set_percent(limits.percent());
  }
  v1::Retention& kept = *it->second.mutable_retention();
  for (const absl::string_view path : request->update_mask().paths()) {
    absl::string_view part = path;
    if (!absl::ConsumePrefix(&part, "retention.")) continue;
    kept.GetReflection()->ClearField(
        &kept, kept.GetDescriptor()->FindFieldByName(std::string(part)));
  }
  kept.MergeFrom(request->integration().retention());
  return ReadIntegration(it->first, answer);
}

grpc::Status FakeServer::Services::SetActive(const std::string& name, bool active,
                                             v1::Integration* answer) {
  const auto it = integrations.find(name);
  if (it == integrations.end()) return Missing(name);
  it->second.set_active(active);
  changes.push_back(active ? "activate" : "deactivate");
  *answer = it->second;
  return Status::OK;
}

grpc::Status FakeServer::Services::ActivateIntegration(
    ServerContext* context, const v1::ActivateIntegrationRequest* request,
    v1::Integration* answer) {
  const auto lock = Enter(context);
  return SetActive(request->name(), true, answer);
}

grpc::Status FakeServer::Services::DeactivateIntegration(
    ServerContext* context, const v1::DeactivateIntegrationRequest* request,
    v1::Integration* answer) {
  const auto lock = Enter(context);
  return SetActive(request->name(), false, answer);
}

grpc::Status FakeServer::Services::DeleteIntegration(
    ServerContext* context, const v1::DeleteIntegrationRequest* request,
    google::protobuf::Empty*) {
  const auto lock = Enter(context);
  if (integrations.erase(request->name()) == 0) return Missing(request->name());
  return Status::OK;
}

grpc::Status FakeServer::Services::SaveConnection(
    ServerContext* context, const v1::SaveConnectionRequest* request,
    v1::Connection* answer) {
  const auto lock = Enter(context);
  if (!owner.refuses_connection.ok()) {
    return Fail(std::exchange(owner.refuses_connection, absl::OkStatus()));
  }
  const google::protobuf::Timestamp before = connection.portal_time();
  connection = request->connection();
  given_portal_time = given_portal_time || connection.has_portal_time();
  new_portal = request->new_portal();
  *connection.mutable_portal_time() = before;
  if (new_portal) now += 3600;
  if (!connection_set || new_portal) {
    connection.mutable_portal_time()->set_seconds(now);
  }
  if (!owner.tells_portal_time) connection.clear_portal_time();
  if (std::exchange(connection_set, true) == false) schedule.set_paused(false);
  changes.push_back("connect");
  if (!connection.ssl()) {
    return Fail(MakeFieldError("connection.ssl", "SSL_REQUIRED"));
  }
  *answer = connection;
  answer->mutable_token_state()->set_valid(true);
  answer->mutable_webhook()->clear_secret();
  return Status::OK;
}

grpc::Status FakeServer::Services::GetConnection(ServerContext* context,
                                                 const v1::GetConnectionRequest*,
                                                 v1::Connection* answer) {
  const auto lock = Enter(context);
  if (owner.fresh && !connection_set) return Fail(MakeError("CONNECTION_NOT_SET"));
  *answer = connection;
  answer->mutable_webhook()->clear_secret();
  answer->mutable_last_checks()->Assign(owner.last_checks.begin(),
                                        owner.last_checks.end());
  return Status::OK;
}

grpc::Status FakeServer::Services::TestConnection(ServerContext* context,
                                                  const v1::TestConnectionRequest*,
                                                  v1::TestConnectionResponse* answer) {
  const auto lock = Enter(context);
  changes.push_back("test");
  for (const auto state : {v1::Check::OK, owner.worst_check}) {
    v1::Check* check = answer->add_checks();
    check->set_name("portal");
    check->set_state(state);
    check->set_message(kNastyText);
    check->set_remedy("Look.");
  }
  return Status::OK;
}

grpc::Status FakeServer::Services::GetSchedule(ServerContext* context,
                                               const v1::GetScheduleRequest*,
                                               v1::Schedule* answer) {
  const auto lock = Enter(context);
  *answer = schedule;
  return Status::OK;
}

grpc::Status FakeServer::Services::SetSchedule(ServerContext* context,
                                               const v1::SetScheduleRequest* request,
                                               v1::Schedule* answer) {
  const auto lock = Enter(context);
  schedule = request->schedule();
  schedule.mutable_next_time()->set_seconds(1'795'905'000);  // 2026-11-28 22:30 UTC
  *answer = schedule;
  changes.push_back("schedule");
  return Status::OK;
}

grpc::Status FakeServer::Services::PauseSchedule(ServerContext* context,
                                                 const v1::PauseScheduleRequest*,
                                                 v1::Schedule* answer) {
  const auto lock = Enter(context);
  schedule.set_paused(true);
  changes.push_back("pause");
  *answer = schedule;
  return Status::OK;
}

grpc::Status FakeServer::Services::ResumeSchedule(ServerContext* context,
                                                  const v1::ResumeScheduleRequest*,
                                                  v1::Schedule* answer) {
  const auto lock = Enter(context);
  schedule.set_paused(false);
  *answer = schedule;
  return Status::OK;
}

void FakeServer::Services::FillAgent(v1::Agent* agent) {
  agent->set_name("agents/hotel-1");
  agent->set_connected(true);
  v1::AgentIntegration* it = agent->add_integrations();
  it->set_integration("integrations/main");
  it->mutable_rejection()->set_message(kNastyText);
  it->mutable_queues()->mutable_oldest_doubt_time()->set_seconds(1767225600);
  agent->mutable_report_time()->set_seconds(1767225600);
  v1::AgentProblem* problem = agent->add_problems();
  problem->mutable_explanation()->set_message(kNastyText);
  problem->mutable_explanation()->set_remedy(kNastyText);
  if (!owner.agents.empty()) *agent = owner.agents.front();
}

grpc::Status FakeServer::Services::GetAgent(ServerContext* context,
                                            const v1::GetAgentRequest* request,
                                            v1::Agent* answer) {
  const auto lock = Enter(context);
  if (request->name() != "agents/hotel-1") return Missing(request->name());
  FillAgent(answer);
  return Status::OK;
}

grpc::Status FakeServer::Services::ListAgents(ServerContext* context,
                                              const v1::ListAgentsRequest*,
                                              v1::ListAgentsResponse* answer) {
  const auto lock = Enter(context);
  if (owner.agents.empty()) FillAgent(answer->add_agents());
  for (const v1::Agent& agent : owner.agents) *answer->add_agents() = agent;
  return Status::OK;
}

grpc::Status FakeServer::Services::CreateAgent(ServerContext* context,
                                               const v1::CreateAgentRequest*,
                                               v1::CreateAgentResponse* answer) {
  const auto lock = Enter(context);
  FillAgent(answer->mutable_agent());
  answer->set_join_token("gbj_of_the_test");
  answer->mutable_join_token_expire_time()->set_seconds(1767225600);
  return Status::OK;
}

grpc::Status FakeServer::Services::EvictAgent(ServerContext* context,
                                              const v1::EvictAgentRequest*,
                                              v1::Agent* answer) {
  const auto lock = Enter(context);
  FillAgent(answer);
  return Status::OK;
}

grpc::Status FakeServer::Services::BanAgent(ServerContext* context,
                                            const v1::BanAgentRequest*,
                                            v1::Agent* answer) {
  const auto lock = Enter(context);
  FillAgent(answer);
  answer->set_banned(true);
  return Status::OK;
}

grpc::Status FakeServer::Services::UnbanAgent(ServerContext* context,
                                              const v1::UnbanAgentRequest*,
                                              v1::Agent* answer) {
  const auto lock = Enter(context);
  FillAgent(answer);
  return Status::OK;
}

grpc::Status FakeServer::Services::GetStatus(ServerContext* context,
                                             const v1::GetStatusRequest*,
                                             v1::Status* answer) {
  const auto lock = Enter(context);
  answer->set_attention(owner.attention);
  v1::IntegrationStatus* it = answer->add_integrations();
  it->set_integration("integrations/main");
  it->set_display_name(kNastyText);
  it->mutable_next_time()->set_seconds(1'795'905'000);  // 2026-11-28 22:30 UTC
  it->set_time_zone("Asia/Vladivostok");
  *it->mutable_last_run() = Ended(MakeRun(v1::Run::EXPORT));
  it->mutable_last_run()->MergeFrom(owner.last_run);
  *it->mutable_write_back() = owner.write_back;
  for (const v1::Check& check : owner.last_checks) {
    if (check.state() != v1::Check::OK) *it->add_findings() = check;
  }
  it->add_attention()->set_message(kNastyText);
  return Status::OK;
}

grpc::Status FakeServer::Services::GetSecretStatus(ServerContext* context,
                                                   const v1::GetSecretStatusRequest*,
                                                   v1::SecretStatus* answer) {
  const auto lock = Enter(context);
  *answer = owner.secrets;
  return Status::OK;
}

grpc::Status FakeServer::Services::RotateKey(ServerContext* context,
                                             const v1::RotateKeyRequest*,
                                             v1::SecretStatus* answer) {
  const auto lock = Enter(context);
  for (v1::EncryptionKey& key : *owner.secrets.mutable_keys()) key.set_current(false);
  v1::EncryptionKey& key = *owner.secrets.add_keys();
  key.set_key_id("2c26b46b68ffc68f");
  key.set_number(owner.secrets.keys_size());
  key.set_current(true);
  key.set_available(true);
  owner.secrets.set_waiting(owner.secrets.secrets());
  *answer = owner.secrets;
  return Status::OK;
}

FakeServer::FakeServer() : services_(std::make_unique<Services>(*this)) { Start(); }

FakeServer::~FakeServer() { Stop(); }

std::string FakeServer::address() const { return absl::StrCat("127.0.0.1:", port_); }

void FakeServer::Start() {
  grpc::ServerBuilder builder;
  builder.AddListeningPort(address(), grpc::InsecureServerCredentials(), &port_);
  Services* all = services_.get();
  builder.RegisterService(static_cast<v1::IntegrationService::Service*>(all));
  builder.RegisterService(static_cast<v1::ConnectionService::Service*>(all));
  builder.RegisterService(static_cast<v1::FieldMappingService::Service*>(all));
  builder.RegisterService(static_cast<v1::EventService::Service*>(all));
  builder.RegisterService(static_cast<v1::ClientService::Service*>(all));
  builder.RegisterService(static_cast<v1::RunService::Service*>(all));
  builder.RegisterService(static_cast<v1::ScheduleService::Service*>(all));
  builder.RegisterService(static_cast<v1::AgentService::Service*>(all));
  builder.RegisterService(static_cast<v1::StatusService::Service*>(all));
  builder.RegisterService(static_cast<v1::AuditService::Service*>(all));
  builder.RegisterService(static_cast<v1::SecretService::Service*>(all));
  builder.RegisterService(static_cast<v1::ApiTokenService::Service*>(all));
  server_ = builder.BuildAndStart();
}

void FakeServer::Stop() {
  if (server_ == nullptr) return;
  server_->Shutdown(std::chrono::system_clock::time_point::min());
  server_->Wait();
  server_.reset();
}

v1::Connection FakeServer::saved_connection() const {
  const std::lock_guard lock(services_->mutex);
  return services_->connection;
}
bool FakeServer::was_given_portal_time() const {
  const std::lock_guard lock(services_->mutex);
  return services_->given_portal_time;
}
bool FakeServer::saved_as_new_portal() const {
  const std::lock_guard lock(services_->mutex);
  return services_->new_portal;
}
std::string FakeServer::seen_language() const {
  const std::lock_guard lock(services_->mutex);
  return services_->language;
}
std::string FakeServer::seen_authorization() const {
  const std::lock_guard lock(services_->mutex);
  return services_->authorization;
}
v1::StartReconcileRequest FakeServer::reconciled() const {
  const std::lock_guard<std::mutex> lock(services_->mutex);
  return services_->reconcile_request;
}

v1::MatchClientsRequest FakeServer::matched() const {
  const std::lock_guard lock(services_->mutex);
  return services_->match_request;
}

v1::CreateApiTokenRequest FakeServer::token_request() const {
  const std::lock_guard lock(services_->mutex);
  return services_->token_request;
}

v1::StartExportRequest FakeServer::started() const {
  const std::lock_guard lock(services_->mutex);
  return services_->export_request;
}
v1::WatchRunRequest::Until FakeServer::watched_until() const {
  const std::lock_guard lock(services_->mutex);
  return services_->until;
}
std::vector<std::string> FakeServer::retried() const {
  const std::lock_guard lock(services_->mutex);
  return services_->retry;
}
int FakeServer::watches() const {
  const std::lock_guard lock(services_->mutex);
  return services_->watch_count;
}

std::vector<std::string> FakeServer::changes() const {
  const std::lock_guard lock(services_->mutex);
  return services_->changes;
}

}  // namespace guestbridge::cli
