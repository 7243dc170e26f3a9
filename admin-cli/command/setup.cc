#include <array>
#include <vector>

#include "admin-cli/command/command.h"
#include "admin-cli/command/events_view.h"
#include "admin-cli/command/fields_view.h"
#include "admin-cli/command/setup_step.h"
#include "admin-cli/command/values.h"
#include "admin-cli/output/error_report.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"
#include "guestbridge/v1/event.grpc.pb.h"
#include "guestbridge/v1/field_mapping.grpc.pb.h"
#include "guestbridge/v1/integration.grpc.pb.h"
#include "guestbridge/v1/status.grpc.pb.h"

// setup: the manual's steps as a conversation.
namespace guestbridge::cli {

using Fields = v1::FieldMappingService::Stub;
using Events = v1::EventService::Stub;
using Integrations = v1::IntegrationService::Stub;

absl::StatusOr<StepEnd> SetUpIntegration(const SetupTalk& talk) {
  v1::GetIntegrationRequest get;
  get.set_name(talk.name);
  const auto found = talk.session.Call(&Integrations::GetIntegration, get);
  if (found.ok() && found->active()) {
    talk.Say("SETUP_INTEGRATION_IS", {{"name", found->display_name()}});
    return std::nullopt;
  }
  if (found.ok()) {
    GB_ASSIGN_OR_RETURN(
        const bool activate,
        talk.conversation.AskYesNo(talk.Text("ASK_ACTIVATE"), /*fallback=*/true));
    if (!activate) return 0;
    v1::ActivateIntegrationRequest request;
    request.set_name(talk.name);
    GB_RETURN_IF_ERROR(
        talk.session.Call(&Integrations::ActivateIntegration, request).status());
    return std::nullopt;
  }
  // The name is made of the id, and nobody typed one.
  if (ReasonOf(found.status()) == "NAME_MALFORMED") {
    return MakeError("INTEGRATION_ID_INVALID", {{"id", talk.id}});
  }
  if (!absl::IsNotFound(found.status())) return found.status();
  v1::CreateIntegrationRequest request;
  request.set_integration_id(talk.id);
  request.mutable_integration()->set_type(v1::Integration::BITRIX24);
  GB_ASSIGN_OR_RETURN(*request.mutable_integration()->mutable_display_name(),
                      talk.conversation.Ask(talk.Text("ASK_DISPLAY_NAME"), talk.id));
  GB_RETURN_IF_ERROR(
      talk.session.Call(&Integrations::CreateIntegration, request).status());
  talk.Say("INTEGRATION_CREATED");
  return std::nullopt;
}

absl::StatusOr<StepEnd> SetUpFields(const SetupTalk& talk) {
  v1::ListFieldMappingsRequest list;
  list.set_parent(talk.name);
  list.set_page_size(1);
  GB_ASSIGN_OR_RETURN(const auto versions,
                      talk.session.Call(&Fields::ListFieldMappings, list));
  if (!versions.field_mappings().empty()) {
    talk.Say("SETUP_FIELDS_ARE",
             {{"version", std::to_string(versions.field_mappings(0).version())}});
    return std::nullopt;
  }
  // A draft that somebody has worked at is not loaded anew.
  v1::GetFieldMappingRequest get;
  get.set_name(talk.name + "/fieldMapping");
  auto draft = talk.session.Call(&Fields::GetFieldMapping, get);
  if (!draft.ok() || draft->entries().empty()) {
    v1::LoadFieldsRequest load;
    load.set_parent(talk.name);
    GB_ASSIGN_OR_RETURN(draft, talk.session.Call(&Fields::LoadFields, load));
  }
  if (talk.shows()) PrintFieldMapping(talk.session, *draft);
  GB_ASSIGN_OR_RETURN(const bool save,
                      talk.conversation.AskYesNo(
                          talk.Text("ASK_FIELDS_SAVE",
                                    {{"count", std::to_string(draft->entries_size())}}),
                          /*fallback=*/true));
  if (!save) {
    talk.Say("SETUP_FIELDS_BY_HAND");
    return 0;
  }
  v1::SaveFieldMappingRequest request;
  request.set_parent(talk.name);
  GB_ASSIGN_OR_RETURN(const auto saved,
                      talk.session.Call(&Fields::SaveFieldMapping, request));
  talk.Say("SETUP_FIELDS_ARE", {{"version", std::to_string(saved.version())}});
  return std::nullopt;
}

absl::StatusOr<StepEnd> SetUpEvents(const SetupTalk& talk) {
  v1::GetEventsRequest get;
  get.set_name(talk.name + "/events");
  auto events = talk.session.Call(&Events::GetEvents, get);
  if (events.ok() && !events->unsaved()) {
    talk.Say("SETUP_EVENTS_ARE");
    return std::nullopt;
  }
  if (!events.ok()) {
    v1::LoadEventsRequest load;
    load.set_name(get.name());
    GB_ASSIGN_OR_RETURN(events, talk.session.Call(&Events::LoadEvents, load));
  }
  if (talk.shows()) PrintEvents(talk.session, *events);
  GB_ASSIGN_OR_RETURN(
      const bool save,
      talk.conversation.AskYesNo(talk.Text("ASK_EVENTS_SAVE"), /*fallback=*/true));
  if (!save) {
    talk.Say("SETUP_EVENTS_BY_HAND");
    return 0;
  }
  v1::SaveEventsRequest request;
  request.set_name(get.name());
  GB_RETURN_IF_ERROR(talk.session.Call(&Events::SaveEvents, request).status());
  talk.Say("SETUP_EVENTS_ARE");
  return std::nullopt;
}

namespace {

struct Step {
  absl::string_view title;  // Key of a label.
  absl::StatusOr<StepEnd> (*run)(const SetupTalk&);
};

constexpr std::array<Step, 7> kSteps = {{
    {"SETUP_STEP_INTEGRATION", SetUpIntegration},
    {"SETUP_STEP_CONNECTION", SetUpConnection},
    {"SETUP_STEP_FIELDS", SetUpFields},
    {"SETUP_STEP_EVENTS", SetUpEvents},
    {"SETUP_STEP_MATCH", SetUpMatch},
    {"SETUP_STEP_EXPORT", SetUpExport},
    {"SETUP_STEP_SCHEDULE", SetUpSchedule},
}};

bool IsIdInvalid(const absl::Status& error) {
  return ReasonOf(error) == "INTEGRATION_ID_INVALID";
}

// What nobody can mend while the conversation waits, or what ended it.
bool Ends(const absl::Status& error) {
  const std::string reason = ReasonOf(error);
  return reason == "INPUT_ENDED" || reason == "INTERRUPTED" ||
         absl::IsUnauthenticated(error) || absl::IsPermissionDenied(error) ||
         IsIdInvalid(error);
}

// One step until it is done, as often as somebody wants to try.
absl::StatusOr<StepEnd> Carry(const SetupTalk& talk, const Step& step) {
  while (true) {
    absl::StatusOr<StepEnd> end = step.run(talk);
    if (end.ok() || Ends(end.status())) return end;
    talk.conversation.SayError(end.status());
    const auto again =
        talk.conversation.AskYesNo(talk.Text("ASK_TRY_AGAIN"), /*fallback=*/true);
    // Said above.
    if (!again.ok() || !*again) return ExitCodeOf(end.status());
  }
}

absl::StatusOr<int> PrintEnd(const SetupTalk& talk) {
  if (talk.shows()) {
    talk.session.Say("SETUP_DONE", {{"id", talk.id}});
    talk.session.Say("NEXT_STATUS");
    return 0;
  }
  v1::GetIntegrationRequest request;
  request.set_name(talk.name);
  GB_ASSIGN_OR_RETURN(const auto made,
                      talk.session.Call(&Integrations::GetIntegration, request));
  talk.session.PrintDocument(made);
  return 0;
}

absl::StatusOr<int> Setup(Session& session, const Arguments& arguments) {
  Conversation conversation(session);
  const SetupTalk talk = {session, conversation, IntegrationIdOf(arguments.Get("ID")),
                          IntegrationNameOf(arguments)};
  talk.Say("SETUP_BEGINS");
  for (size_t i = 0; i < kSteps.size(); ++i) {
    const Parameters place = {{"step", std::to_string(i + 1)},
                              {"steps", std::to_string(kSteps.size())},
                              {"title", session.Text(kSteps[i].title)}};
    session.err() << '\n';
    talk.Say("SETUP_STEP", place);
    const absl::StatusOr<StepEnd> end = Carry(talk, kSteps[i]);
    if (end.ok() && !end->has_value()) continue;
    session.err() << '\n';
    // By this id there is nothing to go on with.
    if (IsIdInvalid(end.status())) return end.status();
    if (!end.ok()) conversation.SayError(end.status());
    talk.Say("SETUP_STOPPED", place);
    talk.Say("SETUP_GO_ON");
    return end.ok() ? **end : ExitCodeOf(end.status());
  }
  session.err() << '\n';
  return PrintEnd(talk);
}

}  // namespace

std::vector<Command> SetupCommands() {
  return {
      {"setup",
       "",
       "HELP_SETUP",
       {IdArgument()},
       {},
       {"guestbridge setup main"},
       Setup,
       kFarTimeout},
  };
}

}  // namespace guestbridge::cli
