#include <vector>

#include "absl/strings/str_cat.h"
#include "admin-cli/command/command.h"
#include "admin-cli/command/events_view.h"
#include "admin-cli/command/session.h"
#include "admin-cli/command/values.h"
#include "common/status/status_macros.h"
#include "guestbridge/v1/event.grpc.pb.h"

namespace guestbridge::cli {
namespace {

using Stub = v1::EventService::Stub;

std::string NameOfEvents(const Arguments& arguments) {
  return absl::StrCat(IntegrationNameOf(arguments), "/events");
}

void PrintTable(Session& session, const Arguments& arguments, const v1::EventSet& set,
                absl::string_view headline, absl::string_view next) {
  int enabled = 0;
  for (const v1::Event& event : set.events()) enabled += event.enabled() ? 1 : 0;
  const Parameters parameters = {{"id", IntegrationIdOf(arguments.Get("ID"))},
                                 {"event", arguments.Get("EVENT")},
                                 {"count", std::to_string(set.events_size())},
                                 {"enabled", std::to_string(enabled)}};
  session.Say(headline, parameters);
  PrintEvents(session, set);
  if (set.unsaved()) {
    session.Say("NEXT_EVENTS_SAVE", parameters);
  } else if (!next.empty()) {
    session.Say(next, parameters);
  }
}

absl::StatusOr<int> Load(Session& session, const Arguments& arguments) {
  v1::LoadEventsRequest request;
  request.set_name(NameOfEvents(arguments));
  GB_ASSIGN_OR_RETURN(const auto set, session.Call(&Stub::LoadEvents, request));
  if (session.PrintDocument(set)) return 0;
  PrintTable(session, arguments, set, "EVENTS_LOADED", "NEXT_EVENTS_SAVE");
  return 0;
}

absl::StatusOr<int> List(Session& session, const Arguments& arguments) {
  v1::GetEventsRequest request;
  request.set_name(NameOfEvents(arguments));
  GB_ASSIGN_OR_RETURN(const auto set, session.Call(&Stub::GetEvents, request));
  if (session.PrintDocuments(set.events())) return 0;
  PrintTable(session, arguments, set, "EVENTS_DRAFT", "NEXT_EVENTS_SWITCH");
  return 0;
}

absl::StatusOr<int> Enable(Session& session, const Arguments& arguments) {
  v1::EnableEventRequest request;
  request.set_name(NameOfEvents(arguments));
  request.set_event(arguments.Get("EVENT"));
  GB_ASSIGN_OR_RETURN(const auto set, session.Call(&Stub::EnableEvent, request));
  if (session.PrintDocument(set)) return 0;
  PrintTable(session, arguments, set, "EVENT_ENABLED", "");
  return 0;
}

absl::StatusOr<int> Disable(Session& session, const Arguments& arguments) {
  v1::DisableEventRequest request;
  request.set_name(NameOfEvents(arguments));
  request.set_event(arguments.Get("EVENT"));
  GB_ASSIGN_OR_RETURN(const auto set, session.Call(&Stub::DisableEvent, request));
  if (session.PrintDocument(set)) return 0;
  PrintTable(session, arguments, set, "EVENT_DISABLED", "");
  return 0;
}

absl::StatusOr<int> Save(Session& session, const Arguments& arguments) {
  v1::SaveEventsRequest request;
  request.set_name(NameOfEvents(arguments));
  GB_ASSIGN_OR_RETURN(const auto set, session.Call(&Stub::SaveEvents, request));
  if (session.PrintDocument(set)) return 0;
  PrintTable(session, arguments, set, "EVENTS_SAVED", "NEXT_CLIENTS_MATCH");
  return 0;
}

}  // namespace

void PrintEvents(Session& session, const v1::EventSet& set) {
  Table table({session.Text("HEAD_EVENT"), session.Text("HEAD_ON"),
               session.Text("HEAD_SIDE"), session.Text("HEAD_ACTION"),
               session.Text("HEAD_DETECTION")});
  for (const v1::Event& event : set.events()) {
    std::string on = YesNo(session, event.enabled());
    if (event.enabled() != event.saved_enabled()) on += "*";
    table.Add({event.id(),
               {on, event.enabled() ? Color::kGood : Color::kFaint},
               session.Name("SIDE", v1::Event::Side_Name(event.side())),
               session.Name("ACTION", event.action()),
               event.detection()});
  }
  if (!table.empty()) table.Print(session.style(), session.out());
}

std::vector<Command> EventsCommands() {
  const Argument event = {"EVENT", "EVENT", "ARGUMENT_EVENT", /*required=*/true};
  return {
      {"events",
       "load",
       "HELP_EVENTS_LOAD",
       {IdArgument()},
       {},
       {"guestbridge events load main"},
       Load,
       kFarTimeout},
      {"events",
       "list",
       "HELP_EVENTS_LIST",
       {IdArgument()},
       {},
       {"guestbridge events list main"},
       List},
      {"events",
       "enable",
       "HELP_EVENTS_ENABLE",
       {IdArgument(), event},
       {},
       {"guestbridge events enable main contact-changed"},
       Enable},
      {"events",
       "disable",
       "HELP_EVENTS_DISABLE",
       {IdArgument(), event},
       {},
       {"guestbridge events disable main client-created"},
       Disable},
      {"events",
       "save",
       "HELP_EVENTS_SAVE",
       {IdArgument()},
       {},
       {"guestbridge events save main"},
       Save},
  };
}

}  // namespace guestbridge::cli
