#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/random/random.h"
#include "common/time/clock.h"
#include "guestbridge/v1/agent_control.pb.h"
#include "sync-agent/control/lease_keeper.h"
#include "sync-agent/export/doubts.h"
#include "sync-agent/export/write_back.h"
#include "sync-agent/export/write_back_outlook.h"
#include "sync-agent/integration_run.h"
#include "sync-agent/integration_sides.h"
#include "sync-agent/last_run.h"
#include "sync-agent/ledger/ledger.h"
#include "sync-agent/pace/pacer.h"
#include "sync-agent/pace/portal_buckets.h"
#include "sync-agent/run_reporter.h"

namespace guestbridge::agent {

// Everything that one integration needs, and its threads: one executes runs, one after
// the other, and settles doubts between them; one answers tasks meanwhile; one looks
// after the write-back and says how it goes. Thread-safe.
class Integration {
 public:
  // The calls to the server that an integration makes by itself.
  struct Server {
    LeaseKeeper::Acquire acquire_lease;
    std::function<absl::StatusOr<v1::Run>()> open_settle_run;
    std::function<absl::Status(v1::ReportLedgerRequest)> report_ledger;
    std::function<absl::Status(v1::ReportChecksRequest)> report_checks;
    // How the agent is, Describe() of this integration included, if that is news.
    std::function<void()> report_agent;
    std::function<absl::Status(v1::FinishTaskRequest)> finish_task;
    AccessTokens::Fetch fetch_token;
  };
  struct Settings {
    std::string id;           // short id
    std::string ledger_file;  // made when it is missing
    std::string portal_ca_file;
    // A run has ended: what it held is free. Called from the run's thread.
    std::function<void()> on_run_ended = [] {};
    LocalPolicy policy = {};
  };

  // What a person or a monitor wants to know.
  struct Figures {
    bool running = false;
    int doubts = 0;
    int write_back_pending = 0;
    int write_back_parked = 0;
    WriteBackOutlook write_back;
    int missing = 0;  // clients that should be on the portal and are not
  };

  // All references outlive the integration.
  Integration(Settings settings, Server server, RunReporter& reporter,
              PortalBuckets& buckets, Random& random, const Clock& clock);
  ~Integration();  // Stops and waits.

  // Takes a configuration over for everything that begins from now on; a run that is
  // under way goes on with its own. An error leaves all as it was. Errors: those of
  // ConnectSides.
  absl::Status Configure(IntegrationSettings settings);
  // The newest configuration can't be used: tests say so, the last good one goes on.
  void Reject(const absl::Status& why);
  // No longer ours: stops working; the ledger stays.
  void Retire();

  // The server may not know any more what the ledger holds: it is told again.
  void ForgetReported();

  void Take(const v1::Task& task);
  // Does nothing when the run is not here.
  void CancelRun(const std::string& run);

  // What Hello says of it: no identity while the ledger is not open, and nothing when
  // it has no settings either.
  std::optional<v1::LedgerIdentity> ledger_identity();
  Figures figures();
  // What it works with, what waits, and what keeps it from its work.
  void Describe(v1::AgentReport* report);

  // Asks everything to end at the next safe point.
  void BeginStop();
  // Stops, and waits for its threads; also the destructor does.
  void Join();
  // True when all threads are idle for good.
  bool AwaitStop(absl::Duration longest);

 private:
  void RunLoop();
  void TaskLoop();
  void CareLoop();

