#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "common/random/random.h"
#include "common/time/clock.h"
#include "guestbridge/v1/agent_control.pb.h"
#include "sync-agent/change/read_choice.h"
#include "sync-agent/control/lease_keeper.h"
#include "sync-agent/export/doubts.h"
#include "sync-agent/export/executor.h"
#include "sync-agent/export/write_back_outlook.h"
#include "sync-agent/integration_report.h"
#include "sync-agent/integration_sides.h"
#include "sync-agent/ledger/ledger.h"
#include "sync-agent/pace/pacer.h"

namespace guestbridge::agent {

// Notes of the ledger. KeyOf a run that was found to be what its plan says, and
// how many contacts that plan changes.
inline constexpr char kPlannedNote[] = "run-planned";
// What the guard and the mapping were in a run that the guard stopped midway: what is
// left of it is not done by later runs, in portions, unless one of them is another.
inline constexpr char kGuardNote[] = "guard";

// One execution of one run: finds out which base this is, takes the lease, lets the
// executor work and says how it goes. A run that was interrupted is taken up where the
// ledger left it.
class IntegrationRun {
 public:
  // All references outlive the run.
  struct Parts {
    std::string integration;  // short id
    Ledger& ledger;
    std::shared_ptr<Sides> sides;
    Pacer& pacer;
    Doubts& doubts;
    LeaseKeeper& lease;
    Random& random;
    const Clock& clock;
    // Not OK: the newest configuration can't be used, and the run goes on with the
    // last good one; said among its notices.
    absl::Status rejection;
    // What the source was found to be, before a first export.
    std::function<void(v1::ReportChecksRequest)> tell_checks;
    // When so many IDs will be in 1C; called from the executing thread, as `report`.
    std::function<WriteBackOutlook(int pending)> outlook;
    // The run as it stands.
    std::function<void(const v1::Run&)> report;
  };

  IntegrationRun(Parts parts, v1::RunTask task);

  // Blocks. The ended run; nothing when it was stopped: it is not over then, and is
  // resumed by another execution of the same task.
  std::optional<v1::Run> Execute();

  // Thread-safe; take effect at the next safe point.
  void Cancel();
  void Stop();

  const std::string& name() const { return task_.run().name(); }
  // What WriteBackCounts::done was when the run first began. After Execute.
  int64_t written_before() const { return written_before_; }

 private:
  struct Identity {
    std::string value;
    bool published = false;
  };

  absl::Status Begin();
  absl::StatusOr<Identity> FindIdentity();
  // Tries the source before the first export of a base, and says what it found.
  absl::Status ProbeSource();
  absl::Status TakeLease(const Identity& identity);
  // Whether what decides content beside rows is not what it was at the last reading.
  absl::StatusOr<bool> LearnBasis(RunSettings* settings);
  absl::StatusOr<ExecutionResult> Work(const Identity& identity);
  // What the ledger remembers of earlier readings, and its links: of another portal,
  // nothing.
  absl::Status Recall(ReadMemory* memory, ReadRequest* read, int* linked);
  // Executes the run, once it is what its plan says or what the guard lets through.
  absl::StatusOr<ExecutionResult> ExecutePlanned(RunSettings settings,
                                                 const ReadRequest& read);
  ExecutionResult Perform(const RunSettings& settings, const ReadRequest& read);
  // Plans once more, and sets how many contacts the run may change: as many as the plan
  // says, and those of the guard. Errors: PLAN_CHANGED: it is not the plan that the run
  // is to do.
  absl::StatusOr<ExecutionResult> PlanAgain(RunSettings* settings,
                                            const ReadRequest& read);
  // How many contacts the run may change; empty: however many. Errors: GUARD_STOPPED.
  absl::StatusOr<std::optional<int>> AskGuard(const RunSettings& settings);
  // Of one that would change more nothing is done. Errors: GUARD_REFUSED.
  absl::StatusOr<ExecutionResult> PlanForGuard(RunSettings settings,
                                               const ReadRequest& read);
  // As a dry run.
  absl::StatusOr<ExecutionResult> Plan(RunSettings settings, const ReadRequest& read);
  // The run was stopped, or may go on, after AskGuard.
  absl::Status NoteGuard(const RunSettings& settings, const ExecutionResult& result);
  // Of a dry run that the guard would stop.
  void WarnOfGuard(const RunSettings& settings, const ExecutionResult& result);
  // The draft that the run is about, or what the configuration says.
  const std::optional<CompiledMapping>& mapping() const {
    return draft_.has_value() ? draft_ : parts_.sides->settings.mapping;
  }
  // When 1C would hold the IDs of the contacts that a dry run would make.
  void PutPlannedWriteBack(const RunCounts& counts);
  // Links of another portal than the configured one are forgotten, and looked up anew;
  // a dry run only looks as if they were.
  absl::Status MindPortal();
  // A portal that was renamed in this run is the same portal.
  void RememberMove(const RunProgress& progress);
  absl::Duration SettleTime() const;
  // To the server, when the portal's first answer has changed it.
  void TellSettleTime();
  absl::StatusOr<RunSettings> MakeSettings(const Identity& identity);
  // What the base calls itself, asked for again while it is away for a moment.
  absl::StatusOr<SourceIdentity> AskBase();
  void Report(const RunProgress* progress, const v1::Explanation* notice);
  v1::Run Ended(v1::Run::State state);
  bool MayCreate() const;
  bool interrupted() const { return cancelled_ || stopped_; }
  // Nobody waits for the run.
  bool unattended() const { return task_.run().trigger() != v1::Run::CALLER; }
  // False when interrupted meanwhile.
  bool Pause(absl::Duration duration);

  const Parts parts_;
  const v1::RunTask task_;
  v1::Run run_;
  v1::PortalUsage portal_before_;
  v1::SourceUsage source_before_;
  SourceUsage source_at_start_;
  int64_t written_before_ = 0;
  bool cold_ = false;
  bool other_portal_ = false;  // RunSettings::other_portal
  std::optional<CompiledMapping> draft_;
  std::string moved_to_;
  absl::Duration told_settle_time_;
  Executor executor_;
  std::atomic<bool> cancelled_ = false;
  std::atomic<bool> stopped_ = false;
};

}  // namespace guestbridge::agent
