#include <vector>

#include "absl/strings/str_cat.h"
#include "admin-cli/command/command.h"
#include "admin-cli/command/session.h"
#include "admin-cli/command/values.h"
#include "common/status/status_macros.h"
#include "guestbridge/v1/schedule.grpc.pb.h"

namespace guestbridge::cli {
namespace {

using Stub = v1::ScheduleService::Stub;

std::string NameOfSchedule(const Arguments& arguments) {
  return absl::StrCat(IntegrationNameOf(arguments), "/schedule");
}

int Print(Session& session, const Arguments& arguments, const v1::Schedule& schedule,
          absl::string_view headline) {
  if (session.PrintDocument(schedule)) return 0;
  const Parameters parameters = {{"id", IntegrationIdOf(arguments.Get("ID"))}};
  session.Say(headline, parameters);
  Facts facts;
  facts.Add(session.Text("JOB"), schedule.job_name());
  facts.Add(session.Text("CRON"), schedule.cron());
  facts.Add(session.Text("TIME_ZONE"), schedule.time_zone());
  facts.Add(session.Text("PAUSED"), YesNo(session, schedule.paused()),
            schedule.paused() ? Color::kWarning : Color::kNone);
  facts.Add(session.Text("NEXT_TIME"),
            TimeTextIn(session, schedule.time_zone(), schedule.has_next_time(),
                       schedule.next_time()));
  facts.Add(session.Text("LAST_TIME"),
            TimeTextIn(session, schedule.time_zone(), schedule.has_last_time(),
                       schedule.last_time()));
  facts.Print(session.style(), session.out());
  session.Say(schedule.paused() ? "NEXT_SCHEDULE_RESUME" : "NEXT_RUN_LIST", parameters);
  return 0;
}

absl::StatusOr<int> Set(Session& session, const Arguments& arguments) {
  v1::SetScheduleRequest request;
  request.mutable_schedule()->set_name(NameOfSchedule(arguments));
  request.mutable_schedule()->set_cron(arguments.Get("--cron"));
  request.mutable_schedule()->set_time_zone(arguments.Get("--timezone"));
  GB_ASSIGN_OR_RETURN(const auto schedule, session.Call(&Stub::SetSchedule, request));
  return Print(session, arguments, schedule, "SCHEDULE_SET");
}

absl::StatusOr<int> Get(Session& session, const Arguments& arguments) {
  v1::GetScheduleRequest request;
  request.set_name(NameOfSchedule(arguments));
  GB_ASSIGN_OR_RETURN(const auto schedule, session.Call(&Stub::GetSchedule, request));
  return Print(session, arguments, schedule, "SCHEDULE_IS");
}

absl::StatusOr<int> Pause(Session& session, const Arguments& arguments) {
  v1::PauseScheduleRequest request;
  request.set_name(NameOfSchedule(arguments));
  GB_ASSIGN_OR_RETURN(const auto schedule, session.Call(&Stub::PauseSchedule, request));
  return Print(session, arguments, schedule, "SCHEDULE_PAUSED");
}

absl::StatusOr<int> Resume(Session& session, const Arguments& arguments) {
  v1::ResumeScheduleRequest request;
  request.set_name(NameOfSchedule(arguments));
  GB_ASSIGN_OR_RETURN(const auto schedule,
                      session.Call(&Stub::ResumeSchedule, request));
  return Print(session, arguments, schedule, "SCHEDULE_RESUMED");
}

}  // namespace

std::vector<Command> ScheduleCommands() {
  return {
      {"schedule",
       "set",
       "HELP_SCHEDULE_SET",
       {IdArgument()},
       {{"--cron", "CRON", "FLAG_CRON", /*required=*/true},
        {"--timezone", "ZONE", "FLAG_TIMEZONE", /*required=*/true}},
       {"guestbridge schedule set main --cron '0 3 * * *' --timezone Europe/Moscow"},
       Set},
      {"schedule",
       "get",
       "HELP_SCHEDULE_GET",
       {IdArgument()},
       {},
       {"guestbridge schedule get main"},
       Get},
      {"schedule",
       "pause",
       "HELP_SCHEDULE_PAUSE",
       {IdArgument()},
       {},
       {"guestbridge schedule pause main"},
       Pause},
      {"schedule",
       "resume",
       "HELP_SCHEDULE_RESUME",
       {IdArgument()},
       {},
       {"guestbridge schedule resume main"},
       Resume},
  };
}

}  // namespace guestbridge::cli
