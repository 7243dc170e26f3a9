#include <algorithm>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "admin-cli/command/command.h"
#include "admin-cli/command/session.h"
#include "admin-cli/command/values.h"
#include "common/status/status_macros.h"
#include "guestbridge/v1/agent.grpc.pb.h"

namespace guestbridge::cli {
namespace {

using Stub = v1::AgentService::Stub;

std::string IdOf(const v1::Agent& agent) {
  return std::string(absl::StripPrefix(agent.name(), "agents/"));
}

Cell ConnectedCell(const Session& session, const v1::Agent& agent) {
  return {YesNo(session, agent.connected()),
          agent.connected() ? Color::kGood : Color::kBad};
}

std::string IntegrationsText(const v1::Agent& agent) {
  return absl::StrJoin(agent.integrations(), ", ",
                       [](std::string* out, const v1::AgentIntegration& it) {
                         absl::StrAppend(out, IntegrationIdOf(it.integration()));
                       });
}

absl::StatusOr<int> List(Session& session, const Arguments&) {
  v1::ListAgentsRequest request;
  request.set_page_size(1000);
  std::vector<v1::Agent> all;
  GB_RETURN_IF_ERROR(
      session.CallPages(&Stub::ListAgents, request, [&](const auto& page) {
        all.insert(all.end(), page.agents().begin(), page.agents().end());
      }));
  if (session.PrintDocuments(all)) return 0;
  session.Say("AGENTS_FOUND", {{"count", std::to_string(all.size())}});
  if (all.empty()) {
    session.Say("NEXT_AGENT_START");
    return 0;
  }
  Table table({session.Text("HEAD_NAME"), session.Text("HEAD_CONNECTED"),
               session.Text("HEAD_PROGRAM_VERSION"), session.Text("HEAD_LAST_SEEN"),
               session.Text("HEAD_INTEGRATIONS")});
  for (const v1::Agent& agent : all) {
    table.Add({IdOf(agent), ConnectedCell(session, agent), agent.version(),
               TimeText(session, agent.has_last_seen_time(), agent.last_seen_time()),
               IntegrationsText(agent)});
  }
  table.Print(session.style(), session.out());
  const bool away = std::any_of(all.begin(), all.end(), [](const v1::Agent& agent) {
    return !agent.connected();
  });
  session.Say(away ? "NEXT_AGENT_AWAY" : "NEXT_AGENT_GET");
  return 0;
}

absl::StatusOr<int> Get(Session& session, const Arguments& arguments) {
  v1::GetAgentRequest request;
  request.set_name(
      absl::StrCat("agents/", absl::StripPrefix(arguments.Get("NAME"), "agents/")));
  GB_ASSIGN_OR_RETURN(const auto agent, session.Call(&Stub::GetAgent, request));
  if (session.PrintDocument(agent)) return 0;
  session.Say("AGENT_IS", {{"name", IdOf(agent)}});
  Facts facts;
  const Cell connected = ConnectedCell(session, agent);
  facts.Add(session.Text("CONNECTED"), connected.text, connected.color);
  facts.Add(session.Text("PROGRAM_VERSION"), agent.version());
  facts.Add(session.Text("LAST_SEEN"),
            TimeText(session, agent.has_last_seen_time(), agent.last_seen_time()));
  facts.Add(session.Text("CAPABILITIES"), absl::StrJoin(agent.capabilities(), ", "));
  for (const v1::AgentIntegration& it : agent.integrations()) {
    facts.Add(session.Text("INTEGRATION"),
              session.Text("REVISIONS",
                           {{"id", IntegrationIdOf(it.integration())},
                            {"sent", std::to_string(it.sent_revision())},
                            {"applied", std::to_string(it.applied_revision())}}));
    if (it.has_rejection()) {
      facts.Add(session.Text("REJECTED"), TextOf(it.rejection()), Color::kBad);
    }
  }
  facts.Print(session.style(), session.out());
  session.Say(agent.connected() ? "NEXT_STATUS" : "NEXT_AGENT_AWAY");
  return 0;
}

}  // namespace

std::vector<Command> AgentCommands() {
  return {
      {"agent", "list", "HELP_AGENT_LIST", {}, {}, {"guestbridge agent list"}, List},
      {"agent",
       "get",
       "HELP_AGENT_GET",
       {{"NAME", "NAME", "ARGUMENT_AGENT", /*required=*/true}},
       {},
       {"guestbridge agent get hotel-1"},
       Get},
  };
}

}  // namespace guestbridge::cli
