#include "server/api/runs.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "common/crash_point/crash_point.h"
#include "common/log/log.h"
#include "common/resource/page.h"
#include "common/resource/resource_name.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"
#include "server/api/assignment.h"
#include "server/api/integrations.h"
#include "server/api/keys.h"
#include "server/api/presence.h"
#include "server/api/proto_time.h"
#include "server/api/run_state.h"
#include "server/api/stored_runs.h"
#include "server/store/record_codec.h"

namespace guestbridge::server {
namespace {

// Texts are added when a page is rendered: well below gRPC's 4 MiB.
constexpr size_t kMaxPageBytes = 512 << 10;

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

}  // namespace

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
  return MakeError("RUN_NOT_FOUND",
                   {{"run", id.integration == "-" ? absl::StrCat(id.number) : name}});
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

absl::StatusOr<store::RunRecord> Runs::DryRun(const std::string& name,
                                              const Reach& reach) {
  store::RunRecord record;
  GB_RETURN_IF_ERROR(store_.Read([&](Transaction& transaction) -> absl::Status {
    GB_ASSIGN_OR_RETURN(record, Load(transaction, name, reach));
    return absl::OkStatus();
  }));
  const v1::Run& run = record.run();
  GB_ASSIGN_OR_RETURN(const std::string id, ParseIntegrationName(run.integration()));
  if (!run.dry_run() || run.kind() != v1::Run::EXPORT || !IsFinal(run.state()) ||
      !run.has_forecast()) {
    return MakeError("RUN_WITHOUT_PLAN",
                     {{"run", name.substr(name.rfind('/') + 1)}, {"integration", id}});
  }
  return record;
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
