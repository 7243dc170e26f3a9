#pragma once

#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <thread>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/time/clock.h"
#include "guestbridge/v1/run.pb.h"

namespace guestbridge::agent {

// Brings the latest word about each run to the server: progress at most every half
// second, the end for as long as it takes. Thread-safe; nobody waits for the network.
class RunReporter {
 public:
  using Send = std::function<absl::StatusOr<bool>(const guestbridge::v1::Run& run,
                                                  int64_t sequence)>;
  // The server wants the run cancelled. Called from the reporter's thread.
  using OnCancel = std::function<void(const std::string& run)>;

  RunReporter(Send send, OnCancel on_cancel, const Clock& clock);
  ~RunReporter();  // Stops; what is not sent by then is dropped.

  void Start();
  void Stop();

  // Replaces an earlier word about the same run that has not left yet.
  void Report(guestbridge::v1::Run run);
  // As Report, for a run that ended. `taken` is called from the reporter's thread once
  // the server has it, or knows of no such run.
  void Finish(guestbridge::v1::Run run, std::function<void()> taken);

  // The line to the server is open again: tries at once.
  void Hurry();
  // True when nothing waits any more.
  bool Flush(absl::Duration longest);

 private:
  struct Entry {
    guestbridge::v1::Run run;
    bool waiting = false;  // not sent, or changed since
    std::function<void()> taken;
    absl::Duration due = -absl::InfiniteDuration();  // not before
    absl::Duration pause;                            // after the last failure
  };

  void Loop();
  void SendOne(const std::string& name);
  bool AllSentLocked() const;

  const Send send_;
  const OnCancel on_cancel_;
  const Clock& clock_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool stopping_ = false;
  bool sending_ = false;
  int64_t sequence_ = 0;
  std::map<std::string, Entry> entries_;  // by the run's name
  std::thread thread_;
};

}  // namespace guestbridge::agent
