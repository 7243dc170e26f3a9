#include "server/api/run_watch.h"

#include <utility>

#include "common/status/error.h"
#include "server/api/run_state.h"

namespace guestbridge::server {

void RunWatch::End(const absl::Status& status) {
  std::lock_guard lock(mutex_);
  if (!ended_.has_value()) ended_ = status;
}

RunWatch::Step RunWatch::Next() {
  Step step;
  {
    std::lock_guard lock(mutex_);
    step.end = ended_;
  }
  if (step.end.has_value()) return step;
  if (reached_) {
    step.end = absl::OkStatus();
    return step;
  }
  if (stopping_.load()) {
    step.end = MakeError("SERVER_STOPPING");
    return step;
  }
  if (!touched_.exchange(false)) return step;
  absl::StatusOr<v1::Run> run = runs_.Get(name_, reach_);
  if (!run.ok()) {
    step.end = run.status();
    return step;
  }
  reached_ = IsReached(*run, until_);
  std::string bytes = run->SerializeAsString();
  if (bytes == last_) {
    if (reached_) step.end = absl::OkStatus();
    return step;
  }
  last_ = std::move(bytes);
  step.run = *std::move(run);
  return step;
}

}  // namespace guestbridge::server
