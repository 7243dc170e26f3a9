#pragma once

#include <functional>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/time/clock.h"
#include "guestbridge/v1/agent_control.pb.h"
#include "sync-agent/integration_sides.h"
#include "sync-agent/ledger/ledger.h"

// The tasks that are answered at once, most of them also while a run is under way. They
// write nothing but the requeueing of clients and a person's pairs. Block; thread-safe.
namespace guestbridge::agent {

struct TaskParts {
  std::string integration;  // short id
  Sides& sides;
  Ledger& ledger;
  const Clock& clock;
  // Does the work while no run is under way, and none begins. Errors: RUN_IN_PROGRESS.
  std::function<absl::Status(absl::FunctionRef<absl::Status()>)> between_runs;
  // Questions about a dry run with a draft: that draft. Null: as is configured.
  const CompiledMapping* draft = nullptr;

  // Null: none was saved yet.
  const CompiledMapping* mapping() const {
    if (draft != nullptr) return draft;
    const auto& saved = sides.settings.mapping;
    return saved.has_value() ? &*saved : nullptr;
  }
};

// Tries the source alone; as SourceProbe::Test.
std::vector<guestbridge::v1::Check> TestSource(const Sides& sides,
                                               absl::FunctionRef<bool()> goes_on);

// The answer to a task that is not a run; session and task are left to the caller. A
// task that failed is an answer too: `error` is set.
guestbridge::v1::FinishTaskRequest PerformTask(const guestbridge::v1::Task& task,
                                               const TaskParts& parts);

guestbridge::v1::TaskError ToTaskError(const absl::Status& status);

// The answer that a task failed.
guestbridge::v1::FinishTaskRequest FailedTask(const absl::Status& status);

}  // namespace guestbridge::agent
