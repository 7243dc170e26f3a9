// What decides what a run will do: the basis of the content, the plan of a dry run.
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/secret/digest.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"
#include "google/protobuf/util/time_util.h"
#include "sync-agent/change/read_choice.h"
#include "sync-agent/integration_run.h"

namespace guestbridge::agent {
namespace {

// KeyOf a run that was found to be what its plan says.
constexpr char kPlannedNote[] = "run-planned";

}  // namespace

absl::StatusOr<bool> IntegrationRun::LearnBasis(RunSettings* settings) {
  SourceReader& reader = *parts_.sides->source.reader;
  const CompiledMapping& mapping = *settings->mapping;
  const std::string policies = BasisOf(settings->policies);
  const auto with_rules = [&mapping, policies](ContentBasis basis) {
    absl::StrAppend(&basis.rules, "\n", mapping.default_region());
    if (!policies.empty()) absl::StrAppend(&basis.rules, "\n", policies);
    basis.rules = Sha256Hex(basis.rules);
    return basis;
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

absl::StatusOr<ExecutionResult> IntegrationRun::PlanAgain(RunSettings settings,
                                                          const ReadRequest& read) {
  // What this run has done already is no longer to be planned.
  const std::string key = KeyOf(task_.run());
  GB_ASSIGN_OR_RETURN(const std::string agreed, parts_.ledger.Note(kPlannedNote));
  if (agreed == key) return ExecutionResult();
  settings.dry_run = true;
  ExecutionResult planned = executor_.Execute(
      settings, read, [] { return -absl::InfiniteDuration(); },
      [this](const RunProgress&) {
        if (cancelled_) executor_.Cancel();
        Report(nullptr, nullptr);
      });
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
  GB_RETURN_IF_ERROR(parts_.ledger.SetNote(kPlannedNote, key));
  return planned;
}

void IntegrationRun::PutPlannedWriteBack(const RunCounts& counts) {
  const auto waiting = parts_.ledger.CountWriteBacks();
  if (!waiting.ok() || counts.added + counts.recreated == 0) return;
  const WriteBackOutlook outlook =
      parts_.outlook(waiting->pending + counts.added + counts.recreated);
  if (!outlook.end.has_value()) return;
  *run_.mutable_forecast()->mutable_write_back_end_time() =
      google::protobuf::util::TimeUtil::SecondsToTimestamp(
          absl::ToUnixSeconds(*outlook.end));
}

}  // namespace guestbridge::agent
