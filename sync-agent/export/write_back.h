#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

#include "common/time/clock.h"
#include "sync-agent/export/write_back_outlook.h"
#include "sync-agent/export/write_back_turns.h"
#include "sync-agent/ledger/ledger.h"
#include "sync-agent/source/source.h"

namespace guestbridge::agent {

// Writes contact IDs to 1C, from the queue in the ledger, one at a time.
//
// Paces itself by what 1C answers: after each write a pause as long as that write, so
// that a slow base is left alone half of the time. What 1C refuses for good is parked
// with the reason. A refusal of the whole base (no right, a changed password) parks the
// queue; a new object (the connection was saved) or a write that succeeds queues it
// again. Everything else stays queued. In the site's quiet hours nothing is written.
// Never holds up an export.
class WriteBack {
 public:
  using Settings = WriteBackTurns::Settings;

  // All references outlive the object. Each turn is noted in the gauge. `may_write` is
  // asked right before each write, from the object's thread: false while another agent
  // may have taken the integration over.
  WriteBack(
      Ledger& ledger, SourceWriter& writer, WriteBackGauge& gauge, const Clock& clock,
      Settings settings, std::function<bool()> may_write = [] { return true; });
  ~WriteBack();  // Stops; waits for a write that is under way.

  void Start();
  // What decides a client's content may be another from now on, unless it is known to
  // stay: the write that is under way then tells no version.
  enum class Content { kMayChange, kStays };
  void Stop(Content content = Content::kMayChange);
  // There is something new in the queue.
  void Wake();

 private:
  void Loop();
  // Queues again what the whole base had refused.
  void Unpark();
  // How long to wait before the next write; infinite when the queue is empty.
  absl::Duration WriteOne();

  WriteBackTurns turns_;
  SourceWriter& writer_;
  WriteBackGauge& gauge_;
  const Clock& clock_;
  const std::function<bool()> may_write_;
  bool quiet_ = false;  // the site's quiet hours; of the loop's thread
  std::mutex mutex_;
  std::condition_variable changed_;
  bool stopping_ = false;
  bool content_stays_ = true;
  bool woken_ = false;
  std::thread thread_;
};

}  // namespace guestbridge::agent
