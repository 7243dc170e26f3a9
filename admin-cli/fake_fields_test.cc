#include "admin-cli/fake_services_test.h"
#include "common/status/error.h"

// Field mappings and events of FakeServer.
namespace guestbridge::cli {

void FakeServer::Services::FillDraft(v1::FieldMapping* answer) {
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

grpc::Status FakeServer::Services::LoadFields(ServerContext* context,
                                              const v1::LoadFieldsRequest*,
                                              v1::FieldMapping* answer) {
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

grpc::Status FakeServer::Services::GetFieldMapping(ServerContext* context,
                                                   const v1::GetFieldMappingRequest*,
                                                   v1::FieldMapping* answer) {
  const auto lock = Enter(context);
  if (owner.fresh && draft.empty()) return Fail(MakeError("FIELDS_NOT_LOADED"));
  FillDraft(answer);
  return Status::OK;
}

grpc::Status FakeServer::Services::MapField(ServerContext* context,
                                            const v1::MapFieldRequest* request,
                                            v1::FieldMapping* answer) {
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

grpc::Status FakeServer::Services::UnmapField(ServerContext* context,
                                              const v1::UnmapFieldRequest* request,
                                              v1::FieldMapping* answer) {
  const auto lock = Enter(context);
  draft.erase(request->target());
  FillDraft(answer);
  return Status::OK;
}

grpc::Status FakeServer::Services::SetClientFilter(
    ServerContext* context, const v1::SetClientFilterRequest* request,
    v1::FieldMapping* answer) {
  const auto lock = Enter(context);
  FillDraft(answer);
  answer->set_filter(request->filter());
  return Status::OK;
}

grpc::Status FakeServer::Services::DiffFieldMappings(
    ServerContext* context, const v1::DiffFieldMappingsRequest* request,
    v1::FieldMappingDiff* answer) {
  const auto lock = Enter(context);
  v1::FieldMappingChange& change = *answer->add_changes();
  change.set_kind(v1::FieldMappingChange::CHANGED);
  change.mutable_before()->set_source("LastName");
  change.mutable_before()->set_target("LAST_NAME");
  *change.mutable_after() = change.before();
  if (request->to_version() == 3) return Status::OK;  // The field's type is another.
  change.mutable_after()->add_transforms("name");
  change.mutable_after()->set_when_empty(v1::FieldMappingEntry::KEEP);
  answer->set_filter_after(request->to_version() == 0 ? "Sex = Female" : "");
  return Status::OK;
}

grpc::Status FakeServer::Services::SaveFieldMapping(
    ServerContext* context, const v1::SaveFieldMappingRequest* request,
    v1::FieldMapping* answer) {
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

grpc::Status FakeServer::Services::ListFieldMappings(
    ServerContext* context, const v1::ListFieldMappingsRequest*,
    v1::ListFieldMappingsResponse* answer) {
  const auto lock = Enter(context);
  for (auto version = versions.rbegin(); version != versions.rend(); ++version) {
    *answer->add_field_mappings() = *version;
  }
  return Status::OK;
}

grpc::Status FakeServer::Services::RestoreFieldMapping(
    ServerContext* context, const v1::RestoreFieldMappingRequest*,
    v1::FieldMapping* answer) {
  const auto lock = Enter(context);
  FillDraft(answer);
  answer->set_version(2);
  answer->set_restored_from(1);
  return Status::OK;
}

void FakeServer::Services::FillEvents(v1::EventSet* answer) {
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

grpc::Status FakeServer::Services::LoadEvents(ServerContext* context,
                                              const v1::LoadEventsRequest*,
                                              v1::EventSet* answer) {
  const auto lock = Enter(context);
  events_loaded = true;
  changes.push_back("load events");
  FillEvents(answer);
  return Status::OK;
}

grpc::Status FakeServer::Services::GetEvents(ServerContext* context,
                                             const v1::GetEventsRequest*,
                                             v1::EventSet* answer) {
  const auto lock = Enter(context);
  if (owner.fresh && !events_loaded) return Fail(MakeError("EVENTS_NOT_LOADED"));
  FillEvents(answer);
  return Status::OK;
}

grpc::Status FakeServer::Services::EnableEvent(ServerContext* context,
                                               const v1::EnableEventRequest* request,
                                               v1::EventSet* answer) {
  const auto lock = Enter(context);
  events[request->event()] = true;
  FillEvents(answer);
  return Status::OK;
}

grpc::Status FakeServer::Services::DisableEvent(ServerContext* context,
                                                const v1::DisableEventRequest* request,
                                                v1::EventSet* answer) {
  const auto lock = Enter(context);
  events[request->event()] = false;
  FillEvents(answer);
  return Status::OK;
}

grpc::Status FakeServer::Services::SaveEvents(ServerContext* context,
                                              const v1::SaveEventsRequest*,
                                              v1::EventSet* answer) {
  const auto lock = Enter(context);
  events_saved = true;
  changes.push_back("save events");
  FillEvents(answer);
  answer->set_unsaved(false);
  return Status::OK;
}

}  // namespace guestbridge::cli
