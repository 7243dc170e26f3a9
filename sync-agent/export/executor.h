#pragma once

#include <atomic>
#include <functional>

#include "common/time/clock.h"
#include "sync-agent/export/doubts.h"
#include "sync-agent/export/run_types.h"
#include "sync-agent/source/source.h"

namespace guestbridge::agent {

// How an execution came back.
enum class ExecutionEnd {
  kSucceeded,
  kFailed,
  kCancelled,
  kStopped,    // Stop was asked for: the run is not over, and is resumed by a later
               // Execute
  kPlanFirst,  // RunSettings::holds_stored: the run is not over either
};

struct ExecutionResult {
  ExecutionEnd end = ExecutionEnd::kSucceeded;
  absl::Status error;  // of kFailed
  RunProgress progress;
};

// Gives the export machine threads, sockets and time: executes one run of one
// integration.
class Executor {
 public:
  // All outlive the executor. `pacer` and `doubts` live as long as the process, so that
  // what one run learnt the next one knows.
  struct Parts {
    Ledger& ledger;
    SourceReader& source;
    Portal& portal;
    Pacer& pacer;
    Doubts& doubts;
    Random& random;
    const Clock& clock;
  };
  // Until when contacts may be created, on the clock's steady time. Thread-safe.
  using LeaseEnd = std::function<absl::Duration()>;
  // Called from the executing thread, at least every second while something moves.
  using OnProgress = std::function<void(const RunProgress&)>;

  explicit Executor(Parts parts) : parts_(parts) {}

  // Blocks until the run ended, was cancelled or stopped. One run at a time.
  ExecutionResult Execute(const RunSettings& settings, const ReadRequest& read,
                          const LeaseEnd& lease_end, const OnProgress& on_progress);

  // Thread-safe; take effect at the next safe point: what has left is heard of first.
  void Cancel() { cancel_ = true; }
  void Stop() { stop_ = true; }

 private:
  Parts parts_;
  std::atomic<bool> cancel_ = false;
  std::atomic<bool> stop_ = false;
};

}  // namespace guestbridge::agent
