#include "server/api/run_state.h"

#include "server/api/proto_time.h"

namespace guestbridge::server {
namespace {

constexpr int kMaxFailures = 100;
constexpr int kMaxNotices = 20;
constexpr int kMaxPlanned = 100;
constexpr int kMaxFindings = 700;  // a hundred of each kind
constexpr int kMaxFindingParts = 50;
// So long may an estimate be in the past: clocks differ, and 1C may be slower.
constexpr absl::Duration kEstimateGrace = absl::Minutes(5);

void DropTexts(v1::Explanation* explanation) {
  explanation->clear_message();
  explanation->clear_remedy();
}

void TakeNotices(const v1::Run& report, v1::Run* run) {
  run->clear_notices();
  for (const v1::Explanation& notice : report.notices()) {
    if (run->notices_size() == kMaxNotices) break;
    *run->add_notices() = notice;
    DropTexts(run->mutable_notices(run->notices_size() - 1));
  }
}

template <typename List>
void Cut(List* list, int most) {
  if (list->size() > most) list->DeleteSubrange(most, list->size() - most);
}

void TakeReconcile(const v1::Run& report, v1::Run* run) {
  v1::ReconcileResult& result = *run->mutable_reconcile();
  result = report.reconcile();
  Cut(result.mutable_findings(), kMaxFindings);
  for (v1::ReconcileFinding& finding : *result.mutable_findings()) {
    if (finding.other_contacts_size() > kMaxFindingParts) {
      finding.mutable_other_contacts()->Truncate(kMaxFindingParts);
    }
    Cut(finding.mutable_fields(), kMaxFindingParts);
  }
}

void TakeForecast(const v1::Run& report, v1::Run* run) {
  run->set_plan(report.plan());
  v1::RunForecast& forecast = *run->mutable_forecast();
  forecast = report.forecast();
  forecast.set_dry_run(run->name());
  Cut(forecast.mutable_fields(), kMaxPlanned);
  Cut(forecast.mutable_reasons(), kMaxPlanned);
  Cut(forecast.mutable_samples(), kMaxPlanned);
  for (v1::PlannedReason& reason : *forecast.mutable_reasons()) {
    DropTexts(reason.mutable_explanation());
  }
}

}  // namespace

bool IsFinal(v1::Run::State state) {
  return state == v1::Run::SUCCEEDED || state == v1::Run::PARTIALLY_FAILED ||
         state == v1::Run::FAILED || state == v1::Run::CANCELLED;
}

bool IsExclusive(v1::Run::Kind kind) { return kind != v1::Run::SETTLE; }

bool AddsUp(const v1::RunCounters& counters) {
  return counters.scanned() == counters.unchanged() + counters.added() +
                                   counters.updated() + counters.recreated() +
                                   counters.skipped() + counters.failed() +
                                   counters.deferred();
}

bool IsSameRun(const v1::Run& report, const v1::Run& run) {
  return !report.has_create_time() ||
         absl::ToUnixMicros(FromTimestamp(report.create_time())) ==
             absl::ToUnixMicros(FromTimestamp(run.create_time()));
}

bool IsReached(const v1::Run& run, v1::WatchRunRequest::Until until) {
  if (!IsFinal(run.state())) return false;
  if (until != v1::WatchRunRequest::WRITTEN_BACK) return true;
  return run.state() == v1::Run::FAILED || run.state() == v1::Run::CANCELLED ||
         run.write_back().pending() == 0;
}

void ApplyReport(const v1::Run& said, const google::protobuf::Timestamp& now,
                 v1::Run* run) {
  v1::Run report = said;
  DropImpossibleTimes(&report);
  if (report.has_write_back()) {
    *run->mutable_write_back() = report.write_back();
    if (report.write_back().has_waiting()) {
      DropTexts(run->mutable_write_back()->mutable_waiting());
    }
  }
  run->set_doubts(report.doubts());
  if (IsFinal(run->state())) {
    // The write-back goes on, and 1C may refuse it only now.
    if (IsFinal(report.state())) TakeNotices(report, run);
    return;
  }

  if (report.has_counters()) *run->mutable_counters() = report.counters();
  if (report.has_portal()) *run->mutable_portal() = report.portal();
  if (report.has_source()) *run->mutable_source() = report.source();
  if (report.has_match()) *run->mutable_match() = report.match();
  if (report.has_reconcile()) TakeReconcile(report, run);
  if (run->dry_run() && report.has_forecast()) TakeForecast(report, run);
  if (report.mapping_version() > 0) run->set_mapping_version(report.mapping_version());
  run->clear_failures();
  for (const v1::ClientFailure& failure : report.failures()) {
    if (run->failures_size() == kMaxFailures) break;
    v1::ClientFailure& kept = *run->add_failures();
    kept = failure;
    kept.clear_message();
    kept.clear_remedy();
  }
  TakeNotices(report, run);
  if (report.has_error()) {
    *run->mutable_error() = report.error();
    DropTexts(run->mutable_error());
  }
  if (report.state() == v1::Run::RUNNING || IsFinal(report.state())) {
    run->set_state(report.state());
    if (!run->has_start_time()) *run->mutable_start_time() = now;
    if (IsFinal(report.state())) *run->mutable_end_time() = now;
  }
}

void DropStaleOutlook(bool agent_connected, absl::Time now,
                      v1::WriteBackProgress* progress) {
  const bool over =
      progress->has_estimated_end_time() &&
      FromTimestamp(progress->estimated_end_time()) < now - kEstimateGrace;
  if (agent_connected && !over) return;
  progress->clear_per_second();
  progress->clear_estimated_end_time();
  progress->clear_quiet_until();
  progress->clear_waiting();
}

}  // namespace guestbridge::server
