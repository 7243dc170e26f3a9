#pragma once

#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/time/clock.h"
#include "guestbridge/v1/agent_control.pb.h"
#include "guestbridge/v1/run.pb.h"
#include "server/identity/authorize.h"
#include "server/store/record.pb.h"
#include "server/store/store.h"
#include "server/watch/session_hub.h"

namespace guestbridge::server {

struct RunOrder {
  std::string integration;  // Short id.
  v1::Run::Kind kind = v1::Run::EXPORT;
  v1::Run::Trigger trigger = v1::Run::CALLER;
  bool full = false;
  bool dry_run = false;
  std::string plan;  // of a dry run; empty: whatever there is to do
  // Of a dry run: with the draft of the field mapping, saved like this; none: without.
  std::optional<v1::FieldMapping::Resend> draft;
  bool beyond_guard = false;
  bool settle = false;
  bool apply = false;
  std::string request_id;  // Empty: none.
};

// Runs: the rules of RunService and of an agent's reports. Errors are those of
// run.proto and agent_control.proto. Texts are not filled in: see render.h.
// Thread-safe.
class Runs {
 public:
  Runs(Store& store, const Clock& clock, const SessionHub& sessions)
      : store_(store), clock_(clock), sessions_(sessions) {}

  // The same request id within 24 h returns the same run.
  absl::StatusOr<v1::Run> Start(const RunOrder& order,
                                const Reach& reach = Reach::Everything());
  // The same inside a transaction of the caller's.
  absl::StatusOr<v1::Run> StartIn(Transaction& transaction, const RunOrder& order,
                                  const Reach& reach = Reach::Everything());
  // A run that the agent begins by itself, RUNNING at once.
  absl::StatusOr<v1::Run> OpenOwn(const Session& session,
                                  const v1::OpenRunRequest& request);
  // With a notice when the run waits for an agent.
  // `reach`: what `integrations/-` stands for, here and below, and whose agents may be
  // named.
  absl::StatusOr<v1::Run> Get(const std::string& name,
                              const Reach& reach = Reach::Everything());
  // A dry run of an export that has ended, with the draft that it used. Errors:
  // RUN_NOT_FOUND, RUN_WITHOUT_PLAN.
  absl::StatusOr<store::RunRecord> DryRun(const std::string& name,
                                          const Reach& reach = Reach::Everything());
  absl::StatusOr<v1::ListRunsResponse> List(const v1::ListRunsRequest& request,
                                            const Reach& reach = Reach::Everything());
  absl::StatusOr<v1::Run> Cancel(const std::string& name,
                                 const Reach& reach = Reach::Everything());
  // Returns whether the agent should stop.
  absl::StatusOr<bool> Report(Session& session, const v1::ReportRunRequest& request);

 private:
  absl::StatusOr<store::RunRecord> Load(Transaction& transaction,
                                        const std::string& name,
                                        const Reach& reach = Reach::Everything());
  absl::StatusOr<v1::Run> Create(Transaction& transaction, const RunOrder& order);
  // Adds what is known only now, and drops what no longer is.
  absl::Status View(Transaction& transaction, const Reach& reach, v1::Run* run);

  Store& store_;
  const Clock& clock_;
  const SessionHub& sessions_;
};

}  // namespace guestbridge::server
