#include <memory>

#include "absl/strings/str_cat.h"
#include "common/crash_point/crash_point.h"
#include "common/status/error.h"
#include "sync-agent/change/read_choice.h"
#include "sync-agent/export/export_machine.h"
#include "sync-agent/model/mutant.h"

// What a run does after what.
namespace guestbridge::agent {

void ExportMachine::Enter(Phase phase) {
  phase_ = phase;
  switch (phase) {
    case Phase::kColdLook:
      rebuilder_ =
          std::make_unique<Rebuilder>(context_, settings_.kind == RunKind::kRebuild);
      break;
    case Phase::kSettle:
      settler_.Begin(/*looks_again=*/settings_.kind != RunKind::kSettle);
      break;
    case Phase::kAwaitDoubts:
      settler_.Begin(/*looks_again=*/false);
      break;
    case Phase::kEvents:
      events_.Begin(cold_at_start_);
      break;
    case Phase::kSweep:
      sweep_.Begin();
      break;
    case Phase::kCompare:
      sweep_.Begin();
      reconciler_.Begin();
      break;
    case Phase::kDirty:
      dirty_after_ = ClientKey();
      dirty_done_ = false;
      break;
    default:
      break;
  }
}

bool ExportMachine::Advance() {
  const bool exports = settings_.exports();
  const bool reconciles = settings_.kind == RunKind::kReconcile;
  switch (phase_) {
    case Phase::kNewest:
      if (!newest_known_) return false;
      if (settings_.kind == RunKind::kRebuild ||
          (exports && settings_.cold && (!reconciles || settings_.writes()) &&
           !MutantActive(Mutant::kRestoredLedgerTrusted))) {
        Enter(Phase::kColdLook);
      } else {
        Enter(Phase::kSettle);
      }
      return true;
    case Phase::kColdLook:
      if (!rebuilder_->finished()) return false;
      if (!rebuilder_->complete()) {
        context_.Fail(MakeError("LOOKUP_INCOMPLETE"));
        return true;
      }
      settings_.cold = false;
      CountLinkedAnew();
      Enter(settings_.kind == RunKind::kRebuild ? Phase::kDrain : Phase::kSettle);
      return true;
    case Phase::kSettle:
      if (!settler_.idle()) return false;
      if (settings_.kind == RunKind::kMatch) {
        Enter(Phase::kIndex);
      } else if (reconciles) {
        Enter(Phase::kCompare);
      } else {
        Enter(settings_.kind == RunKind::kSettle ? Phase::kDrain : Phase::kEvents);
      }
      return true;
    case Phase::kEvents:
      if (!events_.idle() || !gone_.idle() || !lane_.idle()) return false;
      Enter(events_.ReplacesSweep() ? Phase::kRead : Phase::kSweep);
      return true;
    case Phase::kSweep:
      if (!sweep_.idle() || !gone_.idle() || !lane_.idle()) return false;
      events_.Swept();
      Enter(Phase::kRead);
      return true;
    case Phase::kCompare:
      if (!reconciler_.idle() || !gone_.idle() || !lane_.idle()) return false;
      Enter(Phase::kRead);
      return true;
    case Phase::kIndex:
      if (!matcher_.indexed()) return false;
      Enter(Phase::kRead);
      return true;
    case Phase::kRead:
      if (!stream_done_) return false;
      if (settings_.kind == RunKind::kMatch) {
        matcher_.Finish();
        Enter(Phase::kDrain);
      } else {
        holding_ = false;
        Enter(Phase::kDirty);
      }
      return true;
    case Phase::kDirty:
      if (ReleaseHeld()) return true;
      if (!dirty_done_ || !held_.empty() || !context_.to_fetch.empty() || fetching_) {
        return false;
      }
      Enter(Phase::kDrain);
      return true;
    case Phase::kDrain:
      if (!PartsIdle() || !settler_.idle() || !matcher_.idle()) return false;
      if (settings_.settle && !settings_.dry_run && exports &&
          !context_.doubts.empty()) {
        Enter(Phase::kAwaitDoubts);
        return true;
      }
      if ((settings_.kind == RunKind::kExport || reconciles) && !settings_.dry_run) {
        CrashPoint("agent.watermark.note");
        context_.Check(context_.ledger.SetNote(kWatermarkNote, watermark_.value));
        CrashPoint("agent.watermark.noted");
        context_.Check(context_.ledger.SetNote(
            kReadWithMappingNote, absl::StrCat(settings_.mapping_version)));
        if (settings_.content_basis != nullptr) {
          context_.Check(
              context_.ledger.SetNote(kReadWithBasisNote, settings_.content_basis()));
        }
        if (settings_.reads_whole) {
          if (!passed_rows_by_) NoteAttributeKinds(/*all=*/true);
          context_.Check(context_.ledger.SetNote(
              kReadWholeNote, absl::StrCat(absl::ToUnixSeconds(context_.now.wall))));
          context_.Check(
              context_.ledger.SetNote(kReadWholeRunNote, absl::StrCat(settings_.run)));
        }
        CrashPoint("agent.watermark.mapping-noted");
        if (!context_.failure.ok()) return true;
      }
      if (settings_.writes() && settings_.kind == RunKind::kSettle &&
          !context_.doubts.empty() &&
          context_.doubts.NextDue() <= context_.now.steady) {
        Enter(Phase::kSettle);
        return true;
      }
      End(RunEnd::kSucceeded, absl::OkStatus());
      return true;
    case Phase::kAwaitDoubts:
      if (!settler_.idle()) return false;
      if (context_.doubts.NextDue() <= context_.now.steady) {
        settler_.Begin(/*looks_again=*/false);
        return !settler_.idle();
      }
      if (!context_.to_fetch.empty() || context_.doubts.empty()) {
        Enter(Phase::kDirty);
        return true;
      }
      actions_.push_back(WakeAt{context_.doubts.NextDue()});
      return false;
    case Phase::kDone:
      return false;
  }
  return false;
}

}  // namespace guestbridge::agent
