#include "admin-cli/command/command.h"
#include "admin-cli/command/session.h"
#include "admin-cli/command/values.h"
#include "admin-cli/command/wait.h"
#include "common/status/status_macros.h"
#include "guestbridge/v1/run.grpc.pb.h"

namespace guestbridge::cli {
namespace {

using Stub = v1::RunService::Stub;

absl::StatusOr<int> Reconcile(Session& session, const Arguments& arguments) {
  v1::StartReconcileRequest request;
  request.set_parent(IntegrationNameOf(arguments));
  request.set_apply(arguments.Has("--apply"));
  request.set_beyond_guard(arguments.Has("--beyond-guard"));
  GB_ASSIGN_OR_RETURN(const auto run, session.Call(&Stub::StartReconcile, request));
  return FinishRun(session, run, arguments.Has("--wait"), v1::WatchRunRequest::ENDED);
}

}  // namespace

std::vector<Command> ReconcileCommands() {
  return {
      {"reconcile",
       "run",
       "HELP_RECONCILE_RUN",
       {IdArgument()},
       {{"--apply", "", "FLAG_APPLY_REPAIRS"},
        {"--beyond-guard", "", "FLAG_BEYOND_GUARD"},
        {"--wait", "", "FLAG_WAIT"}},
       {"guestbridge reconcile run main --wait",
        "guestbridge reconcile run main --apply --wait"},
       Reconcile},
  };
}

}  // namespace guestbridge::cli
