#include "sync-agent/export/write_back.h"

#include <algorithm>
#include <vector>

#include "common/crash_point/crash_point.h"
#include "common/log/log.h"
#include "common/status/error.h"

namespace guestbridge::agent {
namespace {

constexpr absl::Duration kLongestPause = absl::Seconds(60);

// 1C's word is final for this client; trying again changes nothing.
bool IsFinal(const absl::Status& status) {
  const std::string reason = ReasonOf(status);
  return reason == "WRITE_NOT_KEPT" || reason == "CLIENT_GONE" ||
         reason == "SOURCE_REFUSED" || reason == "SOURCE_VALUE_REFUSED";
}

}  // namespace

WriteBack::WriteBack(Ledger& ledger, SourceWriter& writer, const Clock& clock,
                     Settings settings)
    : ledger_(ledger), writer_(writer), clock_(clock), settings_(settings) {}

WriteBack::~WriteBack() { Stop(); }

void WriteBack::Start() {
  thread_ = std::thread([this] { Loop(); });
}

void WriteBack::Stop() {
  {
    std::lock_guard<std::mutex> lock(mutex_);
    stopping_ = true;
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
  const auto pending = ledger_.PendingWriteBacks(1);
  if (!pending.ok()) {
    log::Error("write_back_ledger_failed", {{"error", pending.status()}});
    return kLongestPause;
  }
  if (pending->empty()) return absl::InfiniteDuration();
  const WriteBackItem& item = pending->front();
  const absl::Duration begun = clock_.Steady();
  CrashPoint("agent.write-back.begin");
  const absl::Status status = writer_.WriteContact(item.key, item.contact);
  const absl::Duration took = clock_.Steady() - begun;
  CrashPoint("agent.write-back.written");
  const absl::Status noted = ledger_.FinishWriteBack(item, status, IsFinal(status));
  CrashPoint("agent.write-back.noted");
  if (!noted.ok()) {
    log::Error("write_back_ledger_failed", {{"error", noted}});
    return kLongestPause;
  }
  if (status.ok() || IsFinal(status)) {
    failures_in_row_ = 0;
    if (!status.ok()) {
      log::Warning("write_back_parked",
                   {{"client", item.key.guid()}, {"error", status}});
    }
    absl::Duration pause = took;
    if (settings_.most_per_second > 0) {
      pause = std::max(pause, absl::Seconds(1 / settings_.most_per_second) - took);
    }
    return std::min(pause, kLongestPause);
  }
  // 1C is away, locked or in maintenance: the queue waits, longer each time.
  const absl::Duration pause =
      std::min(absl::Seconds(1) * (1 << std::min(failures_in_row_, 6)), kLongestPause);
  ++failures_in_row_;
  if (failures_in_row_ == 1) {
    log::Warning("write_back_waits", {{"error", status}});
  }
  return pause;
}

}  // namespace guestbridge::agent
