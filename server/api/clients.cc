#include "server/api/clients.h"

#include <set>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/resource/page.h"
#include "common/resource/resource_name.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"
#include "server/api/ask_agent.h"
#include "server/api/assignment.h"
#include "server/api/integrations.h"
#include "server/api/keys.h"
#include "server/api/proto_time.h"
#include "server/api/run_samples.h"
#include "server/api/run_state.h"
#include "server/api/stored_runs.h"
#include "server/schedule/scheduler.h"
#include "server/store/record_codec.h"

namespace guestbridge::server {

absl::StatusOr<v1::FinishTaskRequest> Clients::Ask(const std::string& integration,
                                                   v1::Task task,
                                                   const Patience& patience) {
  std::string agent;
  GB_RETURN_IF_ERROR(store_.Read([&](Transaction& transaction) -> absl::Status {
    GB_RETURN_IF_ERROR(RequireConnection(transaction, integration));
    GB_ASSIGN_OR_RETURN(agent, AssignedAgent(transaction, integration));
    if (!agent.empty()) return absl::OkStatus();
    GB_ASSIGN_OR_RETURN(const std::string why, WhyUnassigned(transaction, sessions_));
    return MakeError(why, {{"integration", integration}});
  }));
  task.set_integration(IntegrationName(integration));
  return AskAgent(store_, sessions_, agent, std::move(task), patience);
}

absl::StatusOr<v1::ListClientsResponse> Clients::List(
    const v1::ListClientsRequest& request, const Patience& patience) {
  GB_ASSIGN_OR_RETURN(const std::string id, ParseIntegrationName(request.parent()));
  if (!v1::Client::State_IsValid(request.state())) {
    return MakeFieldError("state", "CLIENT_STATE_UNKNOWN");
  }
  if (!v1::ListClientsRequest::LastMatch_IsValid(request.last_match())) {
    return MakeFieldError("last_match", "CLIENT_STATE_UNKNOWN");
  }
  GB_ASSIGN_OR_RETURN(const int size, EffectivePageSize(request.page_size()));
  v1::Task task;
  *task.mutable_list_clients() = request;
  task.mutable_list_clients()->set_page_size(size);
  GB_ASSIGN_OR_RETURN(v1::FinishTaskRequest answer, Ask(id, std::move(task), patience));
  // An older agent lists the ledger, whatever is asked of a match.
  if (answer.clients().last_match() != request.last_match()) {
    return MakeError("AGENT_KNOWS_NO_MATCH", {{"integration", id}});
  }
  return std::move(*answer.mutable_clients());
}

absl::StatusOr<v1::ClientExplanation> Clients::Explain(const std::string& name,
                                                       const Patience& patience) {
  GB_ASSIGN_OR_RETURN(const ClientId id, ParseClientName(name));
  v1::Task task;
  task.mutable_explain_client()->set_client(id.client);
  GB_ASSIGN_OR_RETURN(v1::FinishTaskRequest answer,
                      Ask(id.integration, std::move(task), patience));
  v1::ClientExplanation& explanation = *answer.mutable_explanation();
  GB_RETURN_IF_ERROR(PutNextRun(id.integration, &explanation));
  return std::move(explanation);
}

absl::StatusOr<v1::ListRunSamplesResponse> Clients::Samples(
    const store::RunRecord& dry_run, const Patience& patience) {
  GB_ASSIGN_OR_RETURN(const std::string id,
                      ParseIntegrationName(dry_run.run().integration()));
  std::vector<const v1::PlannedClient*> planned;
  v1::Task task;
  v1::ExplainClientsTask& work = *task.mutable_explain_clients();
  for (const v1::PlannedClient& client : dry_run.run().forecast().samples()) {
    if (!IsWritten(client)) continue;
    planned.push_back(&client);
    work.add_clients(client.client());
  }
  v1::ListRunSamplesResponse response;
  if (planned.empty()) return response;
  if (dry_run.has_draft()) *work.mutable_draft() = dry_run.draft();
  GB_ASSIGN_OR_RETURN(const v1::FinishTaskRequest answer,
                      Ask(id, std::move(task), patience));
  const auto& found = answer.explained().clients();
  for (size_t i = 0; i < planned.size() && i < static_cast<size_t>(found.size()); ++i) {
    *response.add_samples() = MakeRunSample(
        *planned[i], dry_run.run().mapping_version(), found[static_cast<int>(i)]);
  }
  return response;
}

absl::Status Clients::PutNextRun(const std::string& integration,
                                 v1::ClientExplanation* explanation) {
  static const auto* const kByRun = new std::set<std::string>{
      "NEXT_IS_ADD",    "NEXT_IS_RECREATE", "NEXT_IS_RELINK", "NEXT_IS_UPDATE",
      "NEXT_IS_DELETE", "NEXT_IS_ADOPT",    "NEXT_IS_LOOK"};
  if (kByRun->count(explanation->next().reason()) == 0) return absl::OkStatus();
  return store_.Read([&](Transaction& transaction) -> absl::Status {
    GB_ASSIGN_OR_RETURN(
        const auto schedule,
        GetRecord<store::ScheduleRecord>(transaction, keys::Schedule(integration)));
    if (!schedule.has_value()) return absl::OkStatus();
    GB_ASSIGN_OR_RETURN(const auto next,
                        NextScheduledTime(schedule->value, clock_.Now()));
    if (!next.has_value()) return absl::OkStatus();
    *explanation->mutable_next_run_time() = ToTimestamp(*next);
    explanation->set_time_zone(schedule->value.time_zone());
    return absl::OkStatus();
  });
}

absl::StatusOr<v1::ListClientGroupsResponse> Clients::Groups(
    const v1::ListClientGroupsRequest& request, const Patience& patience) {
  GB_ASSIGN_OR_RETURN(const std::string id, ParseIntegrationName(request.parent()));
  if (!v1::Client::State_IsValid(request.state())) {
    return MakeFieldError("state", "CLIENT_STATE_UNKNOWN");
  }
  v1::Task task;
  *task.mutable_list_client_groups() = request;
  GB_ASSIGN_OR_RETURN(v1::FinishTaskRequest answer, Ask(id, std::move(task), patience));
  return std::move(*answer.mutable_client_groups());
}

absl::StatusOr<v1::DropClientsResponse> Clients::Drop(
    const v1::DropClientsRequest& request, const Patience& patience) {
  GB_ASSIGN_OR_RETURN(const std::string id, ParseIntegrationName(request.parent()));
  if (request.clients().empty()) {
    return MakeFieldError("clients", "FIELD_REQUIRED", {{"field", "clients"}});
  }
  GB_RETURN_IF_ERROR(CheckQuiet(id));
  v1::Task task;
  *task.mutable_drop_clients() = request;
  GB_ASSIGN_OR_RETURN(v1::FinishTaskRequest answer, Ask(id, std::move(task), patience));
  return std::move(*answer.mutable_dropped());
}

absl::StatusOr<v1::RetryClientsResponse> Clients::Retry(
    const v1::RetryClientsRequest& request, const Patience& patience) {
  GB_ASSIGN_OR_RETURN(const std::string id, ParseIntegrationName(request.parent()));
  v1::Task task;
  *task.mutable_retry_clients() = request;
  GB_ASSIGN_OR_RETURN(v1::FinishTaskRequest answer, Ask(id, std::move(task), patience));
  return std::move(*answer.mutable_retried());
}

absl::Status Clients::CheckQuiet(const std::string& integration) {
  return store_.Read([&](Transaction& transaction) -> absl::Status {
    GB_ASSIGN_OR_RETURN(const auto unfinished,
                        UnfinishedRuns(transaction, integration));
    for (const store::RunRecord& record : unfinished) {
      if (!IsExclusive(record.run().kind())) continue;
      return MakeError("RUN_IN_PROGRESS",
                       {{"integration", integration}, {"run", record.run().name()}});
    }
    return absl::OkStatus();
  });
}

absl::StatusOr<v1::Client> Clients::Link(const v1::LinkClientRequest& request,
                                         const Patience& patience) {
  GB_ASSIGN_OR_RETURN(const ClientId id, ParseClientName(request.name()));
  if (request.contact() <= 0) {
    return MakeFieldError("contact", "CONTACT_ID_INVALID",
                          {{"value", absl::StrCat(request.contact())}});
  }
  GB_RETURN_IF_ERROR(CheckQuiet(id.integration));
  v1::Task task;
  *task.mutable_link_client() = request;
  GB_ASSIGN_OR_RETURN(v1::FinishTaskRequest answer,
                      Ask(id.integration, std::move(task), patience));
  return std::move(*answer.mutable_client());
}

absl::StatusOr<v1::Client> Clients::Unlink(const v1::UnlinkClientRequest& request,
                                           const Patience& patience) {
  GB_ASSIGN_OR_RETURN(const ClientId id, ParseClientName(request.name()));
  GB_RETURN_IF_ERROR(CheckQuiet(id.integration));
  v1::Task task;
  *task.mutable_unlink_client() = request;
  GB_ASSIGN_OR_RETURN(v1::FinishTaskRequest answer,
                      Ask(id.integration, std::move(task), patience));
  return std::move(*answer.mutable_client());
}

absl::StatusOr<v1::ErasureReceipt> Clients::Forget(
    const v1::ForgetClientRequest& request, const Patience& patience) {
  GB_ASSIGN_OR_RETURN(const ClientId id, ParseClientName(request.name()));
  GB_RETURN_IF_ERROR(CheckQuiet(id.integration));
  v1::Task task;
  *task.mutable_forget_client() = request;
  GB_ASSIGN_OR_RETURN(v1::FinishTaskRequest answer,
                      Ask(id.integration, std::move(task), patience));
  v1::ErasureReceipt receipt = std::move(*answer.mutable_erasure());
  // Erased it is: that the server can't say more must not hide it.
  const auto kept = erasures_.Keeps(id.integration, receipt.client_hash());
  if (!kept.value_or(false)) {
    receipt.add_left()->set_reason("LEFT_UNKNOWN_TO_SERVER");
  }
  return receipt;
}

absl::StatusOr<v1::ListClientHistoryResponse> Clients::History(
    const v1::ListClientHistoryRequest& request, const Patience& patience) {
  GB_ASSIGN_OR_RETURN(const ClientId id, ParseClientName(request.parent()));
  GB_ASSIGN_OR_RETURN(const int size, EffectivePageSize(request.page_size()));
  v1::Task task;
  *task.mutable_list_client_history() = request;
  task.mutable_list_client_history()->set_page_size(size);
  GB_ASSIGN_OR_RETURN(v1::FinishTaskRequest answer,
                      Ask(id.integration, std::move(task), patience));
  return std::move(*answer.mutable_history());
}

}  // namespace guestbridge::server
