#include "sync-agent/integration.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "absl/strings/numbers.h"
#include "common/log/log.h"
#include "common/status/error.h"
#include "sync-agent/change/read_choice.h"
#include "sync-agent/integration_report.h"
#include "sync-agent/integration_tasks.h"

// The threads beside the runs: tasks are answered; the write-back is looked after, and
// said how it goes.
namespace guestbridge::agent {
namespace {

constexpr absl::Duration kCareEvery = absl::Seconds(1);
constexpr absl::Duration kLookEvery = absl::Seconds(5);
constexpr absl::Duration kTellEvery = absl::Seconds(3);
// The history of a client holds so many entries.
constexpr int kHistoryEntries = 100;
// Looked through so often, so much at a time.
constexpr absl::Duration kPruneEvery = absl::Hours(1);
constexpr int kPruneAtOnce = 500;
constexpr int kForgetAtOnce = 10'000;
constexpr int kErasuresAtOnce = 5'000;
// A standby takes over a minute after the last word of who serves, as the database has
// it, which may be 25 s late; and makes contacts a settle time after that.
constexpr absl::Duration kOursFor = absl::Seconds(30);
constexpr absl::Duration kAskAfter = absl::Seconds(15);

// A revision that changes neither the mapping nor the source: the base was bound, say.
bool SameContent(const IntegrationSettings& a, const IntegrationSettings& b) {
  return a.mapping.has_value() && b.mapping.has_value() &&
         a.mapping->version() == b.mapping->version() &&
         a.mapping->default_region() == b.mapping->default_region() &&
         a.source.type == b.source.type && a.source.url == b.source.url &&
         a.source.profile == b.source.profile &&
         a.source.profile_text == b.source.profile_text;
}

}  // namespace

void Integration::TaskLoop() {
  while (true) {
    v1::Task task;
    {
      std::unique_lock<std::mutex> lock(mutex_);
      changed_.wait(lock, [this] { return stopping_ || !tasks_.empty(); });
      if (stopping_) return;
      task = std::move(tasks_.front());
      tasks_.pop_front();
    }
    AnswerTask(task);
  }
}

void Integration::AnswerTask(const v1::Task& task) {
  std::shared_ptr<Sides> now;
  absl::Status problem;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    now = sides_;
    // What the connection as it was entered gives is the point of these two.
    if (task.has_test_connection() || task.has_load_fields()) problem = rejection_;
  }
  if (problem.ok() && now == nullptr) {
    problem = MakeError("CONNECTION_NOT_SET", {{"integration", settings_.id}});
  }
  const auto ledger = OpenLedger();
  if (problem.ok() && !ledger.ok()) problem = ledger.status();
  v1::FinishTaskRequest answer =
      problem.ok() ? PerformTask(task, {settings_.id, *now, **ledger, clock_,
                                        [this](absl::FunctionRef<absl::Status()> work) {
                                          return BetweenRuns(work);
                                        }})
                   : FailedTask(problem);
  answer.set_task(task.id());
  if (task.has_retry_clients() || task.has_link_client() || task.has_unlink_client() ||
      task.has_forget_client() || task.has_drop_clients()) {
    ReportLedger();
  }
  const absl::Status sent = server_.finish_task(std::move(answer));
  if (!sent.ok()) log::Warning("task_answer_lost", {{"error", sent}});
}

absl::Status Integration::BetweenRuns(absl::FunctionRef<absl::Status()> work) {
  {
    std::unique_lock<std::mutex> lock(mutex_);
    changed_.wait(lock, [this] { return !run_thread_works_ || current_ != nullptr; });
    if (current_ != nullptr) {
      return MakeError("RUN_IN_PROGRESS",
                       {{"integration", settings_.id}, {"run", current_->name()}});
    }
    between_runs_ = true;
  }
  absl::Status done = work();
  const std::lock_guard<std::mutex> lock(mutex_);
  between_runs_ = false;
  changed_.notify_all();
  return done;
}

void Integration::CareLoop() {
  while (true) {
    CareForWriteBack(sides());
    CareForHistory();
    ReportTrailing();
    const absl::Duration now = clock_.Steady();
    if (now - told_last_ >= kTellEvery) {
      told_last_ = now;
      ReportLedger();
    }
    RefreshFigures();
    std::unique_lock<std::mutex> lock(mutex_);
    changed_.wait_for(lock, absl::ToChronoNanoseconds(kCareEvery),
                      [this] { return stopping_; });
    if (stopping_) break;
  }
  CareForWriteBack(nullptr);
}

