#include "sync-agent/export/write_back.h"

#include <utility>

#include "common/crash_point/crash_point.h"
#include "common/log/log.h"

namespace guestbridge::agent {

namespace {

// Whether the integration is ours still.
constexpr absl::Duration kAskAgain = absl::Seconds(1);

}  // namespace

WriteBack::WriteBack(Ledger& ledger, SourceWriter& writer, WriteBackGauge& gauge,
                     const Clock& clock, Settings settings,
                     std::function<bool()> may_write)
    : turns_(ledger, settings),
      writer_(writer),
      gauge_(gauge),
      clock_(clock),
      may_write_(std::move(may_write)) {}

WriteBack::~WriteBack() { Stop(); }

void WriteBack::Start() {
  const absl::Status unparked = turns_.Unpark();
  if (!unparked.ok()) log::Error("write_back_ledger_failed", {{"error", unparked}});
  thread_ = std::thread([this] { Loop(); });
}

void WriteBack::Stop(Content content) {
  {
    std::lock_guard<std::mutex> lock(mutex_);
    stopping_ = true;
    content_stays_ = content == Content::kStays;
  }
  changed_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void WriteBack::Wake() {
  {
    std::lock_guard<std::mutex> lock(mutex_);
    woken_ = true;
  }
  changed_.notify_all();
}

void WriteBack::Loop() {
  while (true) {
    const absl::Duration pause = WriteOne();
    std::unique_lock<std::mutex> lock(mutex_);
    if (pause == absl::InfiniteDuration()) {
      // Also looks by itself now and then: a wake-up may have been missed.
      changed_.wait_for(lock, std::chrono::seconds(1),
                        [this] { return stopping_ || woken_; });
      woken_ = false;
    } else {
      changed_.wait_for(lock, absl::ToChronoNanoseconds(pause),
                        [this] { return stopping_; });
    }
    if (stopping_) return;
  }
}

absl::Duration WriteBack::WriteOne() {
  const auto item = turns_.Next();
  if (!item.ok()) {
    log::Error("write_back_ledger_failed", {{"error", item.status()}});
    return WriteBackTurns::kLongestPause;
  }
  if (!item->has_value()) {
    writer_.Rest();
    return absl::InfiniteDuration();
  }
  if (!may_write_()) {
    writer_.Rest();
    return kAskAgain;
  }
  const absl::Status hours = writer_.CheckHours();
  if (!hours.ok()) {
    if (!quiet_) log::Info("write_back_quiet", {{"error", hours}});
    quiet_ = true;
    writer_.Rest();
    return WriteBackTurns::kLongestPause;
  }
  quiet_ = false;
  const absl::Duration begun = clock_.Steady();
  CrashPoint("agent.write-back.begin");
  absl::StatusOr<ContactWritten> written =
      writer_.WriteContact((*item)->key, (*item)->contact);
  const absl::Status& status = written.status();
  const absl::Duration took = clock_.Steady() - begun;
  CrashPoint("agent.write-back.written");
  if (written.ok()) {
    // Stopped for another mapping: what was compared is not what is mapped now.
    const std::lock_guard<std::mutex> lock(mutex_);
    if (!content_stays_) written->version_after.clear();
  }
  const auto pause = turns_.Finish(**item, written, took);
  CrashPoint("agent.write-back.noted");
  if (!pause.ok()) {
    log::Error("write_back_ledger_failed", {{"error", pause.status()}});
    return WriteBackTurns::kLongestPause;
  }
  if (status.ok() || WriteBackTurns::IsFinal(status)) {
    gauge_.Wrote(took + *pause, clock_.Now());
  } else {
    gauge_.Failed(status);
  }
  if (turns_.base_refused() && !status.ok()) {
    log::Warning("write_back_refused", {{"error", status}});
  } else if (WriteBackTurns::IsFinal(status)) {
    log::Warning("write_back_parked",
                 {{"client", (*item)->key.guid()}, {"error", status}});
  } else if (turns_.failures_in_row() == 1) {
    log::Warning("write_back_waits", {{"error", status}});
  }
  return *pause;
}

}  // namespace guestbridge::agent
