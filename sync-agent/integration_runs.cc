#include "sync-agent/integration.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "common/crash_point/crash_point.h"
#include "common/log/log.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"
#include "sync-agent/integration_report.h"
#include "sync-agent/integration_tasks.h"
#include "sync-agent/last_run.h"

// The run thread: runs one after the other, and doubts between them.
namespace guestbridge::agent {
namespace {

// Notes of the ledger.
constexpr char kUntoldRunNote[] = "untold-run";  // KeyOf the last run until it is told

constexpr absl::Duration kCareEvery = absl::Seconds(1);
constexpr absl::Duration kFirstSettlePause = absl::Seconds(10);
constexpr absl::Duration kLongestSettlePause = absl::Minutes(10);
// Beside runs, after a failure: each try may look at all clients and write the ledger
// anew.
constexpr absl::Duration kTakeErasuresAgain = absl::Minutes(1);
constexpr size_t kMostTrailing = 8;

}  // namespace

void Integration::Recall(Ledger& ledger) {
  const auto untold = ledger.Note(kUntoldRunNote);
  std::optional<LastRun> last = RecallLastRun(ledger);
  if (!untold.ok() || !last.has_value()) return;
  const std::string key = KeyOf(last->run);
  const std::lock_guard<std::mutex> lock(mutex_);
  if (*untold == key) {
    known_runs_.insert(key);
    reporter_.Finish(last->run, [this, key, &ledger] {
      const absl::Status told = ledger.SetNote(kUntoldRunNote, "");
      if (!told.ok()) log::Warning("ledger_note_failed", {{"error", told}});
      const std::lock_guard<std::mutex> taken(mutex_);
      known_runs_.erase(key);
    });
  }
  NoteObstaclesLocked(last->run);
  // What was left then may be written meanwhile: looked at once more.
  trailing_.push_back(*std::move(last));
}

void Integration::RunLoop() {
  while (true) {
    std::optional<v1::RunTask> task;
    {
      const absl::Duration settle_in = SettleIn();
      std::unique_lock<std::mutex> lock(mutex_);
      changed_.wait_for(
          lock, absl::ToChronoNanoseconds(std::min(settle_in, kCareEvery)),
          [this] { return stopping_ || (!runs_.empty() && !between_runs_); });
      changed_.wait(lock, [this] { return stopping_ || !between_runs_; });
      if (stopping_) return;
      if (!runs_.empty()) {
        task = std::move(runs_.front());
        runs_.pop_front();
      }
      run_thread_works_ = true;
    }
    if (task.has_value()) {
      ExecuteTask(*task);
      settings_.on_run_ended();
    } else {
      const std::shared_ptr<Sides> now = sides();
      Ledger* const ledger = opened_ledger();
      if (ledger != nullptr && now != nullptr &&
          clock_.Steady() >= erasures_not_before_) {
        const absl::Status taken = TakeErasures(*ledger, now);
        if (!taken.ok()) {
          erasures_not_before_ = clock_.Steady() + kTakeErasuresAgain;
          log::Debug("erasures_not_taken", {{"error", taken}});
        }
      }
      if (SettleIn() <= absl::ZeroDuration()) SettleDoubts();
    }
    const std::lock_guard<std::mutex> lock(mutex_);
    run_thread_works_ = false;
    changed_.notify_all();
  }
}

absl::Duration Integration::SettleIn() {
  const std::shared_ptr<Sides> now = sides();
  if (now == nullptr || !now->settings.active || !now->settings.mapping.has_value()) {
    return absl::InfiniteDuration();
  }
  if (!doubts_seeded_) {
    Ledger* const ledger = opened_ledger();
    if (ledger == nullptr) return absl::InfiniteDuration();
    const auto attempts = ledger->Attempts();
    if (!attempts.ok()) return absl::InfiniteDuration();
    doubts_seeded_ = true;
    const absl::Duration due =
        clock_.Steady() +
        SettleTimeOf(*ledger, now->settings.settle_time, now->settings.box_settle_time);
    for (const Attempt& attempt : *attempts) doubts_.Saw(attempt.intent.key, due);
    const auto watched = ledger->WatchedAdds();
    if (watched.ok() && !watched->empty()) {
      doubts_.LookAgainAt(clock_.Steady() + kLookAgainAfter);
    }
  }
  const absl::Duration next = std::min(doubts_.NextDue(), doubts_.look_again());
  if (next == absl::InfiniteDuration()) return next;
  const absl::Duration at = std::max(next, settle_not_before_);
  return std::max(absl::ZeroDuration(), at - clock_.Steady());
}

void Integration::SettleDoubts() {
  const auto ledger = OpenLedger();
  if (!ledger.ok()) return;
  const auto attempts = (*ledger)->Attempts();
  if (!attempts.ok()) return;
  doubts_.KeepOnly(*attempts);
  const size_t before = doubts_.size();
  const bool looks_again = doubts_.look_again() <= clock_.Steady();
  if (before == 0 && !looks_again) return;
  const absl::StatusOr<v1::Run> run = server_.open_settle_run();
  if (run.ok()) {
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      const std::string key = KeyOf(*run);
      known_runs_.insert(key);
      // The server hands it out like any other; it may have come by that way already.
      runs_.erase(
          std::remove_if(runs_.begin(), runs_.end(),
                         [&](const v1::RunTask& t) { return KeyOf(t.run()) == key; }),
          runs_.end());
    }
    v1::RunTask task;
    *task.mutable_run() = *run;
    ExecuteTask(task);
  } else {
    log::Debug("settle_postponed", {{"error", run.status()}});
  }
  // A settling that got nowhere is not repeated at once, or a broken portal would fill
  // the list of runs.
  settle_pause_ =
      doubts_.size() < before || (before == 0 && doubts_.look_again() > clock_.Steady())
          ? absl::ZeroDuration()
          : std::clamp(settle_pause_ * 2, kFirstSettlePause, kLongestSettlePause);
  settle_not_before_ = clock_.Steady() + settle_pause_;
}

