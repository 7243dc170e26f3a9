// What decides what a run will do: the basis of the content, the plan of a dry run, the
// guard.
#include <string>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"
#include "google/protobuf/util/time_util.h"
#include "sync-agent/change/read_choice.h"
#include "sync-agent/integration_run.h"
#include "sync-agent/plan/guard.h"
#include "sync-agent/plan/policies.h"

namespace guestbridge::agent {
namespace {

std::string GuardMark(const GuardSettings& guard, int mapping_version) {
  return absl::StrCat(guard.contacts, " ", guard.percent, "% ", mapping_version);
}

bool IsGuarded(RunKind kind) {
  return kind == RunKind::kExport || kind == RunKind::kReconcile;
}

}  // namespace

absl::StatusOr<bool> IntegrationRun::LearnBasis(RunSettings* settings) {
  SourceReader& reader = *parts_.sides->source.reader;
  const CompiledMapping& mapping = *settings->mapping;
  const auto with_rules = [&mapping,
                           policies = settings->policies](ContentBasis basis) {
    return WithPolicies(std::move(basis), mapping.default_region(), policies);
  };
  absl::StatusOr<ContentBasis> found = reader.FetchContentBasis(mapping.attributes());
  // The reading that follows meets the same, and says so.
  if (!found.ok()) return false;
  GB_ASSIGN_OR_RETURN(const std::string before, parts_.ledger.Note(kReadWithBasisNote));
  const bool changed = BasisChanged(before, with_rules(*std::move(found)));
  settings->content_basis = [before, changed, with_rules, &reader, &mapping] {
    const ContentBasis read = with_rules(reader.BasisOfRowsRead(mapping.attributes()));
    // What has changed was read whole.
    return changed ? EncodeBasis(read) : ExtendBasis(before, read);
  };
  return changed;
}

absl::StatusOr<ExecutionResult> IntegrationRun::Plan(RunSettings settings,
                                                     const ReadRequest& read) {
  settings.dry_run = true;
  settings.most_changed.reset();
  settings.holds_stored = false;
  ExecutionResult planned = executor_.Execute(
      settings, read, [] { return -absl::InfiniteDuration(); },
      [this](const RunProgress&) {
        if (cancelled_) executor_.Cancel();
        Report(nullptr, nullptr);
      });
  // What planning takes of the portal is the run's, too.
  v1::Run used;
  PutProgress(planned.progress, portal_before_, &used);
  portal_before_ = used.portal();
  *run_.mutable_portal() = portal_before_;
  return planned;
}

absl::StatusOr<ExecutionResult> IntegrationRun::PlanAgain(RunSettings* settings,
                                                          const ReadRequest& read) {
  // What is agreed to is what the plan shows. How much comes on top, as data moves from
  // here on, the guard says. That the base is empty was shown, too.
  const GuardSettings& guard = parts_.sides->settings.guard;
  const auto mind = [&](int touched) {
    if (!guard.on || task_.run().beyond_guard()) return;
    settings->most_changed = touched + MostChanged(guard, settings->linked);
  };
  // What this run has done already is no longer to be planned.
  const std::string key = KeyOf(task_.run());
  GB_ASSIGN_OR_RETURN(const std::string agreed, parts_.ledger.Note(kPlannedNote));
  const std::pair<std::string, std::string> before =
      absl::StrSplit(agreed, absl::MaxSplits(' ', 1));
  if (before.first == key) {
    if (int touched = 0; absl::SimpleAtoi(before.second, &touched)) mind(touched);
    return ExecutionResult();
  }
  GB_ASSIGN_OR_RETURN(ExecutionResult planned, Plan(*settings, read));
  if (planned.end != ExecutionEnd::kSucceeded) return planned;
  const RunCounts& counts = planned.progress.counts;
  if (!planned.progress.plan.has_value() ||
      planned.progress.plan->digest != task_.run().plan()) {
    return MakeError("PLAN_CHANGED", {{"integration", parts_.integration},
                                      {"plan", task_.run().plan()},
                                      {"added", absl::StrCat(counts.added)},
                                      {"updated", absl::StrCat(counts.updated)},
                                      {"recreated", absl::StrCat(counts.recreated)}});
  }
  std::string noted = key;
  if (!planned.progress.source_empty) {
    mind(counts.touched());
    absl::StrAppend(&noted, " ", counts.touched());
  }
  GB_RETURN_IF_ERROR(parts_.ledger.SetNote(kPlannedNote, noted));
  return planned;
}

absl::StatusOr<std::optional<int>> IntegrationRun::AskGuard(
    const RunSettings& settings) {
  const GuardSettings& guard = parts_.sides->settings.guard;
  const v1::Run& run = task_.run();
  const bool stamps = settings.kind == RunKind::kMatch && settings.apply;
  if ((!IsGuarded(settings.kind) && !stamps) || run.dry_run() || !guard.on ||
      run.beyond_guard() || !run.plan().empty()) {
    return std::nullopt;
  }
  const int most = MostChanged(guard, settings.linked);
  // It counts before it stamps the first contact, and leaves nothing half done.
  if (stamps) return most;
  GB_ASSIGN_OR_RETURN(const std::string stopped, parts_.ledger.Note(kGuardNote));
  if (stopped == GuardMark(guard, settings.mapping_version)) {
    return MakeError("GUARD_STOPPED",
                     {{"limit", absl::StrCat(most)}, {"changed", "0"}});
  }
  return most;
}

absl::StatusOr<ExecutionResult> IntegrationRun::PlanForGuard(RunSettings settings,
                                                             const ReadRequest& read) {
  const int most = *settings.most_changed;
  GB_ASSIGN_OR_RETURN(ExecutionResult planned, Plan(std::move(settings), read));
  if (planned.end != ExecutionEnd::kSucceeded) return planned;
  const RunCounts& counts = planned.progress.counts;
  if (counts.touched() > most) {
    return MakeError("GUARD_REFUSED", {{"limit", absl::StrCat(most)},
                                       {"updated", absl::StrCat(counts.updated)},
                                       {"recreated", absl::StrCat(counts.recreated)},
                                       {"deleted", absl::StrCat(counts.deleted)}});
  }
  return planned;
}

absl::StatusOr<ExecutionResult> IntegrationRun::ExecutePlanned(
    RunSettings settings, const ReadRequest& read) {
  GB_ASSIGN_OR_RETURN(settings.most_changed, AskGuard(settings));
  const bool guarded =
      IsGuarded(settings.kind) && settings.most_changed.has_value() && settings.full;
  ExecutionResult planned;
  if (!task_.run().dry_run() && !task_.run().plan().empty()) {
    GB_ASSIGN_OR_RETURN(planned, PlanAgain(&settings, read));
  } else if (guarded && settings.linked > *settings.most_changed) {
    GB_ASSIGN_OR_RETURN(planned, PlanForGuard(settings, read));
  } else {
    // A base of new guests needs no plan, and is not read twice; whether this is one
    // shows when it was read.
    settings.holds_stored = guarded;
  }
  if (planned.end != ExecutionEnd::kSucceeded) return planned;
  ExecutionResult result = Perform(settings, read);
  if (result.end != ExecutionEnd::kPlanFirst) return result;
  // What it used so far counts, and what it has found of contacts that are linked.
  portal_before_ = run_.portal();
  GB_ASSIGN_OR_RETURN(settings.linked, parts_.ledger.CountLinked());
  GB_ASSIGN_OR_RETURN(settings.most_changed, AskGuard(settings));
  GB_ASSIGN_OR_RETURN(planned, PlanForGuard(settings, read));
  if (planned.end != ExecutionEnd::kSucceeded) return planned;
  settings.holds_stored = false;
  settings.cold = false;  // the first pass has looked
  return Perform(settings, read);
}

absl::Status IntegrationRun::NoteGuard(const RunSettings& settings,
                                       const ExecutionResult& result) {
  if (!IsGuarded(settings.kind) || task_.run().dry_run()) {
    return absl::OkStatus();
  }
  if (ReasonOf(result.error) == "GUARD_STOPPED") {
    return parts_.ledger.SetNote(
        kGuardNote, GuardMark(parts_.sides->settings.guard, settings.mapping_version));
  }
  if (result.end != ExecutionEnd::kSucceeded) return absl::OkStatus();
  GB_ASSIGN_OR_RETURN(const std::string stopped, parts_.ledger.Note(kGuardNote));
  return stopped.empty() ? absl::OkStatus() : parts_.ledger.SetNote(kGuardNote, "");
}

void IntegrationRun::WarnOfGuard(const RunSettings& settings,
                                 const ExecutionResult& result) {
  const GuardSettings& guard = parts_.sides->settings.guard;
  if (!guard.on || !task_.run().dry_run() || !IsGuarded(settings.kind) ||
      result.end != ExecutionEnd::kSucceeded) {
    return;
  }
  const int most = MostChanged(guard, settings.linked);
  if (result.progress.counts.touched() > most) {
    *run_.add_notices() =
        ToExplanation("GUARD_WOULD_STOP", {{"limit", absl::StrCat(most)}});
  }
  if (result.progress.source_empty && settings.linked >= kLinkedBeforeEmptyIsOdd) {
    *run_.add_notices() =
        ToExplanation("SOURCE_EMPTY", {{"linked", absl::StrCat(settings.linked)}});
  }
}

void IntegrationRun::PutPlannedWriteBack(const RunCounts& counts) {
  const auto waiting = parts_.ledger.CountWriteBacks();
  if (!waiting.ok() || counts.added + counts.recreated == 0) return;
  const int pending = other_portal_ ? 0 : waiting->pending;
  const WriteBackOutlook outlook =
      parts_.outlook(pending + counts.added + counts.recreated);
  if (!outlook.end.has_value()) return;
  *run_.mutable_forecast()->mutable_write_back_end_time() =
      google::protobuf::util::TimeUtil::SecondsToTimestamp(
          absl::ToUnixSeconds(*outlook.end));
}

}  // namespace guestbridge::agent
