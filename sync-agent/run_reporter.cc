#include "sync-agent/run_reporter.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "common/crash_point/crash_point.h"
#include "common/log/log.h"
#include "common/status/error.h"
#include "sync-agent/integration_report.h"

namespace guestbridge::agent {
namespace {

constexpr absl::Duration kBetweenReports = absl::Milliseconds(450);
constexpr absl::Duration kFirstRetry = absl::Milliseconds(500);
constexpr absl::Duration kLongestRetry = absl::Seconds(5);
constexpr absl::Duration kLook = absl::Seconds(1);

// The server will never take it.
bool IsUnwanted(const absl::Status& status) {
  return absl::IsNotFound(status) || absl::IsInvalidArgument(status) ||
         absl::IsFailedPrecondition(status) || absl::IsPermissionDenied(status);
}

}  // namespace

RunReporter::RunReporter(Send send, OnCancel on_cancel, const Clock& clock)
    : send_(std::move(send)),
      on_cancel_(std::move(on_cancel)),
      clock_(clock),
      // Grows over restarts of the agent too.
      sequence_(absl::ToUnixMicros(clock.Now())) {}

RunReporter::~RunReporter() { Stop(); }

void RunReporter::Start() {
  thread_ = std::thread([this] { Loop(); });
}

void RunReporter::Stop() {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void RunReporter::Report(guestbridge::v1::Run run) {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    Entry& entry = entries_[run.name()];
    entry.run = std::move(run);
    entry.waiting = true;
  }
  changed_.notify_all();
}

void RunReporter::Finish(guestbridge::v1::Run run, std::function<void()> taken) {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    Entry& entry = entries_[run.name()];
    entry.run = std::move(run);
    entry.waiting = true;
    entry.taken = std::move(taken);
    // The end is not held back by the last progress report.
    entry.due = -absl::InfiniteDuration();
  }
  changed_.notify_all();
}

void RunReporter::Hurry() {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    for (auto& [name, entry] : entries_) {
      entry.due = -absl::InfiniteDuration();
      entry.pause = absl::ZeroDuration();
    }
  }
  changed_.notify_all();
}

bool RunReporter::AllSentLocked() const {
  return !sending_ && std::none_of(entries_.begin(), entries_.end(),
                                   [](const auto& e) { return e.second.waiting; });
}

bool RunReporter::Flush(absl::Duration longest) {
  std::unique_lock<std::mutex> lock(mutex_);
  return changed_.wait_for(lock, absl::ToChronoNanoseconds(longest),
                           [this] { return AllSentLocked(); });
}

void RunReporter::Loop() {
  while (true) {
    std::string next;
    {
      std::unique_lock<std::mutex> lock(mutex_);
      if (stopping_) return;
      absl::Duration earliest = clock_.Steady() + kLook;
      for (const auto& [name, entry] : entries_) {
        if (!entry.waiting || entry.due >= earliest) continue;
        earliest = entry.due;
        next = name;
      }
      const absl::Duration wait = earliest - clock_.Steady();
      if (next.empty() || wait > absl::ZeroDuration()) {
        changed_.wait_for(lock, absl::ToChronoNanoseconds(wait));
        continue;
      }
      sending_ = true;
    }
    SendOne(next);
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      sending_ = false;
    }
    changed_.notify_all();
  }
}

void RunReporter::SendOne(const std::string& name) {
  guestbridge::v1::Run run;
  int64_t sequence = 0;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    Entry& entry = entries_[name];
    entry.waiting = false;
    run = entry.run;
    sequence_ = std::max(sequence_ + 1, absl::ToUnixMicros(clock_.Now()));
    sequence = sequence_;
  }
  CrashPoint("agent.report.leaves");
  const absl::StatusOr<bool> sent = send_(run, sequence);
  CrashPoint("agent.report.answered");
  const bool over = sent.ok() || IsUnwanted(sent.status());
  if (!sent.ok() && over) {
    log::Warning("run_report_refused", {{"run", name}, {"error", sent.status()}});
  }
  std::function<void()> taken;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    Entry& entry = entries_[name];
    if (over) {
      entry.due = clock_.Steady() + kBetweenReports;
      entry.pause = absl::ZeroDuration();
      if (IsFinal(run.state())) taken = std::exchange(entry.taken, nullptr);
      if (!entry.waiting && IsFinal(run.state())) entries_.erase(name);
    } else {
      entry.waiting = true;
      entry.pause = std::clamp(entry.pause * 2, kFirstRetry, kLongestRetry);
      entry.due = clock_.Steady() + entry.pause;
    }
  }
  if (taken) taken();
  // The server knows of no such run of ours: a restore took it back, say.
  const bool unknown = absl::IsNotFound(sent.status()) ||
                       ReasonOf(sent.status()) == "INTEGRATION_NOT_ASSIGNED";
  const bool cancel = (sent.ok() && *sent) || unknown;
  if (cancel && !IsFinal(run.state())) on_cancel_(name);
}

}  // namespace guestbridge::agent