absl::Status Integration::TakeErasures(Ledger& ledger,
                                       const std::shared_ptr<Sides>& now) {
  if (now == erasures_of_.lock()) return absl::OkStatus();
  GB_ASSIGN_OR_RETURN(const int removed, ledger.TakeErasures(now->settings.erasures));
  if (removed > 0) log::Info("erased_clients_removed", {{"count", removed}});
  erasures_of_ = now;
  return absl::OkStatus();
}

void Integration::UpdatePacer(const IntegrationSettings& settings, Ledger& ledger) {
  const std::string portal = BucketNameOf(settings);
  // In any case: the rate is that of whoever begins a run now.
  const std::shared_ptr<RequestBucket> bucket = buckets_.Of(portal, settings.pace);
  const std::string credential = absl::StrCat(
      portal, " ", settings.portal.oauth ? -1 : settings.portal.webhook_user);
  if (pacer_ != nullptr && credential == paced_) {
    pacer_->SetRate(settings.pace.bucket_drain_per_second,
                    settings.pace.bucket_capacity);
    return;
  }
  const bool first = pacer_ == nullptr;
  pacer_ = std::make_unique<Pacer>(settings.pace, random_, bucket);
  paced_ = credential;
  if (!first) return;
  const auto note = ledger.Note(kPaceNote);
  absl::string_view text = note.ok() ? absl::string_view(*note) : "";
  if (absl::ConsumePrefix(&text, kPaceOfRunning)) {
    pacer_->Suspect(DecodePaceMemory(text), clock_.Steady(), clock_.Now());
  } else {
    pacer_->Restore(DecodePaceMemory(text), clock_.Steady(), clock_.Now());
  }
}

void Integration::RememberPace(Ledger& ledger, bool running) {
  const absl::Duration now = clock_.Steady();
  if (running && now - pace_noted_ < absl::Seconds(1)) return;
  pace_noted_ = now;
  const std::string memory = EncodePaceMemory(pacer_->Memory(now, clock_.Now()));
  const absl::Status noted =
      ledger.SetNote(kPaceNote, absl::StrCat(running ? kPaceOfRunning : "", memory));
  // A later process is only more careful or less; the run itself says what is wrong.
  if (!noted.ok()) log::Debug("pace_not_noted", {{"error", noted}});
}

