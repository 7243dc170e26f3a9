#include "admin-cli/fake_server_test.h"

#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/strip.h"
#include "common/status/error.h"
#include "common/status/grpc_status.h"
#include "grpcpp/security/server_credentials.h"
#include "grpcpp/server_builder.h"

namespace guestbridge::cli {
namespace {

using grpc::ServerContext;
using grpc::Status;

// Longer than any column, with what a terminal would obey.
constexpr char kNastyText[] =
    "Очень длинный текст, который не помещается в строку терминала, с цветом "
    "\033[31mкрасным\033[0m, звонком \a и переводом\nстроки";
constexpr char kClient[] = "00000000-0000-4000-8000-000000000001";

}  // namespace

struct FakeServer::Services final : v1::IntegrationService::Service,
                                    v1::ConnectionService::Service,
                                    v1::FieldMappingService::Service,
                                    v1::EventService::Service,
                                    v1::ClientService::Service,
                                    v1::RunService::Service,
                                    v1::ScheduleService::Service,
                                    v1::AgentService::Service,
                                    v1::StatusService::Service {
  explicit Services(FakeServer& owner) : owner(owner) {}

  Status Fail(const absl::Status& status) const {
    return ToGrpcStatus(status, ParseLanguage(language));
  }
  Status Missing(absl::string_view integration) const {
    return Fail(
        MakeError("INTEGRATION_NOT_FOUND", {{"integration", std::string(integration)},
                                            {"name", std::string(integration)},
                                            {"id", std::string(integration)}}));
  }

  std::unique_lock<std::mutex> Enter(ServerContext* context) {
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

  // Integrations.
  Status CreateIntegration(ServerContext* context,
                           const v1::CreateIntegrationRequest* request,
                           v1::Integration* answer) override {
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
  Status ReadIntegration(const std::string& name, v1::Integration* answer) {
    const auto it = integrations.find(name);
    if (it == integrations.end()) return Missing(name);
    *answer = it->second;
    return Status::OK;
  }
  Status GetIntegration(ServerContext* context,
                        const v1::GetIntegrationRequest* request,
                        v1::Integration* answer) override {
    const auto lock = Enter(context);
    return ReadIntegration(request->name(), answer);
  }
  Status ListIntegrations(ServerContext* context,
                          const v1::ListIntegrationsRequest* request,
                          v1::ListIntegrationsResponse* answer) override {
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
  Status UpdateIntegration(ServerContext* context,
                           const v1::UpdateIntegrationRequest* request,
                           v1::Integration* answer) override {
    const auto lock = Enter(context);
    const auto it = integrations.find(request->integration().name());
    if (it == integrations.end()) return Missing(request->integration().name());
    if (!request->integration().display_name().empty()) {
      it->second.set_display_name(request->integration().display_name());
    }
    it->second.mutable_retention()->MergeFrom(request->integration().retention());
    return ReadIntegration(it->first, answer);
  }
  Status SetActive(const std::string& name, bool active, v1::Integration* answer) {
    const auto it = integrations.find(name);
    if (it == integrations.end()) return Missing(name);
    it->second.set_active(active);
    changes.push_back(active ? "activate" : "deactivate");
    *answer = it->second;
    return Status::OK;
  }
  Status ActivateIntegration(ServerContext* context,
                             const v1::ActivateIntegrationRequest* request,
                             v1::Integration* answer) override {
    const auto lock = Enter(context);
    return SetActive(request->name(), true, answer);
  }
  Status DeactivateIntegration(ServerContext* context,
                               const v1::DeactivateIntegrationRequest* request,
                               v1::Integration* answer) override {
    const auto lock = Enter(context);
    return SetActive(request->name(), false, answer);
  }
  Status DeleteIntegration(ServerContext* context,
                           const v1::DeleteIntegrationRequest* request,
                           google::protobuf::Empty*) override {
    const auto lock = Enter(context);
    if (integrations.erase(request->name()) == 0) return Missing(request->name());
    return Status::OK;
  }

  // Connections.
  Status SaveConnection(ServerContext* context,
                        const v1::SaveConnectionRequest* request,
                        v1::Connection* answer) override {
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
  Status GetConnection(ServerContext* context, const v1::GetConnectionRequest*,
                       v1::Connection* answer) override {
    const auto lock = Enter(context);
    if (owner.fresh && !connection_set) return Fail(MakeError("CONNECTION_NOT_SET"));
    *answer = connection;
    answer->mutable_webhook()->clear_secret();
    answer->mutable_last_checks()->Assign(owner.last_checks.begin(),
                                          owner.last_checks.end());
    return Status::OK;
  }
  Status TestConnection(ServerContext* context, const v1::TestConnectionRequest*,
                        v1::TestConnectionResponse* answer) override {
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

  // Field mappings.
  void FillDraft(v1::FieldMapping* answer) {
    answer->set_name("integrations/main/fieldMapping");
    answer->add_notices()->set_message(kNastyText);
    for (const auto& [target, source] : draft) {
      v1::FieldMappingEntry* entry = answer->add_entries();
      entry->set_source(source);
      entry->set_target(target);
      entry->set_suggested(true);
      entry->set_reason("SUGGESTED_BY_VALUES");
      entry->set_certainty(v1::FieldMappingEntry::MEDIUM);
    }
  }
  Status LoadFields(ServerContext* context, const v1::LoadFieldsRequest*,
                    v1::FieldMapping* answer) override {
    const auto lock = Enter(context);
    draft = {{"LAST_NAME", "LastName"}, {"NAME", "FirstName"}};
    changes.push_back("load fields");
    FillDraft(answer);
    for (const char* name : {"LastName", "Remarks"}) {
      v1::SourceField& field = *answer->add_source_fields();
      field.set_name(name);
      field.set_type("Edm.String");
      field.set_max_length(50);
    }
    for (const char* name : {"LAST_NAME", "UF_CRM_1700000001", "ID"}) {
      v1::ContactField& field = *answer->add_contact_fields();
      field.set_name(name);
      field.set_type("string");
      field.set_title("Название поля, каким его видит менеджер на портале");
      field.set_read_only(std::string(name) == "ID");
    }
    return Status::OK;
  }
  Status GetFieldMapping(ServerContext* context, const v1::GetFieldMappingRequest*,
                         v1::FieldMapping* answer) override {
    const auto lock = Enter(context);
    if (owner.fresh && draft.empty()) return Fail(MakeError("FIELDS_NOT_LOADED"));
    FillDraft(answer);
    return Status::OK;
  }
  Status MapField(ServerContext* context, const v1::MapFieldRequest* request,
                  v1::FieldMapping* answer) override {
    const auto lock = Enter(context);
    draft[request->entry().target()] = request->entry().source();
    FillDraft(answer);
    for (const auto& transform : request->entry().transforms()) {
      answer->mutable_entries(0)->add_transforms(transform);
    }
    answer->mutable_entries(0)->set_policy(request->entry().policy());
    answer->mutable_entries(0)->set_when_empty(request->entry().when_empty());
    return Status::OK;
  }
  Status UnmapField(ServerContext* context, const v1::UnmapFieldRequest* request,
                    v1::FieldMapping* answer) override {
    const auto lock = Enter(context);
    draft.erase(request->target());
    FillDraft(answer);
    return Status::OK;
  }
  Status SetClientFilter(ServerContext* context,
                         const v1::SetClientFilterRequest* request,
                         v1::FieldMapping* answer) override {
    const auto lock = Enter(context);
    FillDraft(answer);
    answer->set_filter(request->filter());
    return Status::OK;
  }
  Status DiffFieldMappings(ServerContext* context,
                           const v1::DiffFieldMappingsRequest* request,
                           v1::FieldMappingDiff* answer) override {
    const auto lock = Enter(context);
    v1::FieldMappingChange& change = *answer->add_changes();
    change.set_kind(v1::FieldMappingChange::CHANGED);
    change.mutable_before()->set_source("LastName");
    change.mutable_before()->set_target("LAST_NAME");
    *change.mutable_after() = change.before();
    change.mutable_after()->add_transforms("name");
    change.mutable_after()->set_when_empty(v1::FieldMappingEntry::KEEP);
    answer->set_filter_after(request->to_version() == 0 ? "Sex = Female" : "");
    return Status::OK;
  }
  Status SaveFieldMapping(ServerContext* context,
                          const v1::SaveFieldMappingRequest* request,
                          v1::FieldMapping* answer) override {
    const auto lock = Enter(context);
    FillDraft(answer);
    answer->set_version(static_cast<int>(versions.size()) + 1);
    answer->set_resend(request->resend());
    if (request->validate_only()) return Status::OK;
    answer->set_current(true);
    versions.push_back(*answer);
    changes.push_back("save fields");
    return Status::OK;
  }
  Status ListFieldMappings(ServerContext* context, const v1::ListFieldMappingsRequest*,
                           v1::ListFieldMappingsResponse* answer) override {
    const auto lock = Enter(context);
    for (auto version = versions.rbegin(); version != versions.rend(); ++version) {
      *answer->add_field_mappings() = *version;
    }
    return Status::OK;
  }
  Status RestoreFieldMapping(ServerContext* context,
                             const v1::RestoreFieldMappingRequest*,
                             v1::FieldMapping* answer) override {
    const auto lock = Enter(context);
    FillDraft(answer);
    answer->set_version(2);
    answer->set_restored_from(1);
    return Status::OK;
  }

  // Events.
  void FillEvents(v1::EventSet* answer) {
    for (const auto& [id, on] : events) {
      v1::Event* event = answer->add_events();
      event->set_id(id);
      event->set_enabled(on);
      event->set_side(v1::Event::SOURCE);
      event->set_action("ADD");
      event->set_detection(kNastyText);
    }
    answer->set_unsaved(!owner.fresh || !events_saved);
  }
  Status LoadEvents(ServerContext* context, const v1::LoadEventsRequest*,
                    v1::EventSet* answer) override {
    const auto lock = Enter(context);
    events_loaded = true;
    changes.push_back("load events");
    FillEvents(answer);
    return Status::OK;
  }
  Status GetEvents(ServerContext* context, const v1::GetEventsRequest*,
                   v1::EventSet* answer) override {
    const auto lock = Enter(context);
    if (owner.fresh && !events_loaded) return Fail(MakeError("EVENTS_NOT_LOADED"));
    FillEvents(answer);
    return Status::OK;
  }
  Status EnableEvent(ServerContext* context, const v1::EnableEventRequest* request,
                     v1::EventSet* answer) override {
    const auto lock = Enter(context);
    events[request->event()] = true;
    FillEvents(answer);
    return Status::OK;
  }
  Status DisableEvent(ServerContext* context, const v1::DisableEventRequest* request,
                      v1::EventSet* answer) override {
    const auto lock = Enter(context);
    events[request->event()] = false;
    FillEvents(answer);
    return Status::OK;
  }
  Status SaveEvents(ServerContext* context, const v1::SaveEventsRequest*,
                    v1::EventSet* answer) override {
    const auto lock = Enter(context);
    events_saved = true;
    changes.push_back("save events");
    FillEvents(answer);
    answer->set_unsaved(false);
    return Status::OK;
  }

  // Runs.
  v1::Run::Kind started_last = v1::Run::EXPORT;
  v1::Run MakeRun(v1::Run::Kind kind) {
    started_last = kind;
    v1::Run run;
    run.set_name("integrations/main/runs/1");
    run.set_integration("integrations/main");
    run.set_kind(kind);
    run.set_state(v1::Run::PENDING);
    run.mutable_create_time()->set_seconds(now);
    run.mutable_counters();
    return run;
  }
  bool reconcile_dry = true;
  v1::MatchResult match_result;
  v1::Run Ended(v1::Run run) {
    run.set_state(owner.run_ends);
    if (run.kind() == v1::Run::MATCH) *run.mutable_match() = match_result;
    const bool moved = run.kind() == v1::Run::EXPORT && !run.dry_run() &&
                       !run.plan().empty() && run.plan() == owner.changed_plan;
    if (run.state() == v1::Run::FAILED && !owner.run_fails_with.empty()) {
      run.mutable_error()->set_reason(owner.run_fails_with);
    }
    if (moved) {
      run.set_state(v1::Run::FAILED);
      run.mutable_error()->set_reason("PLAN_CHANGED");
    }
    if (run.kind() == v1::Run::RECONCILE) {
      run.set_dry_run(reconcile_dry);
      *run.mutable_reconcile() = owner.reconcile;
    }
    run.mutable_start_time()->set_seconds(run.create_time().seconds() + 1);
    run.mutable_end_time()->set_seconds(run.create_time().seconds() + 14);
    run.mutable_counters()->set_scanned(123'456);
    run.mutable_counters()->set_added(123'455);
    run.mutable_counters()->set_failed(1);
    *run.mutable_write_back() = owner.write_back;
    *run.mutable_portal() = owner.portal;
    if (owner.run_ends == v1::Run::PARTIALLY_FAILED) {
      v1::ClientFailure* failure = run.add_failures();
      failure->set_client(kClient);
      failure->set_reason("EMAIL_REFUSED");
      failure->set_message(kNastyText);
    }
    return run;
  }
  // A fresh server's runs end at once.
  void Remember(v1::Run run, const std::string& what) {
    changes.push_back(what);
    runs.insert(runs.begin(), Ended(std::move(run)));
  }
  Status StartExport(ServerContext* context, const v1::StartExportRequest* request,
                     v1::Run* answer) override {
    const auto lock = Enter(context);
    if (integrations.count(request->parent()) == 0) return Missing(request->parent());
    export_request = *request;
    *answer = MakeRun(v1::Run::EXPORT);
    answer->set_dry_run(request->dry_run());
    answer->set_draft_mapping(request->draft_mapping());
    answer->set_mapping_version(static_cast<int>(versions.size()));
    answer->set_plan(request->dry_run() ? absl::StrCat("plan-", ++plans)
                                        : request->plan());
    Remember(*answer, request->dry_run() ? "dry run" : "export");
    return Status::OK;
  }
  Status RebuildLedger(ServerContext* context, const v1::RebuildLedgerRequest*,
                       v1::Run* answer) override {
    const auto lock = Enter(context);
    *answer = MakeRun(v1::Run::REBUILD);
    return Status::OK;
  }
  Status StartReconcile(ServerContext* context,
                        const v1::StartReconcileRequest* request,
                        v1::Run* answer) override {
    const auto lock = Enter(context);
    *answer = MakeRun(v1::Run::RECONCILE);
    reconcile_dry = !request->apply();
    reconcile_request = *request;
    return Status::OK;
  }
  Status MatchClients(ServerContext* context, const v1::MatchClientsRequest* request,
                      v1::Run* answer) override {
    const auto lock = Enter(context);
    match_request = *request;
    *answer = MakeRun(v1::Run::MATCH);
    v1::MatchResult& match = *answer->mutable_match();
    match.set_matched(owner.proposes + owner.adopts);
    match.set_proposed(owner.proposes);
    match.set_ambiguous(owner.ambiguous);
    if (request->apply()) match.set_applied(match.matched());
    match_result = match;
    Remember(*answer, request->apply() ? "apply" : "match");
    return Status::OK;
  }
  Status GetRun(ServerContext* context, const v1::GetRunRequest* request,
                v1::Run* answer) override {
    const auto lock = Enter(context);
    if (request->name() != "integrations/-/runs/1" &&
        request->name() != "integrations/main/runs/1") {
      return Fail(absl::NotFoundError("no such run"));
    }
    *answer = Ended(MakeRun(v1::Run::EXPORT));
    return Status::OK;
  }
  Status ListRuns(ServerContext* context, const v1::ListRunsRequest*,
                  v1::ListRunsResponse* answer) override {
    const auto lock = Enter(context);
    if (owner.fresh) {
      answer->mutable_runs()->Assign(runs.begin(), runs.end());
      return Status::OK;
    }
    *answer->add_runs() = Ended(MakeRun(v1::Run::EXPORT));
    *answer->add_runs() = MakeRun(v1::Run::MATCH);
    return Status::OK;
  }
  Status WatchRun(ServerContext* context, const v1::WatchRunRequest* request,
                  grpc::ServerWriter<v1::Run>* writer) override {
    bool hangs = false;
    {
      const auto lock = Enter(context);
      ++watch_count;
      until = request->until();
      hangs = owner.run_hangs;
      v1::Run run = MakeRun(started_last);
      const bool kept = !runs.empty() && runs.front().kind() == started_last;
      if (kept) {
        run = runs.front();
        run.set_state(v1::Run::PENDING);
        run.clear_error();
        run.clear_failures();
        run.mutable_counters()->Clear();
      }
      v1::Explanation* notice = run.add_notices();
      notice->set_reason("AGENT_NOT_CONNECTED");
      notice->set_message("No agent yet.");
      writer->Write(run);
      run.set_state(v1::Run::RUNNING);
      run.mutable_counters()->set_scanned(10);
      writer->Write(run);
      if (owner.watch_breaks_once) {
        owner.watch_breaks_once = false;
        return Status(grpc::StatusCode::UNAVAILABLE, "broken");
      }
      if (!hangs) writer->Write(Ended(run));
    }
    while (hangs && !context->IsCancelled()) std::this_thread::yield();
    return Status::OK;
  }
  Status CancelRun(ServerContext* context, const v1::CancelRunRequest*,
                   v1::Run* answer) override {
    const auto lock = Enter(context);
    *answer = MakeRun(v1::Run::EXPORT);
    return Status::OK;
  }

  // Clients.
  Status ListClients(ServerContext* context, const v1::ListClientsRequest* request,
                     v1::ListClientsResponse* answer) override {
    const auto lock = Enter(context);
    if (owner.no_clients) return Status::OK;
    v1::Client* client = answer->add_clients();
    client->set_client(kClient);
    client->set_state(request->state() == 0 ? v1::Client::EXPORTED : request->state());
    client->set_contact(17);
    client->set_message(kNastyText);
    client->set_found_by_message("Phone and name are the same.");
    client->set_certainty(v1::Client::LIKELY);
    return Status::OK;
  }
  Status ListClientGroups(ServerContext* context,
                          const v1::ListClientGroupsRequest* request,
                          v1::ListClientGroupsResponse* answer) override {
    const auto lock = Enter(context);
    if (owner.no_clients) return Status::OK;
    v1::ClientGroup* group = answer->add_groups();
    group->set_state(request->state() == 0 ? v1::Client::FAILED : request->state());
    group->set_reason("PORTAL_REFUSED");
    group->set_message("The portal refused the contact.");
    group->set_remedy("Look at the guest in 1C.");
    group->set_count(3);
    group->add_clients(kClient);
    return Status::OK;
  }
  Status DropClients(ServerContext* context, const v1::DropClientsRequest* request,
                     v1::DropClientsResponse* answer) override {
    const auto lock = Enter(context);
    answer->set_dropped(request->clients_size());
    return Status::OK;
  }
  Status ExplainClient(ServerContext* context, const v1::ExplainClientRequest* request,
                       v1::ClientExplanation* answer) override {
    const auto lock = Enter(context);
    answer->set_name(request->name());
    answer->set_client(kClient);
    answer->set_decision("ADD");
    v1::RuleOutcome* rule = answer->add_rules();
    rule->set_rule("deletion-mark");
    rule->set_outcome("PASS");
    v1::FieldOutcome* field = answer->add_fields();
    field->set_source("LastName");
    field->set_target("LAST_NAME");
    field->set_source_value(kNastyText);
    field->set_sent_value(
        "日本語のとても長い名前日本語のとても長い名前日本語のとても長い名前");
    field->add_notes()->set_reason("VALUE_CUT");
    field->set_portal_value("Orlova");
    field->set_differs(true);
    answer->set_found_by(v1::ClientExplanation::PHONE);
    answer->set_code("000000017");
    answer->mutable_portal()->set_state(v1::PortalContact::READ);
    answer->mutable_portal()->set_contact(17);
    answer->mutable_portal()->add_differing_fields("LAST_NAME");
    answer->add_history()->set_kind(v1::HistoryEntry::ADDED);
    for (const bool seen : {false, true}) {
      v1::ChangeRecord* change = answer->add_changes();
      change->set_time(seen ? "2026-01-02T03:04:05" : "2026-01-03T03:04:05");
      change->set_seen(seen);
    }
    answer->mutable_next()->set_reason("NEXT_IS_ADD");
    answer->mutable_next()->set_message("The next run adds the contact.");
    answer->mutable_next()->set_remedy(
        "Not to wait: guestbridge export run main --wait.");
    answer->mutable_next_run_time()->set_seconds(1'700'000'000);
    answer->set_time_zone("Europe/Moscow");
    answer->add_limits()->set_message("The portal counts 47 of 50 requests.");
    answer->set_mapping_version(3);
    // An agent that does not say what is next leaves that to the decision.
    if (!owner.explanation.decision().empty()) answer->clear_next();
    answer->MergeFrom(owner.explanation);
    return Status::OK;
  }
  Status RetryClients(ServerContext* context, const v1::RetryClientsRequest* request,
                      v1::RetryClientsResponse* answer) override {
    const auto lock = Enter(context);
    retry.assign(request->clients().begin(), request->clients().end());
    answer->set_queued(request->clients_size());
    return Status::OK;
  }
  Status ForgetClient(ServerContext* context, const v1::ForgetClientRequest* request,
                      v1::ErasureReceipt* answer) override {
    const auto lock = Enter(context);
    answer->set_client_hash("0a1b2c");
    answer->mutable_erase_time()->set_seconds(1'700'000'000);
    answer->set_history_entries(3);
    if (request->delete_contact()) answer->add_deleted_contacts(4711);
    v1::Explanation* left = answer->add_left();
    left->set_reason("LEFT_IN_RECYCLE_BIN");
    left->set_message("The recycle bin has it.");
    return Status::OK;
  }
  // Two pages of one entry.
  Status ListClientHistory(ServerContext* context,
                           const v1::ListClientHistoryRequest* request,
                           v1::ListClientHistoryResponse* answer) override {
    const auto lock = Enter(context);
    answer->set_client(request->parent());
    v1::HistoryEntry* entry = answer->add_entries();
    entry->mutable_time()->set_seconds(1'700'000'000);
    entry->set_run("integrations/main/runs/7");
    entry->set_mapping_version(3);
    entry->set_contact(4711);
    if (request->page_token().empty()) {
      entry->set_kind(v1::HistoryEntry::FAILED);
      entry->set_reason("PORTAL_REFUSED");
      entry->set_message("The portal refused it.");
      answer->set_next_page_token("older");
    } else {
      entry->set_kind(v1::HistoryEntry::UPDATED);
      entry->add_fields("EMAIL");
      entry->add_fields("PHONE");
    }
    return Status::OK;
  }
  Status LinkClient(ServerContext* context, const v1::LinkClientRequest* request,
                    v1::Client* answer) override {
    const auto lock = Enter(context);
    answer->set_name(request->name());
    answer->set_client(request->name().substr(request->name().rfind('/') + 1));
    answer->set_contact(request->contact());
    return Status::OK;
  }
  Status UnlinkClient(ServerContext* context, const v1::UnlinkClientRequest* request,
                      v1::Client* answer) override {
    const auto lock = Enter(context);
    answer->set_name(request->name());
    answer->set_client(request->name().substr(request->name().rfind('/') + 1));
    return Status::OK;
  }

  // Schedules.
  Status GetSchedule(ServerContext* context, const v1::GetScheduleRequest*,
                     v1::Schedule* answer) override {
    const auto lock = Enter(context);
    *answer = schedule;
    return Status::OK;
  }
  Status SetSchedule(ServerContext* context, const v1::SetScheduleRequest* request,
                     v1::Schedule* answer) override {
    const auto lock = Enter(context);
    *answer = schedule = request->schedule();
    changes.push_back("schedule");
    return Status::OK;
  }
  Status PauseSchedule(ServerContext* context, const v1::PauseScheduleRequest*,
                       v1::Schedule* answer) override {
    const auto lock = Enter(context);
    schedule.set_paused(true);
    changes.push_back("pause");
    *answer = schedule;
    return Status::OK;
  }
  Status ResumeSchedule(ServerContext* context, const v1::ResumeScheduleRequest*,
                        v1::Schedule* answer) override {
    const auto lock = Enter(context);
    schedule.set_paused(false);
    *answer = schedule;
    return Status::OK;
  }

  // Agents and status.
  void FillAgent(v1::Agent* agent) {
    agent->set_name("agents/hotel-1");
    agent->set_connected(true);
    v1::AgentIntegration* it = agent->add_integrations();
    it->set_integration("integrations/main");
    it->mutable_rejection()->set_message(kNastyText);
  }
  Status GetAgent(ServerContext* context, const v1::GetAgentRequest* request,
                  v1::Agent* answer) override {
    const auto lock = Enter(context);
    if (request->name() != "agents/hotel-1") return Missing(request->name());
    FillAgent(answer);
    return Status::OK;
  }
  Status ListAgents(ServerContext* context, const v1::ListAgentsRequest*,
                    v1::ListAgentsResponse* answer) override {
    const auto lock = Enter(context);
    FillAgent(answer->add_agents());
    return Status::OK;
  }
  Status GetStatus(ServerContext* context, const v1::GetStatusRequest*,
                   v1::Status* answer) override {
    const auto lock = Enter(context);
    answer->set_attention(owner.attention);
    v1::IntegrationStatus* it = answer->add_integrations();
    it->set_integration("integrations/main");
    it->set_display_name(kNastyText);
    *it->mutable_last_run() = Ended(MakeRun(v1::Run::EXPORT));
    *it->mutable_write_back() = owner.write_back;
    for (const v1::Check& check : owner.last_checks) {
      if (check.state() != v1::Check::OK) *it->add_findings() = check;
    }
    it->add_attention()->set_message(kNastyText);
    return Status::OK;
  }

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
  v1::StartExportRequest export_request;
  v1::StartReconcileRequest reconcile_request;
  v1::MatchClientsRequest match_request;
  v1::WatchRunRequest::Until until = v1::WatchRunRequest::UNTIL_UNSPECIFIED;
  std::vector<std::string> retry;
  int watch_count = 0;
};

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
