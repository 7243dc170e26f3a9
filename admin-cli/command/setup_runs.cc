#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "admin-cli/command/run_view.h"
#include "admin-cli/command/setup_step.h"
#include "admin-cli/command/values.h"
#include "admin-cli/command/wait.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"
#include "guestbridge/v1/client.grpc.pb.h"
#include "guestbridge/v1/connection.grpc.pb.h"
#include "guestbridge/v1/field_mapping.grpc.pb.h"
#include "guestbridge/v1/integration.grpc.pb.h"
#include "guestbridge/v1/run.grpc.pb.h"
#include "guestbridge/v1/schedule.grpc.pb.h"

namespace guestbridge::cli {
namespace {

using Runs = v1::RunService::Stub;
using Clients = v1::ClientService::Stub;
using Connections = v1::ConnectionService::Stub;
using Integrations = v1::IntegrationService::Stub;
using Fields = v1::FieldMappingService::Stub;
using Schedules = v1::ScheduleService::Stub;

bool EndedWell(const v1::Run& run) {
  return run.state() == v1::Run::SUCCEEDED || run.state() == v1::Run::PARTIALLY_FAILED;
}

bool IsExport(const v1::Run& run) {
  return run.kind() == v1::Run::EXPORT && !run.dry_run();
}

// Where the integration stands at its present portal, by its runs; only the newest of
// each kind counts.
struct RunsSoFar {
  bool exported = false;
  std::optional<v1::Run> match;
  // Only one that is newer than the match and than every export that was tried: an
  // older one may plan what is done already.
  std::optional<v1::Run> dry_run;
  std::optional<v1::Run> unfinished_export;
};

// Runs that were created before were about another portal; the epoch: none is known.
absl::StatusOr<absl::Time> PortalTime(const SetupTalk& talk) {
  v1::GetConnectionRequest request;
  request.set_name(absl::StrCat(talk.name, "/connection"));
  GB_ASSIGN_OR_RETURN(const auto connection,
                      talk.session.Call(&Connections::GetConnection, request));
  return TimeOf(connection.portal_time());
}

absl::StatusOr<RunsSoFar> LookAtRuns(const SetupTalk& talk) {
  RunsSoFar found;
  bool tried = false;
  GB_ASSIGN_OR_RETURN(const absl::Time portal_time, PortalTime(talk));
  v1::ListRunsRequest request;
  request.set_parent(talk.name);
  request.set_page_size(200);
  do {
    GB_ASSIGN_OR_RETURN(const auto page, talk.session.Call(&Runs::ListRuns, request));
    for (const v1::Run& run : page.runs()) {
      // Newest first: nor does any after it.
      if (TimeOf(run.create_time()) < portal_time) return found;
      if (run.kind() == v1::Run::MATCH && !found.match.has_value()) {
        found.match = run;
      } else if (run.draft_mapping()) {
        continue;  // of a mapping that may never have been saved
      } else if (run.kind() == v1::Run::EXPORT && run.dry_run()) {
        const bool newest = !tried && !found.match.has_value();
        if (newest && !found.dry_run.has_value()) found.dry_run = run;
      } else if (IsExport(run)) {
        tried = true;
        if (!HasEnded(run)) found.unfinished_export = run;
        found.exported = found.exported || EndedWell(run);
      }
    }
    request.set_page_token(page.next_page_token());
  } while (!found.exported && !request.page_token().empty());
  return found;
}

absl::Status WaitForEnd(const SetupTalk& talk, v1::Run* run) {
  if (HasEnded(*run)) return absl::OkStatus();
  GB_ASSIGN_OR_RETURN(
      *run, WaitForRun(talk.session, run->name(), v1::WatchRunRequest::ENDED));
  return absl::OkStatus();
}

// Waits for it and shows it. Its exit code when it did not end well.
absl::StatusOr<StepEnd> Finish(const SetupTalk& talk, v1::Run* run) {
  GB_RETURN_IF_ERROR(WaitForEnd(talk, run));
  if (talk.shows()) {
    PrintRun(talk.session, *run, {.next = !EndedWell(*run), .values = true});
  }
  if (EndedWell(*run)) return std::nullopt;
  return ExitCodeOf(*run);
}

absl::StatusOr<v1::Run> StartMatch(const SetupTalk& talk, bool apply) {
  v1::MatchClientsRequest request;
  request.set_parent(talk.name);
  request.set_apply(apply);
  return talk.session.Call(&Clients::MatchClients, request);
}

absl::StatusOr<v1::Run> StartDryRun(const SetupTalk& talk) {
  v1::StartExportRequest request;
  request.set_parent(talk.name);
  request.set_dry_run(true);
  return talk.session.Call(&Runs::StartExport, request);
}

// Does what that dry run showed and nothing else, which the guard need not stop.
absl::StatusOr<v1::Run> StartExport(const SetupTalk& talk, const v1::Run& dry_run) {
  v1::StartExportRequest request;
  request.set_parent(talk.name);
  request.set_plan(dry_run.plan());
  return talk.session.Call(&Runs::StartExport, request);
}

// A run of that kind that goes on or ended well is not made again.
bool Counts(const std::optional<v1::Run>& run) {
  return run.has_value() && (!HasEnded(*run) || EndedWell(*run));
}

// The dry run to ask about: the last one, unless fields were matched anew since.
absl::StatusOr<v1::Run> DryRunOf(const SetupTalk& talk, const RunsSoFar& found) {
  if (Counts(found.dry_run)) {
    if (!HasEnded(*found.dry_run)) return *found.dry_run;
    v1::ListFieldMappingsRequest list;
    list.set_parent(talk.name);
    list.set_page_size(1);
    GB_ASSIGN_OR_RETURN(const auto versions,
                        talk.session.Call(&Fields::ListFieldMappings, list));
    if (!versions.field_mappings().empty() &&
        versions.field_mappings(0).version() == found.dry_run->mapping_version()) {
      return *found.dry_run;
    }
  }
  talk.Say("SETUP_DRY_RUN");
  return StartDryRun(talk);
}

// The guard's least number is one that a small hotel never comes near.
absl::Status HintAtGuard(const SetupTalk& talk, const v1::Run& dry_run) {
  v1::GetIntegrationRequest request;
  request.set_name(talk.name);
  GB_ASSIGN_OR_RETURN(const auto integration,
                      talk.session.Call(&Integrations::GetIntegration, request));
  const v1::Integration::Guard& guard = integration.guard();
  const int clients = dry_run.counters().scanned();
  if (guard.off() || clients == 0 || clients >= guard.contacts()) {
    return absl::OkStatus();
  }
  talk.Say("SETUP_GUARD_IS_FAR", {{"contacts", absl::StrCat(guard.contacts())}});
  return absl::OkStatus();
}

// "03:00" -> "0 3 * * *"; a cron stays as it is. Nothing: a time that no day has.
std::optional<std::string> CronOf(const std::string& answer) {
  const std::vector<std::string> parts = absl::StrSplit(answer, ':');
  int hour = 0;
  int minute = 0;
  if (parts.size() != 2 || !absl::SimpleAtoi(parts[0], &hour) ||
      !absl::SimpleAtoi(parts[1], &minute)) {
    return answer;
  }
  if (hour < 0 || hour > 23 || minute < 0 || minute > 59) return std::nullopt;
  return absl::StrCat(minute, " ", hour, " * * *");
}

absl::StatusOr<std::string> AskCron(const SetupTalk& talk, const std::string& usual) {
  while (true) {
    GB_ASSIGN_OR_RETURN(const std::string answer,
                        talk.conversation.Ask(talk.Text("ASK_DAILY_TIME"), usual));
    const std::optional<std::string> cron = CronOf(answer);
    if (cron.has_value()) return *cron;
    talk.Say("ANSWER_TIME");
  }
}

}  // namespace

absl::StatusOr<bool> WasExported(const SetupTalk& talk) {
  GB_ASSIGN_OR_RETURN(const RunsSoFar found, LookAtRuns(talk));
  return found.exported;
}

absl::StatusOr<StepEnd> SetUpMatch(const SetupTalk& talk) {
  GB_ASSIGN_OR_RETURN(const RunsSoFar found, LookAtRuns(talk));
  if (found.exported) {
    talk.Say("SETUP_EXPORTED_ALREADY");
    return std::nullopt;
  }
  // It has begun to write: there is nothing to be decided any more.
  if (found.unfinished_export.has_value()) return std::nullopt;
  v1::Run run;
  if (Counts(found.match)) {
    run = *found.match;
  } else {
    talk.Say("SETUP_MATCHING");
    GB_ASSIGN_OR_RETURN(run, StartMatch(talk, /*apply=*/false));
  }
  GB_ASSIGN_OR_RETURN(StepEnd end, Finish(talk, &run));
  if (end.has_value()) return end;
  const int proposed = PairsToAccept(run.match());
  const int known = run.match().matched() - run.match().proposed();
  if (known > 0 && run.match().applied() == 0) {
    talk.Say("SETUP_ADOPTED", {{"count", absl::StrCat(known)}});
  }
  if (run.match().ambiguous() > 0) {
    talk.Say("SETUP_AMBIGUOUS", {{"count", absl::StrCat(run.match().ambiguous())}});
  }
  if (proposed == 0) return std::nullopt;
  talk.Say("SETUP_PROPOSED", {{"count", absl::StrCat(proposed)}});
  GB_ASSIGN_OR_RETURN(const bool apply,
                      talk.conversation.AskYesNo(talk.Text("ASK_APPLY"), std::nullopt));
  if (!apply) {
    talk.Say("SETUP_NOT_APPLIED");
    return std::nullopt;
  }
  GB_ASSIGN_OR_RETURN(run, StartMatch(talk, /*apply=*/true));
  return Finish(talk, &run);
}

absl::StatusOr<StepEnd> SetUpExport(const SetupTalk& talk) {
  GB_ASSIGN_OR_RETURN(const RunsSoFar found, LookAtRuns(talk));
  if (found.exported) {
    talk.Say("SETUP_EXPORTED_ALREADY");
    return std::nullopt;
  }
  v1::Run run;
  if (found.unfinished_export.has_value()) {
    run = *found.unfinished_export;
    talk.Say("SETUP_EXPORT_GOES_ON");
    return Finish(talk, &run);
  }
  GB_ASSIGN_OR_RETURN(run, DryRunOf(talk, found));
  bool first = true;
  while (true) {
    GB_ASSIGN_OR_RETURN(const StepEnd dry_end, Finish(talk, &run));
    if (dry_end.has_value()) return dry_end;
    if (std::exchange(first, false)) GB_RETURN_IF_ERROR(HintAtGuard(talk, run));
    const int writes =
        run.counters().added() + run.counters().updated() + run.counters().recreated();
    GB_ASSIGN_OR_RETURN(
        const bool yes,
        talk.conversation.AskYesNo(
            talk.Text("ASK_EXPORT", {{"count", absl::StrCat(writes)}}), std::nullopt));
    if (!yes) {
      talk.Say("SETUP_NOT_EXPORTED");
      return 0;
    }
    GB_ASSIGN_OR_RETURN(run, StartExport(talk, run));
    GB_RETURN_IF_ERROR(WaitForEnd(talk, &run));
    if (run.error().reason() != "PLAN_CHANGED") return Finish(talk, &run);
    // The yes was to something else: a hotel at work changes all the time.
    talk.Say("SETUP_PLAN_CHANGED");
    GB_ASSIGN_OR_RETURN(run, StartDryRun(talk));
  }
}

absl::StatusOr<StepEnd> SetUpSchedule(const SetupTalk& talk) {
  v1::GetScheduleRequest get;
  get.set_name(absl::StrCat(talk.name, "/schedule"));
  GB_ASSIGN_OR_RETURN(auto schedule, talk.session.Call(&Schedules::GetSchedule, get));
  while (schedule.paused()) {
    talk.Say("SETUP_SCHEDULE_BEGINS");
    std::string usual = schedule.cron();
    if (usual == "0 3 * * *") usual = "03:00";
    GB_ASSIGN_OR_RETURN(const std::string cron, AskCron(talk, usual));
    GB_ASSIGN_OR_RETURN(
        const std::string zone,
        talk.conversation.Ask(talk.Text("ASK_TIME_ZONE"), schedule.time_zone()));
    v1::SetScheduleRequest set;
    set.mutable_schedule()->set_name(get.name());
    set.mutable_schedule()->set_cron(cron);
    set.mutable_schedule()->set_time_zone(zone);
    auto answer = talk.session.Call(&Schedules::SetSchedule, set);
    if (answer.ok()) {
      schedule = *std::move(answer);
    } else if (absl::IsInvalidArgument(answer.status())) {
      talk.conversation.SayError(answer.status());
    } else {
      return answer.status();
    }
  }
  talk.Say("SETUP_SCHEDULE_IS",
           {{"cron", schedule.cron()},
            {"zone", schedule.time_zone()},
            {"time", TimeTextIn(talk.session, schedule.time_zone(),
                                schedule.has_next_time(), schedule.next_time())}});
  return std::nullopt;
}

}  // namespace guestbridge::cli