void Integration::CareForWriteBack(const std::shared_ptr<Sides>& now) {
  const bool wanted = now != nullptr && now->settings.active;
  if (write_back_ != nullptr && (!wanted || now != written_with_)) {
    write_back_->Stop(wanted && SameContent(now->settings, written_with_->settings)
                          ? WriteBack::Content::kStays
                          : WriteBack::Content::kMayChange);
    write_back_ = nullptr;
    written_with_ = nullptr;
  }
  if (!wanted || write_back_ != nullptr) return;
  Ledger* const ledger = opened_ledger();
  if (ledger == nullptr) return;
  written_with_ = now;
  gauge_.ForgetFailure();
  WriteBack::Settings settings;
  settings.most_per_second = now->settings.write_back_rate;
  write_back_ =
      std::make_unique<WriteBack>(*ledger, *now->source.writer, gauge_, clock_,
                                  settings, [this, now] { return IsOursNow(*now); });
  write_back_->Start();
}

bool Integration::IsOursNow(const Sides& now) {
  if (!now.settings.has_standby) return true;
  const std::lock_guard<std::mutex> lock(mutex_);
  return clock_.Steady() < ours_until_;
}

void Integration::CareForHistory() {
  const absl::Duration now = clock_.Steady();
  if (now < prune_next_) return;
  Ledger* const ledger = opened_ledger();
  if (ledger == nullptr) return;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (current_ != nullptr) return;
  }
  // Without settings nothing says how long; they come.
  const std::shared_ptr<Sides> with = sides();
  if (with == nullptr) return;
  const HistoryLimits limits = {
      absl::ToUnixSeconds(clock_.Now() - with->settings.history_kept), kHistoryEntries};
  const auto next = ledger->PruneHistory(pruned_to_, limits, kPruneAtOnce);
  // What fails here is tried again; who needs the ledger hears of it.
  pruned_to_ = next.value_or(0);
  if (pruned_to_ != 0) return;
  prune_next_ = now + kPruneEvery;
  ForgetRefused(*ledger, with->settings);
}

void Integration::ForgetRefused(Ledger& ledger, const IntegrationSettings& settings) {
  if (!settings.quarantine_kept.has_value()) return;
  // Who is in 1C was met by the last reading of everybody, at the latest.
  const auto whole = ledger.Note(kReadWholeRunNote);
  int64_t whole_run = 0;
  if (!whole.ok() || !absl::SimpleAtoi(*whole, &whole_run)) return;
  // The number of a run is the microsecond at which it was made.
  const int64_t oldest = absl::ToUnixMicros(clock_.Now() - *settings.quarantine_kept);
  const auto forgotten =
      ledger.ForgetRefused(std::min(whole_run, oldest), kForgetAtOnce);
  if (forgotten.value_or(0) > 0) {
    log::Info("refused_clients_forgotten", {{"count", *forgotten}});
  }
}

WriteBackOutlook Integration::Outlook(int pending) {
  const std::shared_ptr<Sides> now = sides();
  if (now == nullptr || pending == 0) return {};
  if (!now->settings.active) {
    WriteBackOutlook off;
    off.waiting = MakeError("INTEGRATION_INACTIVE", {{"integration", settings_.id}});
    return off;
  }
  const SourceWriter& writer = *now->source.writer;
  WriteBackOutlook outlook = gauge_.Look(
      pending, clock_.Now(), [&](absl::Time at) { return writer.NextQuiet(at); });
  if (outlook.quiet_until.has_value()) outlook.waiting = writer.CheckHours();
  return outlook;
}

void Integration::ReportTrailing() {
  std::vector<LastRun> trailing;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (trailing_.empty()) return;
    trailing = trailing_;
  }
  Ledger* const ledger = opened_ledger();
  if (ledger == nullptr) return;
  std::unique_lock<std::mutex> figures(figures_mutex_);
  const auto write_back = ledger->CountWriteBacks();
  const auto doubts = CountDoubts(*ledger);
  const auto refusals = ledger->WriteBackRefusals();
  if (!write_back.ok() || !doubts.ok() || !refusals.ok()) return;
  const WriteBackOutlook outlook = Outlook(write_back->pending);
  NoteFigures(*write_back, *doubts, outlook);
  figures.unlock();
  ReportLedger();
  for (LastRun& last : trailing) {
    const std::string before = last.run.SerializeAsString();
    PutLedgerCounts(*write_back, last.written_before, *doubts, &last.run);
    PutOutlook(outlook, last.run.mutable_write_back());
    PutWriteBackRefusals(*refusals, &last.run);
    if (last.run.SerializeAsString() == before) continue;
    if (!IsTrailing(last.run)) server_.report_agent();
    reporter_.Report(last.run);
  }
  const std::lock_guard<std::mutex> lock(mutex_);
  for (LastRun& kept : trailing_) {
    for (const LastRun& now : trailing) {
      if (now.run.name() == kept.run.name()) kept = now;
    }
  }
  trailing_.erase(std::remove_if(trailing_.begin(), trailing_.end(),
                                 [](const LastRun& t) { return !IsTrailing(t.run); }),
                  trailing_.end());
}