void Integration::ExecuteTask(const v1::RunTask& task) {
  v1::Run ended = task.run();
  const std::string key = KeyOf(task.run());
  const auto fail = [&](const absl::Status& why) {
    *ended.mutable_error() = ToExplanation(why);
    ended.set_state(v1::Run::FAILED);
  };
  std::shared_ptr<Sides> now;
  absl::Status rejection;
  bool cancelled = false;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    now = sides_;
    rejection = rejection_;
    cancelled = cancelled_.erase(task.run().name()) > 0;
    current_key_ = key;
  }
  const auto ledger = OpenLedger();
  if (cancelled) {
    ended.set_state(v1::Run::CANCELLED);
    return Conclude(ledger.ok() ? *ledger : nullptr, std::move(ended), 0);
  }
  if (now == nullptr) {
    fail(rejection.ok()
             ? MakeError("CONNECTION_NOT_SET", {{"integration", settings_.id}})
             : rejection);
  } else if (!ledger.ok()) {
    fail(ledger.status());
  } else {
    // Also again with the same: what was in doubt then may be settled.
    erasures_of_.reset();
    if (const absl::Status taken = TakeErasures(**ledger, now); !taken.ok())
      fail(taken);
  }
  if (IsFinal(ended.state())) {
    return Conclude(ledger.ok() ? *ledger : nullptr, std::move(ended), 0);
  }

  UpdatePacer(now->settings, **ledger);
  pace_noted_ = -absl::InfiniteDuration();
  RememberPace(**ledger, true);
  IntegrationRun run({settings_.id, **ledger, now, *pacer_, doubts_, lease_, random_,
                      clock_, rejection,
                      [this](v1::ReportChecksRequest found) {
                        const absl::Status told =
                            server_.report_checks(std::move(found));
                        if (!told.ok())
                          log::Debug("checks_not_told", {{"error", told}});
                      },
                      [this](int pending) { return Outlook(pending); },
                      [this, &ledger](const v1::Run& word) {
                        RememberPace(**ledger, true);
                        doubts_in_run_ = word.doubts();
                        NoteObstacles(word);
                        reporter_.Report(word);
                      }},
                     task);
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    current_ = &run;
    // Taken back meanwhile.
    if (stopping_ || sides_ == nullptr) run.Stop();
    if (cancelled_.erase(run.name()) > 0) run.Cancel();
  }
  std::optional<v1::Run> result = run.Execute();
  RememberPace(**ledger, false);
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    current_ = nullptr;
    current_key_.clear();
    // Taken back and handed out again while it went on.
    const auto is_it = [&](const v1::RunTask& t) { return KeyOf(t.run()) == key; };
    if (result.has_value()) {
      std::erase_if(runs_, is_it);
      known_runs_.insert(key);
    } else if (std::none_of(runs_.begin(), runs_.end(), is_it)) {
      known_runs_.erase(key);
    }
  }
  // What came back in doubt from this run is due later; the rest is forgotten.
  const auto attempts = (*ledger)->Attempts();
  if (attempts.ok()) {
    doubts_.KeepOnly(*attempts);
    const absl::Duration due =
        clock_.Steady() + SettleTimeOf(**ledger, now->settings.settle_time,
                                       now->settings.box_settle_time);
    for (const Attempt& attempt : *attempts) doubts_.Saw(attempt.intent.key, due);
  }
  // Who was erased and in doubt may have been settled: the next run may be far.
  erasures_of_.reset();
  if (result.has_value()) {
    Conclude(*ledger, *std::move(result), run.written_before());
  } else {
    log::Info("run_interrupted", {{"run", task.run().name()}});
  }
}

void Integration::Conclude(Ledger* ledger, v1::Run run, int64_t written_before) {
  const std::string key = KeyOf(run);
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    current_key_.clear();
  }
  log::Info("run_ends", {{"run", run.name()},
                         {"state", v1::Run::State_Name(run.state())},
                         {"reason", run.error().reason()},
                         {"scanned", run.counters().scanned()},
                         {"added", run.counters().added()},
                         {"failed", run.counters().failed()},
                         {"deferred", run.counters().deferred()}});
  NoteObstacles(run);
  CrashPoint("agent.run.ended");
  if (ledger != nullptr) {
    std::unique_lock<std::mutex> figures(figures_mutex_);
    const auto write_back = ledger->CountWriteBacks();
    const auto doubts = ledger->CountAttempts();
    const auto refusals = ledger->WriteBackRefusals();
    if (write_back.ok() && doubts.ok() && refusals.ok()) {
      WriteBackOutlook outlook = Outlook(write_back->pending);
      PutLedgerCounts(*write_back, written_before, *doubts, &run);
      PutOutlook(outlook, run.mutable_write_back());
      NoteFigures(*write_back, *doubts, std::move(outlook));
      PutWriteBackRefusals(*refusals, &run);
    }
    figures.unlock();
    ReportLedger();
    // The end survives a lost connection and a restart. A background settling is not
    // worth forgetting the run before it.
    if (run.kind() != v1::Run::SETTLE) {
      absl::Status noted = KeepLastRun(*ledger, {run, written_before});
      CrashPoint("agent.run.noted");
      if (noted.ok()) noted = ledger->SetNote(kUntoldRunNote, key);
      CrashPoint("agent.run.untold");
      if (!noted.ok()) log::Warning("ledger_note_failed", {{"error", noted}});
    }
  }
  // As with the ledger: who waited for the end sees what it has mended, or met.
  server_.report_agent();
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    trailing_.push_back({run, written_before});
    if (trailing_.size() > kMostTrailing) trailing_.erase(trailing_.begin());
  }
  const bool noted = ledger != nullptr && run.kind() != v1::Run::SETTLE;
  reporter_.Finish(std::move(run), [this, key, ledger, noted] {
    CrashPoint("agent.run.told");
    if (noted) {
      const auto untold = ledger->Note(kUntoldRunNote);
      if (untold.ok() && *untold == key) {
        const absl::Status told = ledger->SetNote(kUntoldRunNote, "");
        if (!told.ok()) log::Warning("ledger_note_failed", {{"error", told}});
      }
    }
    const std::lock_guard<std::mutex> lock(mutex_);
    known_runs_.erase(key);
  });
  changed_.notify_all();
}

}  // namespace guestbridge::agent
