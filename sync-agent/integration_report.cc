#include "sync-agent/integration_report.h"

#include <algorithm>
#include <limits>

#include "absl/strings/str_cat.h"
#include "common/resource/resource_name.h"
#include "common/status/error.h"
#include "google/protobuf/util/time_util.h"

namespace guestbridge::agent {
namespace {

// A parameter that marks a notice about the write-back.
constexpr char kStage[] = "stage";
constexpr char kWriteBackStage[] = "write-back";

v1::Explanation ToExplanation(const WriteBackRefusal& refusal) {
  v1::Explanation explanation =
      agent::ToExplanation(refusal.reason, refusal.parameters);
  (*explanation.mutable_parameters())[kStage] = kWriteBackStage;
  (*explanation.mutable_parameters())["count"] = absl::StrCat(refusal.count);
  return explanation;
}

const char* OutcomeName(Outcome outcome) {
  switch (outcome) {
    case Outcome::kAdded:
      return "ADDED";
    case Outcome::kUpdated:
      return "UPDATED";
    case Outcome::kRecreated:
      return "RECREATED";
    case Outcome::kSkipped:
      return "SKIPPED";
    case Outcome::kFailed:
      return "FAILED";
    case Outcome::kDeferred:
      return "DEFERRED";
    case Outcome::kUnchanged:
    case Outcome::kNone:
      break;
  }
  return "UNCHANGED";
}

v1::ReconcileFinding::Kind KindOf(FindingKind kind) {
  switch (kind) {
    case FindingKind::kMissing:
      return v1::ReconcileFinding::MISSING;
    case FindingKind::kGone:
      return v1::ReconcileFinding::GONE;
    case FindingKind::kDoubled:
      return v1::ReconcileFinding::DOUBLED;
    case FindingKind::kOrphaned:
      return v1::ReconcileFinding::ORPHANED;
    case FindingKind::kChangedOnPortal:
      return v1::ReconcileFinding::CHANGED_ON_PORTAL;
    case FindingKind::kChangedInSource:
      return v1::ReconcileFinding::CHANGED_IN_SOURCE;
    case FindingKind::kWriteBackMissing:
      return v1::ReconcileFinding::WRITE_BACK_MISSING;
  }
  return v1::ReconcileFinding::KIND_UNSPECIFIED;
}

void PutReconcile(const ReconcileFound& found, v1::ReconcileResult* result) {
  const auto count = [&](FindingKind kind) {
    const auto it = found.counts.find(kind);
    return it == found.counts.end() ? 0 : it->second;
  };
  result->set_missing(count(FindingKind::kMissing));
  result->set_gone(count(FindingKind::kGone));
  result->set_doubled(count(FindingKind::kDoubled));
  result->set_orphaned(count(FindingKind::kOrphaned));
  result->set_changed_on_portal(count(FindingKind::kChangedOnPortal));
  result->set_changed_in_source(count(FindingKind::kChangedInSource));
  result->set_write_back_missing(count(FindingKind::kWriteBackMissing));
  result->set_contacts(found.contacts);
  result->set_marked(found.marked);
  result->clear_findings();
  for (const Finding& finding : found.findings) {
    v1::ReconcileFinding& entry = *result->add_findings();
    entry.set_kind(KindOf(finding.kind));
    entry.set_client(finding.client.guid());
    entry.set_contact(finding.contact.value());
    for (const ContactId id : finding.others) entry.add_other_contacts(id.value());
    for (const std::string& field : finding.fields) entry.add_fields(field);
    entry.set_modified_by(finding.modified_by);
    if (finding.modify_unix > 0) {
      *entry.mutable_modify_time() =
          google::protobuf::util::TimeUtil::SecondsToTimestamp(finding.modify_unix);
    }
  }
}

void PutPlan(const RunPlan& plan, v1::Run* run) {
  run->set_plan(plan.digest);
  v1::RunForecast& forecast = *run->mutable_forecast();
  forecast.Clear();
  *forecast.mutable_counters() = run->counters();
  forecast.set_http_requests(plan.forecast.requests);
  forecast.set_commands(plan.forecast.commands);
  forecast.set_operating_seconds(plan.forecast.operating_seconds);
  forecast.set_seconds(plan.forecast.seconds);
  forecast.set_measured(plan.forecast.measured);
  for (const auto& [target, clients] : plan.fields) {
    v1::PlannedField& field = *forecast.add_fields();
    field.set_target(target);
    field.set_clients(clients);
  }
  for (const PlannedReason& reason : plan.reasons) {
    v1::PlannedReason& entry = *forecast.add_reasons();
    entry.set_outcome(OutcomeName(reason.outcome));
    entry.set_clients(reason.clients);
    *entry.mutable_explanation() =
        agent::ToExplanation(reason.reason, reason.parameters);
  }
  for (const PlannedClient& client : plan.samples) {
    v1::PlannedClient& entry = *forecast.add_samples();
    entry.set_client(client.client.guid());
    entry.set_outcome(OutcomeName(client.outcome));
    entry.set_reason(client.reason);
    for (const std::string& field : client.fields) entry.add_fields(field);
  }
}

}  // namespace

v1::Explanation ToExplanation(absl::string_view reason, const Parameters& parameters) {
  v1::Explanation explanation;
  explanation.set_reason(std::string(reason));
  explanation.mutable_parameters()->insert(parameters.begin(), parameters.end());
  return explanation;
}

v1::Explanation ToExplanation(const absl::Status& status) {
  const std::string reason = ReasonOf(status);
  if (reason.empty()) return ToExplanation("INTERNAL_ERROR", {});
  return ToExplanation(reason, ParametersOf(status));
}

bool IsFinal(v1::Run::State state) {
  return state == v1::Run::SUCCEEDED || state == v1::Run::PARTIALLY_FAILED ||
         state == v1::Run::FAILED || state == v1::Run::CANCELLED;
}

std::string KeyOf(const v1::Run& run) {
  return absl::StrCat(run.name(), "@", LedgerNumberOf(run));
}

int64_t LedgerNumberOf(const v1::Run& run) {
  if (run.has_create_time()) {
    return google::protobuf::util::TimeUtil::TimestampToMicroseconds(run.create_time());
  }
  const auto id = ParseRunName(run.name());
  return id.ok() ? id->number : 0;
}

void PutProgress(const RunProgress& progress, const v1::PortalUsage& portal_before,
                 v1::Run* run) {
  v1::RunCounters& counters = *run->mutable_counters();
  counters.set_scanned(progress.counts.scanned);
  counters.set_unchanged(progress.counts.unchanged);
  counters.set_added(progress.counts.added);
  counters.set_updated(progress.counts.updated);
  counters.set_recreated(progress.counts.recreated);
  counters.set_skipped(progress.counts.skipped);
  counters.set_failed(progress.counts.failed);
  counters.set_deferred(progress.counts.deferred);
  v1::PortalUsage& portal = *run->mutable_portal();
  portal.set_http_requests(portal_before.http_requests() +
                           progress.portal.http_requests);
  portal.set_commands(portal_before.commands() + progress.portal.commands);
  portal.set_throttled(portal_before.throttled() + progress.portal.throttled);
  portal.set_retried(portal_before.retried() + progress.portal.retried);
  portal.set_wait_seconds(portal_before.wait_seconds() + progress.portal.wait_seconds);
  portal.set_operating_seconds(portal_before.operating_seconds() +
                               progress.portal.operating_seconds);
  if (run->kind() == v1::Run::MATCH) {
    v1::MatchResult& match = *run->mutable_match();
    match.set_matched(progress.match.matched);
    match.set_ambiguous(progress.match.ambiguous);
    match.set_unmatched(progress.match.unmatched);
    match.set_linked(progress.match.linked);
    match.set_applied(progress.match.applied);
    match.set_proposed(progress.match.proposed);
  }
  if (run->kind() == v1::Run::RECONCILE) {
    PutReconcile(progress.reconcile, run->mutable_reconcile());
  }
  if (progress.plan.has_value()) PutPlan(*progress.plan, run);
  run->clear_failures();
  for (const Failure& failure : progress.failures) {
    v1::ClientFailure& entry = *run->add_failures();
    entry.set_client(failure.client.guid());
    entry.set_reason(failure.reason);
    entry.mutable_parameters()->insert(failure.parameters.begin(),
                                       failure.parameters.end());
  }
  run->clear_notices();
  for (const RunNotice& notice : progress.notices) {
    *run->add_notices() = ToExplanation(notice.reason, notice.parameters);
  }
}

void PutLedgerCounts(const WriteBackCounts& write_back, int64_t written_before,
                     int doubts, v1::Run* run) {
  const int64_t done = std::clamp<int64_t>(write_back.done - written_before, 0,
                                           std::numeric_limits<int32_t>::max());
  run->mutable_write_back()->set_pending(write_back.pending);
  run->mutable_write_back()->set_parked(write_back.parked);
  run->mutable_write_back()->set_done(static_cast<int32_t>(done));
  run->set_doubts(doubts);
}

void PutOutlook(const WriteBackOutlook& outlook, v1::WriteBackProgress* progress) {
  progress->set_per_second(outlook.per_second);
  progress->clear_estimated_end_time();
  progress->clear_quiet_until();
  progress->clear_waiting();
  // Whole seconds: finer is not meant.
  const auto seconds = [](absl::Time time) {
    return google::protobuf::util::TimeUtil::SecondsToTimestamp(
        absl::ToUnixSeconds(time + absl::Seconds(1) - absl::Nanoseconds(1)));
  };
  if (outlook.end.has_value()) {
    *progress->mutable_estimated_end_time() = seconds(*outlook.end);
  }
  if (outlook.quiet_until.has_value()) {
    *progress->mutable_quiet_until() = seconds(*outlook.quiet_until);
  }
  if (!outlook.waiting.ok()) {
    *progress->mutable_waiting() = ToExplanation(outlook.waiting);
  }
}

void PutWriteBackRefusals(absl::Span<const WriteBackRefusal> refusals, v1::Run* run) {
  v1::Run kept;
  kept.mutable_notices()->Swap(run->mutable_notices());
  for (v1::Explanation& notice : *kept.mutable_notices()) {
    const auto stage = notice.parameters().find(kStage);
    if (stage != notice.parameters().end() && stage->second == kWriteBackStage)
      continue;
    *run->add_notices() = std::move(notice);
  }
  for (const WriteBackRefusal& refusal : refusals) {
    *run->add_notices() = ToExplanation(refusal);
  }
}

void PutErasures(absl::Span<const ErasureList> lists,
                 v1::ReportLedgerRequest* request) {
  for (const ErasureList& list : lists) {
    v1::Erasures& told = *request->add_erasures();
    told.set_secret(list.secret);
    for (const ErasureList::Client& client : list.clients) {
      v1::ErasedClient& one = *told.add_clients();
      one.set_hash(client.hash);
      one.mutable_erase_time()->set_seconds(client.unix_time);
    }
  }
}

bool IsTrailing(const v1::Run& run) {
  return run.write_back().pending() > 0 || run.doubts() > 0;
}

v1::LedgerSummary MakeLedgerSummary(int missing,
                                    absl::Span<const MissingClients> reasons,
                                    int doubts, const WriteBackCounts& write_back,
                                    absl::Span<const WriteBackRefusal> refusals) {
  v1::LedgerSummary summary;
  for (const MissingClients& group : reasons) {
    v1::MissingClients& entry = *summary.add_missing();
    // Nothing stops them but that no export has taken them up.
    entry.set_reason(group.reason.empty() ? "WAITS_FOR_EXPORT" : group.reason);
    entry.mutable_parameters()->insert(group.parameters.begin(),
                                       group.parameters.end());
    entry.set_count(group.count);
    entry.set_needs_person(
        group.problem == Outcome::kFailed || group.reason == "AWAITING_MATCH_REVIEW" ||
        group.reason == "AMBIGUOUS_MATCH" || group.reason == kClientUnlinked ||
        group.reason == kContactGoneAsk);
  }
  summary.set_missing_count(missing);
  summary.set_doubts(doubts);
  summary.mutable_write_back()->set_pending(write_back.pending);
  summary.mutable_write_back()->set_parked(write_back.parked);
  for (const WriteBackRefusal& refusal : refusals) {
    *summary.add_write_back_refusals() = ToExplanation(refusal);
  }
  return summary;
}

}  // namespace guestbridge::agent