absl::StatusOr<int> Integration::CountDoubts(Ledger& ledger) {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (current_ != nullptr) return doubts_in_run_.load();
  }
  return ledger.CountAttempts();
}

absl::StatusOr<std::vector<ErasureList>> Integration::UntoldErasures(Ledger& ledger,
                                                                     const Sides& now) {
  if (ledger.CountErased() == erasures_told_ &&
      now.settings.revision == erasures_told_revision_) {
    return std::vector<ErasureList>();
  }
  return ledger.ErasuresBeyond(now.settings.erasures, kErasuresAtOnce);
}

void Integration::ReportLedger() {
  Ledger* const ledger = opened_ledger();
  const std::shared_ptr<Sides> now = sides();
  if (ledger == nullptr || now == nullptr) return;
  const std::lock_guard<std::mutex> lock(told_mutex_);
  const auto missing = ledger->CountMissing();
  const auto reasons = ledger->CountMissingByReason();
  const auto write_back = ledger->CountWriteBacks();
  const auto refusals = ledger->WriteBackRefusals();
  const auto doubts = CountDoubts(*ledger);
  const int64_t erased = ledger->CountErased();
  const auto untold = UntoldErasures(*ledger, *now);
  if (!missing.ok() || !reasons.ok() || !write_back.ok() || !refusals.ok() ||
      !doubts.ok() || !untold.ok()) {
    return;
  }
  v1::LedgerSummary summary =
      MakeLedgerSummary(*missing, *reasons, *doubts, *write_back, *refusals);
  PutOutlook(Outlook(write_back->pending), summary.mutable_write_back());
  std::string text = summary.SerializeAsString();
  v1::ReportLedgerRequest request;
  *request.mutable_summary() = std::move(summary);
  PutErasures(*untold, &request);
  if (request.erasures().empty()) {
    erasures_told_ = erased;
    erasures_told_revision_ = now->settings.revision;
  }
  const absl::Duration begun = clock_.Steady();
  // Who may write is asked after, too, while something waits to be written.
  const bool asks = now->settings.has_standby && write_back->pending > 0 &&
                    begun - told_at_ >= kAskAfter;
  if (text == told_ && request.erasures().empty() && !asks) return;
  const absl::Status said = server_.report_ledger(std::move(request));
  // The server has taken the summary over before it looks at erasures. A full disk of
  // its own has the code of too many, and passes.
  const std::string reason = ReasonOf(said);
  const bool refused = reason == "ERASURE_MALFORMED" || reason == "ERASURES_TOO_MANY";
  if (!said.ok() && !refused) {
    log::Debug("ledger_report_failed", {{"error", said}});
    return;
  }
  if (refused) log::Warning("erasures_refused", {{"error", said}});
  told_ = std::move(text);
  told_at_ = begun;
  erasures_told_ = erased;
  erasures_told_revision_ = now->settings.revision;
  const std::lock_guard<std::mutex> state(mutex_);
  ours_until_ = begun + kOursFor;
}

void Integration::RefreshFigures() {
  const absl::Duration now = clock_.Steady();
  if (now - looked_ < kLookEvery) return;
  looked_ = now;
  Ledger* const ledger = opened_ledger();
  if (ledger == nullptr) return;
  const std::lock_guard<std::mutex> figures(figures_mutex_);
  const auto write_back = ledger->CountWriteBacks();
  const auto doubts = CountDoubts(*ledger);
  const auto missing = ledger->CountMissing();
  if (!write_back.ok() || !doubts.ok() || !missing.ok()) return;
  RefreshOldestDoubt(*ledger, *doubts);
  NoteFigures(*write_back, *doubts, Outlook(write_back->pending));
  const std::lock_guard<std::mutex> lock(mutex_);
  figures_.missing = *missing;
}

void Integration::NoteFigures(const WriteBackCounts& write_back, int doubts,
                              WriteBackOutlook outlook) {
  const std::lock_guard<std::mutex> lock(mutex_);
  figures_.doubts = doubts;
  figures_.write_back_pending = write_back.pending;
  figures_.write_back_parked = write_back.parked;
  figures_.write_back = std::move(outlook);
}

}  // namespace guestbridge::agent
