#include "server/api/events.h"

#include "absl/strings/str_join.h"
#include "common/resource/resource_name.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"
#include "server/api/ask_agent.h"
#include "server/api/assignment.h"
#include "server/api/error_code.h"
#include "server/api/etag.h"
#include "server/api/event_rules.h"
#include "server/api/integrations.h"
#include "server/api/keys.h"
#include "server/store/record.pb.h"
#include "server/store/record_codec.h"

namespace guestbridge::server {
namespace {

absl::StatusOr<std::string> ParseName(const std::string& name) {
  GB_ASSIGN_OR_RETURN(const std::string id, IntegrationOf(name));
  if (name == EventsName(id) || name == IntegrationName(id)) return id;
  return MakeError("NAME_MALFORMED",
                   {{"name", name}, {"pattern", "integrations/{integration}/events"}});
}

absl::StatusOr<Record<store::EventsRecord>> Loaded(Transaction& transaction,
                                                   const std::string& id) {
  GB_RETURN_IF_ERROR(RequireIntegration(transaction, id));
  GB_ASSIGN_OR_RETURN(auto record,
                      GetRecord<store::EventsRecord>(transaction, keys::Events(id)));
  if (!record.has_value()) {
    return MakeError("EVENTS_NOT_LOADED", {{"integration", id}});
  }
  return *std::move(record);
}

bool Differs(const store::EventsRecord& record) {
  for (const auto& choice : record.choices()) {
    if (choice.enabled() != choice.saved_enabled()) return true;
  }
  return false;
}

// Each event has a choice; earlier ones stay.
void FillIn(store::EventsRecord* record) {
  store::EventsRecord filled = *record;
  filled.clear_choices();
  for (const EventRule& rule : EventRules()) {
    auto& choice = *filled.add_choices();
    choice.set_event(std::string(rule.id));
    choice.set_enabled(rule.on_by_default);
    choice.set_saved_enabled(rule.on_by_default);
    for (const auto& earlier : record->choices()) {
      if (earlier.event() == rule.id) choice = earlier;
    }
  }
  *record = std::move(filled);
}

}  // namespace

absl::StatusOr<v1::EventSet> Events::View(const std::string& id) {
  v1::EventSet set;
  GB_RETURN_IF_ERROR(store_.Read([&](Transaction& transaction) -> absl::Status {
    auto record = Loaded(transaction, id);
    if (!record.ok()) {
      if (ReasonOf(record.status()) != "EVENTS_NOT_LOADED") return record.status();
      return WithCode(record.status(), absl::StatusCode::kNotFound);
    }
    GB_ASSIGN_OR_RETURN(auto connection, GetRecord<store::ConnectionRecord>(
                                             transaction, keys::Connection(id)));
    const bool oauth =
        connection.has_value() && connection->value.connection().has_oauth();
    set.Clear();
    set.set_name(EventsName(id));
    set.set_unsaved(Differs(record->value));
    set.set_etag(std::to_string(record->version));
    for (const auto& choice : record->value.choices()) {
      const EventRule* rule = FindEvent(choice.event());
      if (rule == nullptr) continue;
      v1::Event& event = *set.add_events();
      event.set_id(choice.event());
      event.set_enabled(choice.enabled());
      event.set_saved_enabled(choice.saved_enabled());
      event.set_side(rule->side);
      event.set_action(std::string(rule->action));
      event.set_reason(std::string(DetectionOf(*rule, oauth, record->value)));
    }
    return absl::OkStatus();
  }));
  return set;
}

absl::StatusOr<v1::EventSet> Events::Load(const std::string& name,
                                          const Patience& patience) {
  GB_ASSIGN_OR_RETURN(const std::string id, ParseName(name));
  std::string agent;
  GB_RETURN_IF_ERROR(store_.Read([&](Transaction& transaction) -> absl::Status {
    GB_RETURN_IF_ERROR(RequireConnection(transaction, id));
    GB_ASSIGN_OR_RETURN(agent, AssignedAgent(transaction, id));
    return absl::OkStatus();
  }));
  bool asked = false;
  v1::SourceCapabilities capabilities;
  if (!agent.empty() &&
      (sessions_.Connected(agent) != nullptr || sessions_.IsElsewhere(agent))) {
    v1::Task task;
    task.set_integration(IntegrationName(id));
    task.mutable_load_events();
    GB_ASSIGN_OR_RETURN(const v1::FinishTaskRequest answer,
                        AskAgent(store_, sessions_, agent, std::move(task), patience));
    capabilities = answer.capabilities();
    asked = true;
  }
  GB_RETURN_IF_ERROR(
      store_
          .Write([&](Transaction& transaction) -> absl::Status {
            GB_RETURN_IF_ERROR(RequireIntegration(transaction, id));
            GB_ASSIGN_OR_RETURN(auto stored, GetRecord<store::EventsRecord>(
                                                 transaction, keys::Events(id)));
            store::EventsRecord record =
                stored.has_value() ? stored->value : store::EventsRecord();
            const std::string before = record.SerializeAsString();
            FillIn(&record);
            if (asked) {
              record.clear_source_capabilities();
              for (const std::string& capability : capabilities.names()) {
                record.add_source_capabilities(capability);
              }
            }
            if (stored.has_value() && record.SerializeAsString() == before) {
              return absl::OkStatus();
            }
            return PutRecord(transaction, keys::Events(id), record);
          })
          .status());
  return View(id);
}

absl::StatusOr<v1::EventSet> Events::Get(const std::string& name) {
  GB_ASSIGN_OR_RETURN(const std::string id, ParseName(name));
  return View(id);
}

absl::StatusOr<v1::EventSet> Events::Switch(const std::string& name,
                                            const std::string& event, bool on) {
  GB_ASSIGN_OR_RETURN(const std::string id, ParseName(name));
  if (FindEvent(event) == nullptr) {
    const std::string known =
        absl::StrJoin(EventRules(), ", ", [](std::string* out, const EventRule& rule) {
          out->append(rule.id.data(), rule.id.size());
        });
    return MakeFieldError("event", "EVENT_UNKNOWN",
                          {{"event", event}, {"known", known}});
  }
  GB_RETURN_IF_ERROR(store_
                         .Write([&](Transaction& transaction) -> absl::Status {
                           GB_ASSIGN_OR_RETURN(auto record, Loaded(transaction, id));
                           bool changed = false;
                           for (auto& choice : *record.value.mutable_choices()) {
                             if (choice.event() != event || choice.enabled() == on)
                               continue;
                             choice.set_enabled(on);
                             changed = true;
                           }
                           if (!changed) return absl::OkStatus();
                           record.value.set_unsaved(Differs(record.value));
                           return PutRecord(transaction, keys::Events(id),
                                            record.value);
                         })
                         .status());
  return View(id);
}

absl::StatusOr<v1::EventSet> Events::Save(const std::string& name,
                                          const std::string& etag) {
  GB_ASSIGN_OR_RETURN(const std::string id, ParseName(name));
  GB_RETURN_IF_ERROR(store_
                         .Write([&](Transaction& transaction) -> absl::Status {
                           GB_ASSIGN_OR_RETURN(auto record, Loaded(transaction, id));
                           GB_RETURN_IF_ERROR(CheckEtag(
                               etag, std::to_string(record.version), EventsName(id)));
                           if (!Differs(record.value)) return absl::OkStatus();
                           for (auto& choice : *record.value.mutable_choices()) {
                             choice.set_saved_enabled(choice.enabled());
                           }
                           record.value.set_unsaved(false);
                           return PutRecord(transaction, keys::Events(id),
                                            record.value);
                         })
                         .status());
  return View(id);
}

}  // namespace guestbridge::server
