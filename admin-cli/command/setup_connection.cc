#include <algorithm>

#include "absl/strings/str_cat.h"
#include "admin-cli/command/connection_form.h"
#include "admin-cli/command/connection_view.h"
#include "admin-cli/command/setup_step.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"
#include "guestbridge/v1/connection.grpc.pb.h"
#include "guestbridge/v1/schedule.grpc.pb.h"

namespace guestbridge::cli {
namespace {

using Stub = v1::ConnectionService::Stub;
using Schedules = v1::ScheduleService::Stub;

// Somebody at the keyboard can mend it by another answer.
bool IsAboutTheAnswers(const absl::Status& error) {
  return absl::IsInvalidArgument(error) || absl::IsFailedPrecondition(error) ||
         ReasonOf(error) == "PORTAL_UNREACHABLE";
}

// Until the server takes it.
absl::Status Save(const SetupTalk& talk, ConnectionForm* form) {
  bool new_portal = false;
  while (true) {
    v1::SaveConnectionRequest request;
    *request.mutable_connection() = form->settings();
    request.set_new_portal(new_portal);
    const auto saved = talk.session.Call(&Stub::SaveConnection, request);
    if (saved.ok()) {
      form->Saved(*saved);
      talk.Say("CONNECTION_SAVED");
      return absl::OkStatus();
    }
    if (!IsAboutTheAnswers(saved.status())) return saved.status();
    talk.conversation.SayError(saved.status());
    if (ReasonOf(saved.status()) == "PORTAL_IS_ANOTHER") {
      GB_ASSIGN_OR_RETURN(new_portal,
                          talk.conversation.AskYesNo(talk.Text("ASK_NEW_PORTAL"),
                                                     /*fallback=*/std::nullopt));
      if (new_portal) continue;
    }
    GB_RETURN_IF_ERROR(form->AskAgain(saved.status()));
  }
}

void KeepFindings(google::protobuf::RepeatedPtrField<v1::Check>* checks) {
  checks->erase(
      std::remove_if(checks->begin(), checks->end(),
                     [](const v1::Check& one) { return one.state() == v1::Check::OK; }),
      checks->end());
}

bool HasFailed(const google::protobuf::RepeatedPtrField<v1::Check>& checks) {
  for (const v1::Check& check : checks) {
    if (check.state() == v1::Check::FAILED) return true;
  }
  return false;
}

// Tests, and corrects what somebody wants to correct, until nothing failed.
absl::Status Test(const SetupTalk& talk, ConnectionForm* form) {
  while (true) {
    talk.Say("SETUP_TESTING");
    v1::TestConnectionRequest request;
    request.set_name(absl::StrCat(talk.name, "/connection"));
    GB_ASSIGN_OR_RETURN(auto answer, talk.session.Call(&Stub::TestConnection, request));
    // What is in order is twenty lines that would hide the others.
    KeepFindings(answer.mutable_checks());
    if (talk.shows()) PrintChecks(talk.session, talk.id, answer, /*with_next=*/false);
    if (!HasFailed(answer.checks())) return absl::OkStatus();
    const std::string before = form->settings().SerializeAsString();
    GB_ASSIGN_OR_RETURN(
        const bool goes_on,
        form->AskWhich(talk.Text("ASK_WHICH_TO_MEND"), /*may_skip=*/true));
    if (!goes_on) return absl::OkStatus();
    if (form->settings().SerializeAsString() != before) {
      GB_RETURN_IF_ERROR(Save(talk, form));
    }
  }
}

absl::Status HoldSchedule(const SetupTalk& talk) {
  GB_ASSIGN_OR_RETURN(const bool exported, WasExported(talk));
  if (exported) return absl::OkStatus();
  v1::GetScheduleRequest get;
  get.set_name(absl::StrCat(talk.name, "/schedule"));
  GB_ASSIGN_OR_RETURN(const auto schedule,
                      talk.session.Call(&Schedules::GetSchedule, get));
  if (schedule.paused()) return absl::OkStatus();
  v1::PauseScheduleRequest pause;
  pause.set_name(get.name());
  GB_RETURN_IF_ERROR(talk.session.Call(&Schedules::PauseSchedule, pause).status());
  talk.Say("SETUP_SCHEDULE_HELD");
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<StepEnd> SetUpConnection(const SetupTalk& talk) {
  v1::GetConnectionRequest get;
  get.set_name(absl::StrCat(talk.name, "/connection"));
  auto stored = talk.session.Call(&Stub::GetConnection, get);
  const bool is_set = stored.ok();
  if (!is_set && ReasonOf(stored.status()) != "CONNECTION_NOT_SET") {
    return stored.status();
  }
  ConnectionForm form(talk, is_set ? *stored : v1::Connection());
  if (is_set) {
    talk.Say("SETUP_CONNECTION_IS",
             {{"portal", stored->api_server()}, {"hotel", stored->hotel()}});
  } else {
    talk.Say("SETUP_CONNECTION_BEGINS");
    GB_RETURN_IF_ERROR(form.AskAll());
    GB_RETURN_IF_ERROR(Save(talk, &form));
  }
  GB_RETURN_IF_ERROR(HoldSchedule(talk));
  if (!is_set || stored->last_checks().empty() || HasFailed(stored->last_checks())) {
    GB_RETURN_IF_ERROR(Test(talk, &form));
    // Each save of a connection whose job was never touched turns the job on.
    GB_RETURN_IF_ERROR(HoldSchedule(talk));
  }
  return std::nullopt;
}

}  // namespace guestbridge::cli
