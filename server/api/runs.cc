#include "server/api/runs.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "common/crash_point/crash_point.h"
#include "common/log/log.h"
#include "common/resource/page.h"
#include "common/resource/resource_name.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"
#include "server/api/assignment.h"
#include "server/api/field_mappings.h"
#include "server/api/integrations.h"
#include "server/api/keys.h"
#include "server/api/portal_time.h"
#include "server/api/presence.h"
#include "server/api/proto_time.h"
#include "server/api/run_state.h"
#include "server/store/record_codec.h"

namespace guestbridge::server {
namespace {

constexpr absl::Duration kRequestLife = absl::Hours(24);
constexpr size_t kRequestIdLimit = 128;
// So far back a forecast is looked for, and a plan that is named.
constexpr int kForecastRuns = 50;
constexpr int kPlanRuns = 1000;
constexpr int kOlderRuns = 1000;
// Texts are added when a page is rendered: well below gRPC's 4 MiB.
constexpr size_t kMaxPageBytes = 512 << 10;

bool IsExport(const v1::Run& run) {
  return run.kind() == v1::Run::EXPORT && !run.dry_run();
}

// When an export last ended well, by the runs themselves; the epoch: none did.
absl::StatusOr<absl::Time> LastGoodOf(Transaction& transaction, const std::string& id) {
  GB_ASSIGN_OR_RETURN(
      auto runs,
      ListRecords<store::RunRecord>(transaction, keys::Runs(id), "", kOlderRuns, true));
  absl::Time last = absl::UnixEpoch();
  for (const auto& record : runs) {
    const v1::Run& run = record.value.run();
    const bool good =
        run.state() == v1::Run::SUCCEEDED || run.state() == v1::Run::PARTIALLY_FAILED;
    if (IsExport(run) && good) last = std::max(last, FromTimestamp(run.end_time()));
  }
  return last;
}

// What is known of an integration's exports even when many other runs followed.
absl::Status NoteEndedExport(Transaction& transaction, const RunId& id,
                             const v1::Run& run) {
  if (!IsExport(run) || run.state() == v1::Run::CANCELLED) return absl::OkStatus();
  const std::string key = keys::EndedExports(id.integration);
  GB_ASSIGN_OR_RETURN(auto noted,
                      GetRecord<store::EndedExportsRecord>(transaction, key));
  store::EndedExportsRecord record;
  if (noted.has_value()) {
    record = std::move(noted->value);
  } else {
    // Older runs may be of a server that did not note it.
    GB_ASSIGN_OR_RETURN(const absl::Time good, LastGoodOf(transaction, id.integration));
    if (good > absl::UnixEpoch()) *record.mutable_good_end_time() = ToTimestamp(good);
  }
  // An agent goes on reporting what became of older runs.
  if (id.number < record.last()) return absl::OkStatus();
  record.set_last(id.number);
  if (run.state() != v1::Run::FAILED) {
    *record.mutable_good_end_time() = run.end_time();
  }
  return PutRecord(transaction, key, record);
}

absl::Status SaveRun(Transaction& transaction, const store::RunRecord& record) {
  GB_ASSIGN_OR_RETURN(const RunId id, ParseRunName(record.run().name()));
  const std::string open = keys::OpenRun(id.integration, id.number);
  if (IsFinal(record.run().state())) {
    GB_RETURN_IF_ERROR(transaction.Delete(open));
    GB_RETURN_IF_ERROR(NoteEndedExport(transaction, id, record.run()));
  } else {
    GB_RETURN_IF_ERROR(transaction.Put(open, ""));
  }
  return PutRecord(transaction, keys::Run(id.integration, id.number), record);
}

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

// The run that an agent reports: of its integration, or one that it began when it was.
// Whether others have a run is nothing to it.
absl::StatusOr<store::RunRecord> LoadReported(Transaction& transaction,
                                              const v1::Run& report,
                                              const std::string& agent) {
  GB_ASSIGN_OR_RETURN(const RunId id, ParseRunName(report.name()));
  GB_ASSIGN_OR_RETURN(
      auto record,
      GetRecord<store::RunRecord>(transaction, keys::Run(id.integration, id.number)));
  const bool found = record.has_value() && IsSameRun(report, record->value.run());
  if (!found || record->value.run().agent() != agent) {
    GB_RETURN_IF_ERROR(CheckAssigned(transaction, id.integration, agent));
  }
  if (!found) return MakeError("RUN_NOT_FOUND", {{"run", report.name()}});
  return std::move(record->value);
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

absl::StatusOr<std::vector<store::RunRecord>> UnfinishedRuns(Transaction& transaction,
                                                             const std::string& id) {
  const std::string prefix = keys::OpenRuns(id);
  GB_ASSIGN_OR_RETURN(const auto open, transaction.List(prefix, "", 1000));
  std::vector<store::RunRecord> records;
  for (const Document& document : open) {
    GB_ASSIGN_OR_RETURN(
        auto record,
        GetRecord<store::RunRecord>(
            transaction,
            absl::StrCat(keys::Runs(id), document.key.substr(prefix.size()))));
    if (record.has_value()) records.push_back(std::move(record->value));
  }
  return records;
}

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

absl::StatusOr<store::RunRecord> Runs::Load(Transaction& transaction,
                                            const std::string& name,
                                            const Reach& reach) {
  GB_ASSIGN_OR_RETURN(const RunId id, ParseRunName(name));
  std::vector<std::string> integrations = {id.integration};
  if (id.integration == "-") {
    integrations.clear();
    GB_ASSIGN_OR_RETURN(const auto documents,
                        transaction.List(keys::kIntegrations, "", 100000));
    for (const Document& document : documents) {
      std::string integration = document.key.substr(keys::kIntegrations.size());
      if (reach.Has(integration)) integrations.push_back(std::move(integration));
    }
  }
  for (const std::string& integration : integrations) {
    GB_ASSIGN_OR_RETURN(
        auto record,
        GetRecord<store::RunRecord>(transaction, keys::Run(integration, id.number)));
    if (record.has_value()) return std::move(record->value);
  }
  return MakeError("RUN_NOT_FOUND", {{"run", name}});
}

absl::Status Runs::View(Transaction& transaction, const Reach& reach, v1::Run* run) {
  if (run->has_write_back()) {
    GB_ASSIGN_OR_RETURN(const bool connected,
                        IsConnected(transaction, sessions_, run->agent()));
    DropStaleOutlook(connected, clock_.Now(), run->mutable_write_back());
  }
  if (IsFinal(run->state())) return absl::OkStatus();
  GB_ASSIGN_OR_RETURN(const std::string id, ParseIntegrationName(run->integration()));
  GB_ASSIGN_OR_RETURN(const std::string agent, AssignedAgent(transaction, id));
  GB_ASSIGN_OR_RETURN(const auto why,
                      WhyUnattended(transaction, sessions_, id, agent, reach));
  if (why.has_value()) *run->add_notices() = *why;
  return absl::OkStatus();
}

absl::StatusOr<v1::Run> Runs::Get(const std::string& name, const Reach& reach) {
  v1::Run run;
  GB_RETURN_IF_ERROR(store_.Read([&](Transaction& transaction) -> absl::Status {
    GB_ASSIGN_OR_RETURN(auto record, Load(transaction, name, reach));
    run = std::move(*record.mutable_run());
    return View(transaction, reach, &run);
  }));
  return run;
}

absl::StatusOr<v1::ListRunsResponse> Runs::List(const v1::ListRunsRequest& request,
                                                const Reach& reach) {
  const bool all = request.parent() == "integrations/-";
  std::vector<std::string> integrations;
  if (!all) {
    GB_ASSIGN_OR_RETURN(std::string id, ParseIntegrationName(request.parent()));
    integrations.push_back(std::move(id));
  }
  const std::string scope = absl::StrCat("runs:", request.parent());
  GB_ASSIGN_OR_RETURN(const int size, EffectivePageSize(request.page_size()));
  GB_ASSIGN_OR_RETURN(const std::string after,
                      DecodePageToken(scope, request.page_token()));
  v1::ListRunsResponse response;
  GB_RETURN_IF_ERROR(store_.Read([&](Transaction& transaction) -> absl::Status {
    if (all) {
      GB_ASSIGN_OR_RETURN(const auto documents,
                          transaction.List(keys::kIntegrations, "", 100000));
      for (const Document& document : documents) {
        std::string integration = document.key.substr(keys::kIntegrations.size());
        if (reach.Has(integration)) integrations.push_back(std::move(integration));
      }
    } else {
      GB_RETURN_IF_ERROR(RequireIntegration(transaction, integrations.front()));
    }
    // Numbers are unique on the server: each integration gives its newest ones, and the
    // newest of all make the page.
    std::vector<std::pair<std::string, v1::Run>> newest;
    for (const std::string& id : integrations) {
      const std::string prefix = keys::Runs(id);
      GB_ASSIGN_OR_RETURN(
          auto records,
          ListRecords<store::RunRecord>(
              transaction, prefix, after.empty() ? "" : absl::StrCat(prefix, after),
              size + 1, true));
      for (auto& record : records) {
        newest.emplace_back(record.key.substr(prefix.size()),
                            std::move(*record.value.mutable_run()));
      }
    }
    std::sort(newest.begin(), newest.end(),
              [](const auto& a, const auto& b) { return a.first > b.first; });
    // Runs may carry a hundred failures each: a page also ends before it grows past
    // what callers take in one message.
    size_t count = 0;
    size_t bytes = 0;
    while (count < newest.size() && count < static_cast<size_t>(size) &&
           bytes < kMaxPageBytes) {
      bytes += newest[count++].second.ByteSizeLong();
    }
    for (size_t i = 0; i < count; ++i) {
      *response.add_runs() = std::move(newest[i].second);
      GB_RETURN_IF_ERROR(
          View(transaction, reach, response.mutable_runs(response.runs_size() - 1)));
    }
    if (newest.size() > count) {
      response.set_next_page_token(EncodePageToken(scope, newest[count - 1].first));
    }
    return absl::OkStatus();
  }));
  return response;
}

absl::StatusOr<v1::Run> Runs::Cancel(const std::string& name, const Reach& reach) {
  v1::Run run;
  GB_RETURN_IF_ERROR(
      store_
          .Write([&](Transaction& transaction) -> absl::Status {
            GB_ASSIGN_OR_RETURN(auto record, Load(transaction, name, reach));
            v1::Run& stored = *record.mutable_run();
            if (IsFinal(stored.state())) {
              return MakeError("RUN_ENDED", {{"run", stored.name()}});
            }
            stored.set_cancel_requested(true);
            // Nobody is there to stop it: it ends here, and an agent
            // that comes back with it is told to stop when it reports.
            GB_ASSIGN_OR_RETURN(const bool attended,
                                IsConnected(transaction, sessions_, stored.agent()));
            if (stored.state() == v1::Run::PENDING || !attended) {
              stored.set_state(v1::Run::CANCELLED);
              *stored.mutable_end_time() = ToTimestamp(clock_.Now());
            }
            run = stored;
            return SaveRun(transaction, record);
          })
          .status());
  log::Info("run_cancel_requested", {{"run", run.name()}});
  return run;
}

absl::StatusOr<bool> Runs::Report(Session& session,
                                  const v1::ReportRunRequest& request) {
  const std::string& name = request.run().name();
  const std::string& agent = session.identity().agent;
  if (request.run().has_counters() && !AddsUp(request.run().counters())) {
    log::Warning("run_counters_do_not_add_up", {{"run", name}, {"agent", agent}});
  }
  const bool fresh = session.IsNewReport(name, request.sequence());
  bool cancel = false;
  bool ended = false;
  CrashPoint("server.report.take");
  GB_RETURN_IF_ERROR(
      store_
          .Write([&](Transaction& transaction) -> absl::Status {
            GB_ASSIGN_OR_RETURN(store::RunRecord record,
                                LoadReported(transaction, request.run(), agent));
            v1::Run& run = *record.mutable_run();
            cancel = run.cancel_requested();
            const v1::Run before = run;
            ended = !IsFinal(run.state()) && IsFinal(request.run().state());
            if (!fresh) return absl::OkStatus();
            ApplyReport(request.run(), ToTimestamp(clock_.Now()), &run);
            if (run.agent().empty() || !IsFinal(before.state())) run.set_agent(agent);
            record.set_report_sequence(
                std::max(record.report_sequence(), request.sequence()));
            if (run.SerializeAsString() == before.SerializeAsString()) {
              return absl::OkStatus();
            }
            return SaveRun(transaction, record);
          })
          .status());
  CrashPoint("server.report.taken");
  session.TakeReport(name, request.sequence());
  if (fresh && ended) {
    const v1::RunCounters& counters = request.run().counters();
    log::Info("run_ended", {{"run", name},
                            {"agent", agent},
                            {"state", v1::Run::State_Name(request.run().state())},
                            {"scanned", counters.scanned()},
                            {"added", counters.added()},
                            {"updated", counters.updated()},
                            {"failed", counters.failed()},
                            {"deferred", counters.deferred()}});
  }
  return cancel;
}

}  // namespace guestbridge::server
