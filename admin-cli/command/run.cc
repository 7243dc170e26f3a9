#include <vector>

#include "absl/strings/str_cat.h"
#include "admin-cli/command/command.h"
#include "admin-cli/command/plan_view.h"
#include "admin-cli/command/run_view.h"
#include "admin-cli/command/session.h"
#include "admin-cli/command/values.h"
#include "admin-cli/command/wait.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"
#include "guestbridge/v1/run.grpc.pb.h"

// export, ledger and run: all that is a run.
namespace guestbridge::cli {
namespace {

using Stub = v1::RunService::Stub;

constexpr auto kUntilEnded = v1::WatchRunRequest::ENDED;
constexpr auto kUntilWrittenBack = v1::WatchRunRequest::WRITTEN_BACK;

absl::StatusOr<int> ExportRun(Session& session, const Arguments& arguments) {
  if (arguments.Has("--plan") && arguments.Has("--dry-run")) {
    return MakeError("USAGE_FLAGS_EXCLUDE",
                     {{"flag", "--plan"}, {"other", "--dry-run"}});
  }
  v1::StartExportRequest request;
  request.set_parent(IntegrationNameOf(arguments));
  request.set_full(arguments.Has("--full"));
  request.set_dry_run(arguments.Has("--dry-run"));
  request.set_settle(arguments.Has("--settle"));
  request.set_plan(arguments.Get("--plan"));
  request.set_beyond_guard(arguments.Has("--beyond-guard"));
  GB_ASSIGN_OR_RETURN(const auto run, session.Call(&Stub::StartExport, request));
  const bool write_back = arguments.Has("--wait-write-back");
  const bool wait = write_back || arguments.Has("--wait") || arguments.Has("--settle");
  return FinishRun(session, run, wait, write_back ? kUntilWrittenBack : kUntilEnded);
}

absl::StatusOr<int> LedgerRebuild(Session& session, const Arguments& arguments) {
  v1::RebuildLedgerRequest request;
  request.set_parent(IntegrationNameOf(arguments));
  GB_ASSIGN_OR_RETURN(const auto run, session.Call(&Stub::RebuildLedger, request));
  return FinishRun(session, run, arguments.Has("--wait"), kUntilEnded);
}

absl::StatusOr<int> List(Session& session, const Arguments& arguments) {
  v1::ListRunsRequest request;
  request.set_parent(arguments.Has("ID") ? IntegrationNameOf(arguments)
                                         : "integrations/-");
  request.set_page_size(200);
  std::vector<v1::Run> all;
  GB_RETURN_IF_ERROR(session.CallPages(&Stub::ListRuns, request, [&](const auto& page) {
    all.insert(all.end(), page.runs().begin(), page.runs().end());
  }));
  if (session.PrintDocuments(all)) return 0;
  session.Say("RUNS_FOUND", {{"count", std::to_string(all.size())}});
  if (all.empty()) {
    if (arguments.Has("ID")) {
      session.Say("NEXT_EXPORT_RUN", {{"id", IntegrationIdOf(arguments.Get("ID"))}});
    } else {
      session.Say("NEXT_STATUS");
    }
    return 0;
  }
  Table table({session.Text("HEAD_RUN"), session.Text("HEAD_INTEGRATION"),
               session.Text("HEAD_KIND"), session.Text("HEAD_STATE"),
               session.Text("HEAD_STARTED"), session.Text("HEAD_CLIENTS")});
  for (const v1::Run& run : all) {
    const auto& time = run.has_start_time() ? run.start_time() : run.create_time();
    table.Add({NumberOf(run), IntegrationIdOfRun(run), ShortKindText(session, run),
               StateCell(session, run), session.TimeToTheMinute(TimeOf(time)),
               CountersText(session, run.counters())});
  }
  table.Print(session.style(), session.out());
  session.Say("NEXT_RUN_GET", {{"run", NumberOf(all.front())}});
  return 0;
}

absl::StatusOr<int> Get(Session& session, const Arguments& arguments) {
  v1::GetRunRequest request;
  GB_ASSIGN_OR_RETURN(*request.mutable_name(), RunNameOf(arguments.Get("RUN")));
  GB_ASSIGN_OR_RETURN(const auto run, session.Call(&Stub::GetRun, request));
  if (!session.PrintDocument(run)) PrintRun(session, run);
  return 0;
}

absl::StatusOr<int> Samples(Session& session, const Arguments& arguments) {
  v1::ListRunSamplesRequest request;
  GB_ASSIGN_OR_RETURN(*request.mutable_parent(), RunNameOf(arguments.Get("RUN")));
  GB_ASSIGN_OR_RETURN(const auto answer, session.Call(&Stub::ListRunSamples, request));
  if (session.PrintDocument(answer)) return 0;
  const std::string& parent = request.parent();
  const Parameters parameters = {{"run", parent.substr(parent.rfind('/') + 1)},
                                 {"count", std::to_string(answer.samples_size())}};
  session.Say(answer.samples().empty() ? "NO_SAMPLES" : "SAMPLES_FOUND", parameters);
  PrintSamples(session, {answer.samples().begin(), answer.samples().end()});
  session.Say("NEXT_RUN_SAMPLES", parameters);
  return 0;
}

absl::StatusOr<int> WatchUntilEnd(Session& session, const Arguments& arguments) {
  GB_ASSIGN_OR_RETURN(const std::string name, RunNameOf(arguments.Get("RUN")));
  v1::Run run;
  run.set_name(name);
  return FinishRun(
      session, run, /*wait=*/true,
      arguments.Has("--wait-write-back") ? kUntilWrittenBack : kUntilEnded);
}

absl::StatusOr<int> Cancel(Session& session, const Arguments& arguments) {
  v1::CancelRunRequest request;
  GB_ASSIGN_OR_RETURN(*request.mutable_name(), RunNameOf(arguments.Get("RUN")));
  GB_ASSIGN_OR_RETURN(const auto run, session.Call(&Stub::CancelRun, request));
  if (session.PrintDocument(run)) return 0;
  session.Say("CANCEL_ASKED", {{"run", NumberOf(run)}});
  PrintRun(session, run);
  return 0;
}

}  // namespace

std::vector<Command> ExportCommands() {
  return {
      {"export",
       "run",
       "HELP_EXPORT_RUN",
       {IdArgument()},
       {{"--wait", "", "FLAG_WAIT"},
        {"--wait-write-back", "", "FLAG_WAIT_WRITE_BACK"},
        {"--settle", "", "FLAG_SETTLE"},
        {"--full", "", "FLAG_FULL"},
        {"--dry-run", "", "FLAG_DRY_RUN"},
        {"--plan", "PLAN", "FLAG_PLAN"},
        {"--beyond-guard", "", "FLAG_BEYOND_GUARD"}},
       {"guestbridge export run main --wait",
        "guestbridge export run main --dry-run --wait",
        "guestbridge export run main --plan 5f0c2a9be1d47730 --wait"},
       ExportRun},
  };
}

std::vector<Command> LedgerCommands() {
  return {
      {"ledger",
       "rebuild",
       "HELP_LEDGER_REBUILD",
       {IdArgument()},
       {{"--wait", "", "FLAG_WAIT"}},
       {"guestbridge ledger rebuild main --wait"},
       LedgerRebuild},
  };
}

std::vector<Command> RunCommands() {
  const Argument run = {"RUN", "RUN", "ARGUMENT_RUN", /*required=*/true};
  return {
      {"run",
       "list",
       "HELP_RUN_LIST",
       {{"ID", "ID", "ARGUMENT_ID"}},
       {},
       {"guestbridge run list", "guestbridge run list main"},
       List},
      {"run", "get", "HELP_RUN_GET", {run}, {}, {"guestbridge run get 12"}, Get},
      {"run",
       "samples",
       "HELP_RUN_SAMPLES",
       {run},
       {},
       {"guestbridge run samples 12"},
       Samples,
       kFarTimeout},
      {"run",
       "watch",
       "HELP_RUN_WATCH",
       {run},
       {{"--wait-write-back", "", "FLAG_WAIT_WRITE_BACK"}},
       {"guestbridge run watch 12"},
       WatchUntilEnd},
      {"run",
       "cancel",
       "HELP_RUN_CANCEL",
       {run},
       {},
       {"guestbridge run cancel 12"},
       Cancel},
  };
}

}  // namespace guestbridge::cli
