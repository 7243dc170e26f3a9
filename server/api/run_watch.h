#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "guestbridge/v1/run.pb.h"
#include "server/api/runs.h"
#include "server/api/stopping.h"

namespace guestbridge::server {

// What a watch of one run sends: the run as it stands, then whenever it has changed. A
// reader that is slow gets the newest state only.
class RunWatch {
 public:
  // Ends with SERVER_STOPPING once `stopping` is set and it is asked again.
  RunWatch(Runs& runs, std::string name, v1::WatchRunRequest::Until until,
           const Stopping& stopping, Reach reach = Reach::Everything())
      : runs_(runs),
        name_(std::move(name)),
        until_(until),
        stopping_(stopping),
        reach_(std::move(reach)) {}

  struct Step {
    std::optional<v1::Run> run;
    std::optional<absl::Status> end;
  };
  // One thread at a time.
  Step Next();

  // The run may have changed. Thread-safe.
  void Touch() { touched_.store(true); }

  // The caller may watch no longer: the next step is the end. Thread-safe.
  void End(const absl::Status& status);

 private:
  Runs& runs_;
  const std::string name_;
  const v1::WatchRunRequest::Until until_;
  const Stopping& stopping_;
  const Reach reach_;  // The caller's.
  std::atomic<bool> touched_{true};
  std::mutex mutex_;
  std::optional<absl::Status> ended_;
  bool reached_ = false;
  std::string last_;
};

}  // namespace guestbridge::server