  // Tries again when an earlier attempt failed: a person may have mended it.
  absl::StatusOr<Ledger*> OpenLedger();
  // Null when it was not opened; does not try.
  Ledger* opened_ledger();
  // What an earlier process left: an end that was not told, IDs on their way.
  void Recall(Ledger& ledger);
  std::shared_ptr<Sides> sides();
  void ExecuteTask(const v1::RunTask& task);
  void Conclude(Ledger* ledger, v1::Run run, int64_t written_before);
  // How long until doubts may be settled, as far as the run thread knows.
  absl::Duration SettleIn();
  void SettleDoubts();
  // Of the run thread: whom other ledgers have erased. Nothing, when done with `now`.
  absl::Status TakeErasures(Ledger& ledger, const std::shared_ptr<Sides>& now);
  void UpdatePacer(const IntegrationSettings& settings, Ledger& ledger);
  // For a later process: the portal still counts what this one has sent.
  void RememberPace(Ledger& ledger, bool running);
  void AnswerTask(const v1::Task& task);
  // Of the task thread. The run thread waits meanwhile. Errors: RUN_IN_PROGRESS.
  absl::Status BetweenRuns(absl::FunctionRef<absl::Status()> work);
  void CareForWriteBack(const std::shared_ptr<Sides>& now);
  // Nobody else can have taken the integration over by now.
  bool IsOursNow(const Sides& now);
  // Forgets old entries of the history, a few at a time, while no run is under way.
  void CareForHistory();
  void ForgetRefused(Ledger& ledger, const IntegrationSettings& settings);
  // Of the queue as it is with the present settings; any thread.
  WriteBackOutlook Outlook(int pending);
  void ReportTrailing();
  void RefreshFigures();
  void NoteFigures(const WriteBackCounts& write_back, int doubts,
                   WriteBackOutlook outlook);
  void RefreshOldestDoubt(Ledger& ledger, int doubts);
  // What a run met that is nobody's fault inside of it: a side that does not answer or
  // refuses us, a lease, a disk.
  void NoteObstacles(const v1::Run& run);
  void NoteObstaclesLocked(const v1::Run& run);
  // Tells the server what the ledger holds when that has changed since it was told.
  // Before the word about a run or a task that made the change: whoever waited for that
  // word sees the state behind it.
  void ReportLedger();
  // What the ledger has erased and the configuration does not name, if the server has
  // not taken it up or refused it already.
  absl::StatusOr<std::vector<ErasureList>> UntoldErasures(Ledger& ledger,
                                                          const Sides& now);
  // Attempts that are past their answer; what a run has in flight is not in doubt.
  absl::StatusOr<int> CountDoubts(Ledger& ledger);

  const Settings settings_;
  const Server server_;
  RunReporter& reporter_;
  PortalBuckets& buckets_;
  Random& random_;
  const Clock& clock_;
  LeaseKeeper lease_;

  std::mutex ledger_mutex_;
  std::unique_ptr<Ledger> ledger_;

  std::mutex mutex_;
  std::condition_variable changed_;
  bool stopping_ = false;
  int threads_left_ = 0;
  std::shared_ptr<Sides> sides_;  // null: not configured
  absl::Status rejection_;
  std::deque<v1::RunTask> runs_;
  std::set<std::string> known_runs_;  // KeyOf those queued, running or not yet told
  std::set<std::string> cancelled_;   // names of queued runs
  std::deque<v1::Task> tasks_;
  IntegrationRun* current_ = nullptr;
  std::string current_key_;             // KeyOf what is executed; empty: nothing is
  bool run_thread_works_ = false;       // a run, or what goes before and after it
  bool between_runs_ = false;           // the task thread's work; no run begins
  std::atomic<int> doubts_in_run_ = 0;  // of the current run, as it last said
  std::vector<LastRun> trailing_;  // ended with IDs or doubts left: told until none is
  Figures figures_;
  struct Obstacle {
    v1::Explanation what;
    absl::Time since;
  };
  std::vector<Obstacle> obstacles_;
  absl::Status ledger_problem_;  // it can't be opened
  std::optional<absl::Time> oldest_doubt_;
  WriteBackGauge gauge_;
  // The server has said that it is ours, and waits so long before another's turn.
  absl::Duration ours_until_ = -absl::InfiniteDuration();

  // From counting to noting figures, so that older ones don't overtake.
  std::mutex figures_mutex_;

  std::mutex told_mutex_;  // held while telling, so that words don't overtake
  std::string told_;       // LedgerSummary, serialized; empty: none
  absl::Duration told_at_ = -absl::InfiniteDuration();
  // Erasures were told when there were so many, with that configuration.
  int64_t erasures_told_ = 0;
  int64_t erasures_told_revision_ = 0;

  // Of the run thread alone.
  std::unique_ptr<Pacer> pacer_;
  std::string paced_;  // what the pacer was made for
  absl::Duration pace_noted_ = -absl::InfiniteDuration();
  Doubts doubts_;
  bool doubts_seeded_ = false;
  absl::Duration settle_not_before_ = -absl::InfiniteDuration();
  absl::Duration settle_pause_;
  std::weak_ptr<Sides> erasures_of_;  // taken up
  absl::Duration erasures_not_before_ = -absl::InfiniteDuration();
  // Of the care thread alone.
  std::shared_ptr<Sides> written_with_;
  std::unique_ptr<WriteBack> write_back_;
  std::map<std::string, absl::Time> doubted_;  // since when, by nonce
  int64_t pruned_to_ = 0;
  absl::Duration prune_next_ = -absl::InfiniteDuration();
  absl::Duration looked_ = -absl::InfiniteDuration();
  absl::Duration told_last_ = -absl::InfiniteDuration();

  std::vector<std::thread> threads_;
};

}  // namespace guestbridge::agent
