#include "sync-agent/integration_tasks.h"

#include <utility>

#include "common/resource/resource_name.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"
#include "sync-agent/client_erasure.h"
#include "sync-agent/client_explanation.h"
#include "sync-agent/client_history.h"
#include "sync-agent/client_links.h"
#include "sync-agent/client_list.h"
#include "sync-agent/integration_report.h"

namespace guestbridge::agent {
namespace {

template <typename Check>
v1::Check ToCheck(const Check& found, v1::Check::Side side) {
  v1::Check check;
  check.set_name(found.name);
  check.set_side(side);
  switch (found.state) {
    case Check::State::kOk:
      check.set_state(v1::Check::OK);
      break;
    case Check::State::kWarning:
      check.set_state(v1::Check::WARNING);
      break;
    case Check::State::kFailed:
      check.set_state(v1::Check::FAILED);
      break;
  }
  check.set_reason(found.reason);
  check.mutable_parameters()->insert(found.parameters.begin(), found.parameters.end());
  return check;
}

v1::TestConnectionResponse TestBothSides(const TaskParts& parts) {
  v1::TestConnectionResponse test;
  for (const PortalProbe::Check& check : parts.sides.portal_probe->Test()) {
    *test.add_checks() = ToCheck(check, v1::Check::PORTAL);
  }
  for (v1::Check& check : TestSource(parts.sides, [] { return true; }))
    *test.add_checks() = std::move(check);
  return test;
}

absl::StatusOr<v1::FieldMapping> LoadFields(const TaskParts& parts) {
  GB_ASSIGN_OR_RETURN(const std::vector<SourceField> source,
                      parts.sides.source.probe->FetchFields());
  GB_ASSIGN_OR_RETURN(const std::vector<PortalField> portal,
                      parts.sides.portal_probe->FetchContactFields());
  v1::FieldMapping fields;
  for (const SourceField& field : source) {
    v1::SourceField& entry = *fields.add_source_fields();
    entry.set_name(field.name);
    entry.set_type(field.type);
    entry.set_max_length(field.max_length);
  }
  for (const PortalField& field : portal) {
    v1::ContactField& entry = *fields.add_contact_fields();
    entry.set_name(field.name);
    entry.set_type(field.type);
    entry.set_title(field.title);
    entry.set_read_only(field.read_only);
    entry.set_required(field.required);
    entry.set_multiple(field.multiple);
    for (const PortalField::Item& item : field.items) {
      v1::ContactFieldItem& listed = *entry.add_items();
      listed.set_id(item.id);
      listed.set_title(item.title);
    }
  }
  return fields;
}

absl::StatusOr<v1::RetryClientsResponse> Retry(const v1::RetryClientsRequest& request,
                                               const TaskParts& parts) {
  std::vector<ClientKey> keys;
  for (const std::string& client : request.clients()) {
    GB_ASSIGN_OR_RETURN(const ClientKey key, FindClientKey(client, parts));
    GB_ASSIGN_OR_RETURN(const auto record, parts.ledger.Get(key));
    if (!record.has_value()) {
      return MakeError("CLIENT_NOT_FOUND", {{"client", client}});
    }
    keys.push_back(key);
  }
  GB_ASSIGN_OR_RETURN(const int queued, parts.ledger.Requeue(keys));
  v1::RetryClientsResponse response;
  response.set_queued(queued);
  return response;
}

// A client that was refused is not tried again while it is as it is.
absl::StatusOr<bool> DropOne(const std::string& client, const TaskParts& parts) {
  GB_ASSIGN_OR_RETURN(const ClientKey key, FindClientKey(client, parts));
  GB_ASSIGN_OR_RETURN(std::optional<ClientRecord> record, parts.ledger.Get(key));
  if (!record.has_value()) {
    return MakeError("CLIENT_NOT_FOUND", {{"client", client}});
  }
  if (record->problem == Outcome::kSkipped && record->reason == kClientDropped) {
    return false;
  }
  if (record->problem != Outcome::kFailed || record->dirty) {
    return MakeError("CLIENT_NOT_FAILED",
                     {{"integration", parts.integration}, {"client", client}});
  }
  record->problem = Outcome::kSkipped;
  record->reason = kClientDropped;
  HistoryEntry told;
  told.kind = HistoryKind::kDropped;
  told.unix_time = absl::ToUnixSeconds(parts.clock.Now());
  told.contact = record->contact;
  absl::Status kept;
  GB_RETURN_IF_ERROR(parts.ledger.Together([&] {
    kept = parts.ledger.Put({*record});
    if (kept.ok()) kept = parts.ledger.NoteHistory(record->key, told);
  }));
  GB_RETURN_IF_ERROR(kept);
  return true;
}

absl::StatusOr<v1::DropClientsResponse> Drop(const v1::DropClientsRequest& request,
                                             const TaskParts& parts) {
  v1::DropClientsResponse response;
  GB_RETURN_IF_ERROR(parts.between_runs([&]() -> absl::Status {
    for (const std::string& client : request.clients()) {
      GB_ASSIGN_OR_RETURN(const bool dropped, DropOne(client, parts));
      response.set_dropped(response.dropped() + (dropped ? 1 : 0));
    }
    return absl::OkStatus();
  }));
  return response;
}

absl::StatusOr<v1::FinishTaskRequest> Perform(const v1::Task& task,
                                              const TaskParts& parts) {
  v1::FinishTaskRequest answer;
  switch (task.work_case()) {
    case v1::Task::kTestConnection:
      *answer.mutable_test_connection() = TestBothSides(parts);
      return answer;
    case v1::Task::kLoadFields: {
      GB_ASSIGN_OR_RETURN(*answer.mutable_fields(), LoadFields(parts));
      return answer;
    }
    case v1::Task::kExplainClient: {
      GB_ASSIGN_OR_RETURN(*answer.mutable_explanation(),
                          ExplainClient(task.explain_client().client(), parts));
      return answer;
    }
    case v1::Task::kExplainClients: {
      GB_ASSIGN_OR_RETURN(*answer.mutable_explained(),
                          ExplainClients(task.explain_clients(), parts));
      return answer;
    }
    case v1::Task::kListClients: {
      GB_ASSIGN_OR_RETURN(*answer.mutable_clients(),
                          ListClients(task.list_clients(), parts));
      return answer;
    }
    case v1::Task::kRetryClients: {
      GB_ASSIGN_OR_RETURN(*answer.mutable_retried(),
                          Retry(task.retry_clients(), parts));
      return answer;
    }
    case v1::Task::kLinkClient: {
      GB_ASSIGN_OR_RETURN(*answer.mutable_client(),
                          LinkClient(task.link_client(), parts));
      return answer;
    }
    case v1::Task::kUnlinkClient: {
      GB_ASSIGN_OR_RETURN(*answer.mutable_client(),
                          UnlinkClient(task.unlink_client(), parts));
      return answer;
    }
    case v1::Task::kListClientGroups: {
      GB_ASSIGN_OR_RETURN(*answer.mutable_client_groups(),
                          ListClientGroups(task.list_client_groups(), parts));
      return answer;
    }
    case v1::Task::kDropClients: {
      GB_ASSIGN_OR_RETURN(*answer.mutable_dropped(), Drop(task.drop_clients(), parts));
      return answer;
    }
    case v1::Task::kListClientHistory: {
      GB_ASSIGN_OR_RETURN(*answer.mutable_history(),
                          ListClientHistory(task.list_client_history(), parts));
      return answer;
    }
    case v1::Task::kForgetClient: {
      GB_ASSIGN_OR_RETURN(*answer.mutable_erasure(),
                          ForgetClient(task.forget_client(), parts));
      return answer;
    }
    case v1::Task::kLoadEvents: {
      GB_ASSIGN_OR_RETURN(const std::vector<std::string> names,
                          parts.sides.source.probe->FetchCapabilities());
      answer.mutable_capabilities()->mutable_names()->Assign(names.begin(),
                                                             names.end());
      return answer;
    }
    case v1::Task::kRun:
    case v1::Task::WORK_NOT_SET:
      break;
  }
  // A newer server asks for something that this version does not know.
  return MakeError("TASK_UNKNOWN");
}

}  // namespace

std::vector<v1::Check> TestSource(const Sides& sides,
                                  absl::FunctionRef<bool()> goes_on) {
  std::vector<std::string> mapped;
  if (sides.settings.mapping.has_value()) {
    mapped = sides.settings.mapping->attributes();
  }
  std::vector<v1::Check> checks;
  for (const SourceCheck& check :
       sides.source.probe->Test(sides.settings.hotel, mapped, goes_on)) {
    checks.push_back(ToCheck(check, v1::Check::SOURCE));
  }
  return checks;
}

v1::TaskError ToTaskError(const absl::Status& status) {
  const v1::Explanation why = ToExplanation(status);
  v1::TaskError error;
  error.set_reason(why.reason());
  *error.mutable_parameters() = why.parameters();
  return error;
}

v1::FinishTaskRequest FailedTask(const absl::Status& status) {
  v1::FinishTaskRequest answer;
  *answer.mutable_error() = ToTaskError(status);
  return answer;
}

v1::FinishTaskRequest PerformTask(const v1::Task& task, const TaskParts& parts) {
  absl::StatusOr<v1::FinishTaskRequest> answer = Perform(task, parts);
  if (!answer.ok()) return FailedTask(answer.status());
  return *std::move(answer);
}

}  // namespace guestbridge::agent
