// How a run begins: what may start, what is asked for twice, and what a new run
// carries.
#include <string>
#include <utility>

#include "common/crash_point/crash_point.h"
#include "common/log/log.h"
#include "common/resource/resource_name.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"
#include "server/api/assignment.h"
#include "server/api/field_mappings.h"
#include "server/api/integrations.h"
#include "server/api/keys.h"
#include "server/api/portal_time.h"
#include "server/api/proto_time.h"
#include "server/api/run_state.h"
#include "server/api/runs.h"
#include "server/api/stored_runs.h"
#include "server/store/record_codec.h"

namespace guestbridge::server {
namespace {

constexpr absl::Duration kRequestLife = absl::Hours(24);
constexpr size_t kRequestIdLimit = 128;
// So far back a forecast is looked for, and a plan that is named.
constexpr int kForecastRuns = 50;
constexpr int kPlanRuns = 1000;

absl::Status CheckStart(Transaction& transaction, const RunOrder& order) {
  const std::string& id = order.integration;
  GB_ASSIGN_OR_RETURN(auto integration, GetRecord<store::IntegrationRecord>(
                                            transaction, keys::Integration(id)));
  if (!integration.has_value()) {
    return MakeError("INTEGRATION_NOT_FOUND", {{"integration", id}});
  }
  if (!integration->value.integration().active()) {
    return MakeError("INTEGRATION_INACTIVE", {{"integration", id}});
  }
  GB_RETURN_IF_ERROR(RequireConnection(transaction, id));
  if (!order.draft.has_value()) {
    GB_ASSIGN_OR_RETURN(const auto mapping,
                        transaction.List(keys::Mappings(id), "", 1, true));
    if (mapping.empty()) return MakeError("MAPPING_NOT_SAVED", {{"integration", id}});
  } else if (!order.dry_run) {
    return MakeFieldError("draft_mapping", "DRAFT_IS_FOR_DRY_RUNS");
  }
  GB_ASSIGN_OR_RETURN(const auto unfinished, UnfinishedRuns(transaction, id));
  for (const store::RunRecord& record : unfinished) {
    if (IsExclusive(record.run().kind())) {
      return MakeError("RUN_IN_PROGRESS",
                       {{"integration", id}, {"run", record.run().name()}});
    }
  }
  return absl::OkStatus();
}

// Request ids that nobody can ask for any more; a few at a time.
absl::Status DropOldRequests(Transaction& transaction, absl::Time now) {
  GB_ASSIGN_OR_RETURN(const auto requests, ListRecords<store::RequestRecord>(
                                               transaction, keys::kRequests, "", 100));
  for (const auto& request : requests) {
    if (now - absl::FromUnixSeconds(request.value.create_unix_seconds()) >
        kRequestLife) {
      GB_RETURN_IF_ERROR(transaction.Delete(request.key));
    }
  }
  return absl::OkStatus();
}

// An export carries the numbers of the dry run that it follows, to be compared with.
// One that is to do as a plan says needs the dry run of that plan.
absl::Status TakePlan(Transaction& transaction, const RunOrder& order, v1::Run* run) {
  if (order.kind != v1::Run::EXPORT || order.dry_run) return absl::OkStatus();
  GB_ASSIGN_OR_RETURN(const absl::Time portal_time,
                      PortalTimeOf(transaction, order.integration));
  GB_ASSIGN_OR_RETURN(const auto earlier,
                      ListRecords<store::RunRecord>(
                          transaction, keys::Runs(order.integration), "",
                          order.plan.empty() ? kForecastRuns : kPlanRuns, true));
  for (const auto& record : earlier) {
    const v1::Run& one = record.value.run();
    // What was planned for another portal is not agreed to here.
    if (FromTimestamp(one.create_time()) < portal_time) break;
    if (one.kind() != v1::Run::EXPORT) continue;
    // A draft that was saved since is the mapping of this run; another is not.
    const bool told = one.dry_run() && one.has_forecast() &&
                      (!one.draft_mapping() || !order.plan.empty() ||
                       one.mapping_version() == run->mapping_version());
    if (order.plan.empty() ? told : told && one.plan() == order.plan) {
      v1::RunForecast& forecast = *run->mutable_forecast();
      forecast = one.forecast();
      forecast.clear_fields();
      forecast.clear_reasons();
      forecast.clear_samples();
      run->set_plan(order.plan);
      // What is done is what was planned, the manner of reading included.
      if (!order.plan.empty() && one.full()) run->set_full(true);
      return absl::OkStatus();
    }
    // What an export has done since is no longer to do.
    if (order.plan.empty() && !one.dry_run() && one.counters().scanned() > 0) break;
  }
  if (order.plan.empty()) return absl::OkStatus();
  return MakeError("PLAN_UNKNOWN",
                   {{"integration", order.integration}, {"plan", order.plan}});
}

}  // namespace

absl::StatusOr<v1::Run> Runs::Create(Transaction& transaction, const RunOrder& order) {
  GB_ASSIGN_OR_RETURN(const int64_t number, transaction.NextNumber("runs"));
  store::RunRecord record;
  record.set_apply(order.apply);
  record.set_settle(order.settle);
  v1::Run& run = *record.mutable_run();
  run.set_name(RunName(order.integration, number));
  run.set_integration(IntegrationName(order.integration));
  run.set_kind(order.kind);
  run.set_state(v1::Run::PENDING);
  run.set_trigger(order.trigger);
  run.set_full(order.full);
  run.set_dry_run(order.dry_run);
  run.set_beyond_guard(order.beyond_guard);
  GB_ASSIGN_OR_RETURN(const absl::Time created,
                      NewRunTime(transaction, order.integration, clock_.Now()));
  *run.mutable_create_time() = ToTimestamp(created);
  // Present from the start, so that readers need not tell "nothing yet" from zero.
  run.mutable_counters();
  run.mutable_portal();
  run.mutable_source();
  run.mutable_write_back();
  GB_ASSIGN_OR_RETURN(const auto mappings,
                      ListRecords<store::MappingRecord>(
                          transaction, keys::Mappings(order.integration), "", 1, true));
  if (!mappings.empty()) {
    run.set_mapping_version(mappings.front().value.mapping().version());
  }
  if (order.draft.has_value()) {
    GB_ASSIGN_OR_RETURN(*record.mutable_draft(),
                        DraftAsVersion(transaction, order.integration, *order.draft));
    run.set_draft_mapping(true);
    run.set_mapping_version(record.draft().version());
  }
  GB_RETURN_IF_ERROR(TakePlan(transaction, order, &run));
  if (order.kind == v1::Run::SETTLE) {
    run.set_state(v1::Run::RUNNING);
    *run.mutable_start_time() = run.create_time();
  }
  GB_RETURN_IF_ERROR(SaveRun(transaction, record));
  return run;
}

absl::StatusOr<v1::Run> Runs::StartIn(Transaction& transaction, const RunOrder& order,
                                      const Reach& reach) {
  if (order.request_id.size() > kRequestIdLimit) {
    return MakeFieldError("request_id", "REQUEST_ID_INVALID");
  }
  if (order.dry_run && !order.plan.empty()) {
    return MakeFieldError("plan", "PLAN_WITH_DRY_RUN",
                          {{"integration", order.integration}});
  }
  GB_RETURN_IF_ERROR(RequireIntegration(transaction, order.integration));
  std::string request_key;
  if (!order.request_id.empty()) {
    // The kind is part of the key: an id belongs to one call.
    request_key = keys::Request(
        absl::StrCat(order.integration, "\n", v1::Run::Kind_Name(order.kind)),
        order.request_id);
    GB_ASSIGN_OR_RETURN(auto request,
                        GetRecord<store::RequestRecord>(transaction, request_key));
    if (request.has_value() &&
        clock_.Now() - absl::FromUnixSeconds(request->value.create_unix_seconds()) <=
            kRequestLife) {
      auto earlier = Load(transaction, request->value.run());
      if (earlier.ok()) {
        v1::Run run = earlier->run();
        GB_RETURN_IF_ERROR(View(transaction, reach, &run));
        return run;
      }
    }
  }
  GB_RETURN_IF_ERROR(CheckStart(transaction, order));
  GB_ASSIGN_OR_RETURN(v1::Run run, Create(transaction, order));
  log::Info("run_started", {{"run", run.name()},
                            {"kind", v1::Run::Kind_Name(run.kind())},
                            {"trigger", v1::Run::Trigger_Name(run.trigger())}});
  if (!request_key.empty()) {
    GB_RETURN_IF_ERROR(DropOldRequests(transaction, clock_.Now()));
    store::RequestRecord request;
    request.set_run(run.name());
    request.set_create_unix_seconds(absl::ToUnixSeconds(clock_.Now()));
    GB_RETURN_IF_ERROR(PutRecord(transaction, request_key, request));
  }
  GB_RETURN_IF_ERROR(View(transaction, reach, &run));
  return run;
}

absl::StatusOr<v1::Run> Runs::Start(const RunOrder& order, const Reach& reach) {
  v1::Run run;
  GB_RETURN_IF_ERROR(store_
                         .Write([&](Transaction& transaction) -> absl::Status {
                           GB_ASSIGN_OR_RETURN(run, StartIn(transaction, order, reach));
                           return absl::OkStatus();
                         })
                         .status());
  CrashPoint("server.run.started");
  return run;
}

absl::StatusOr<v1::Run> Runs::OpenOwn(const Session& session,
                                      const v1::OpenRunRequest& request) {
  GB_ASSIGN_OR_RETURN(const std::string id,
                      ParseIntegrationName(request.integration()));
  if (request.kind() != v1::Run::SETTLE) {
    return MakeFieldError("kind", "RUN_KIND_NOT_FOR_AGENTS");
  }
  v1::Run run;
  GB_RETURN_IF_ERROR(store_
                         .Write([&](Transaction& transaction) -> absl::Status {
                           const std::string& agent = session.identity().agent;
                           GB_RETURN_IF_ERROR(CheckAssigned(transaction, id, agent));
                           RunOrder order;
                           order.integration = id;
                           order.kind = v1::Run::SETTLE;
                           order.trigger = v1::Run::AGENT;
                           GB_ASSIGN_OR_RETURN(run, Create(transaction, order));
                           GB_ASSIGN_OR_RETURN(auto record,
                                               Load(transaction, run.name()));
                           record.mutable_run()->set_agent(agent);
                           run = record.run();
                           return SaveRun(transaction, record);
                         })
                         .status());
  return run;
}

}  // namespace guestbridge::server
