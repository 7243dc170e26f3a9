#include <algorithm>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "admin-cli/command/command.h"
#include "admin-cli/command/session.h"
#include "admin-cli/command/values.h"
#include "admin-cli/link/secret_file.h"
#include "common/status/status_macros.h"
#include "guestbridge/v1/agent.grpc.pb.h"

namespace guestbridge::cli {
namespace {

using Stub = v1::AgentService::Stub;

std::string IdOf(const v1::Agent& agent) {
  return std::string(absl::StripPrefix(agent.name(), "agents/"));
}

std::string AgentNameOf(const Arguments& arguments) {
  return absl::StrCat("agents/", absl::StripPrefix(arguments.Get("NAME"), "agents/"));
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
  request.set_name(AgentNameOf(arguments));
  GB_ASSIGN_OR_RETURN(const auto agent, session.Call(&Stub::GetAgent, request));
  if (session.PrintDocument(agent)) return 0;
  session.Say("AGENT_IS", {{"name", IdOf(agent)}});
  Facts facts;
  const Cell connected = ConnectedCell(session, agent);
  facts.Add(session.Text("CONNECTED"), connected.text, connected.color);
  facts.Add(session.Text("PROGRAM_VERSION"), agent.version());
  facts.Add(session.Text("LAST_SEEN"),
            TimeText(session, agent.has_last_seen_time(), agent.last_seen_time()));
  if (agent.banned()) {
    facts.Add(session.Text("BANNED"), YesNo(session, true), Color::kBad);
  }
  if (agent.has_certificate_expire_time()) {
    facts.Add(session.Text("CERTIFICATE_UNTIL"),
              TimeText(session, true, agent.certificate_expire_time()));
  }
  if (agent.has_join_token_expire_time()) {
    facts.Add(session.Text("JOIN_TOKEN_UNTIL"),
              TimeText(session, true, agent.join_token_expire_time()));
  }
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

absl::StatusOr<int> Create(Session& session, const Arguments& arguments) {
  const std::string file = arguments.Get("--out");
  GB_RETURN_IF_ERROR(CheckSecretFile(file));
  v1::CreateAgentRequest request;
  request.set_agent_id(
      std::string(absl::StripPrefix(arguments.Get("NAME"), "agents/")));
  for (const std::string& id : arguments.GetAll("--integration")) {
    request.add_integrations(
        absl::StrCat("integrations/", absl::StripPrefix(id, "integrations/")));
  }
  GB_ASSIGN_OR_RETURN(auto created, session.Call(&Stub::CreateAgent, request));
  GB_RETURN_IF_ERROR(
      WriteSecretFile(file, session.out(), SecretString(created.join_token())));
  created.clear_join_token();
  // The token is all that a script wants there.
  if (file == "-" || session.PrintDocument(created)) return 0;
  session.Say("AGENT_CREATED",
              {{"name", IdOf(created.agent())},
               {"file", file},
               {"until", TimeText(session, true, created.join_token_expire_time())}});
  session.Say("NEXT_AGENT_JOIN", {{"name", IdOf(created.agent())}, {"file", file}});
  return 0;
}

// Evicts, bans or unbans.
template <typename Request>
absl::StatusOr<int> Change(Session& session, const Arguments& arguments,
                           grpc::Status (Stub::*method)(grpc::ClientContext*,
                                                        const Request&, v1::Agent*),
                           absl::string_view done, absl::string_view next) {
  Request request;
  request.set_name(AgentNameOf(arguments));
  GB_ASSIGN_OR_RETURN(const auto agent, session.Call(method, request));
  if (session.PrintDocument(agent)) return 0;
  session.Say(done, {{"name", IdOf(agent)}});
  session.Say(next, {{"name", IdOf(agent)}});
  return 0;
}

absl::StatusOr<int> Evict(Session& session, const Arguments& arguments) {
  return Change(session, arguments, &Stub::EvictAgent, "AGENT_IS_EVICTED",
                "NEXT_AGENT_CREATE");
}

absl::StatusOr<int> Ban(Session& session, const Arguments& arguments) {
  return Change(session, arguments, &Stub::BanAgent, "AGENT_IS_BANNED",
                "NEXT_AGENT_UNBAN");
}

absl::StatusOr<int> Unban(Session& session, const Arguments& arguments) {
  return Change(session, arguments, &Stub::UnbanAgent, "AGENT_IS_UNBANNED",
                "NEXT_AGENT_CREATE");
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
      {"agent",
       "create",
       "HELP_AGENT_CREATE",
       {{"NAME", "NAME", "ARGUMENT_AGENT_NEW", /*required=*/true}},
       {{"--integration", "ID", "FLAG_AGENT_INTEGRATION", /*required=*/false,
         /*repeated=*/true},
        {"--out", "FILE", "FLAG_JOIN_TOKEN_OUT", /*required=*/true}},
       {"guestbridge agent create hotel-1 --integration main --out hotel-1.token"},
       Create},
      {"agent",
       "evict",
       "HELP_AGENT_EVICT",
       {{"NAME", "NAME", "ARGUMENT_AGENT", /*required=*/true}},
       {},
       {"guestbridge agent evict hotel-1"},
       Evict},
      {"agent",
       "ban",
       "HELP_AGENT_BAN",
       {{"NAME", "NAME", "ARGUMENT_AGENT", /*required=*/true}},
       {},
       {"guestbridge agent ban hotel-1"},
       Ban},
      {"agent",
       "unban",
       "HELP_AGENT_UNBAN",
       {{"NAME", "NAME", "ARGUMENT_AGENT", /*required=*/true}},
       {},
       {"guestbridge agent unban hotel-1"},
       Unban},
  };
}

}  // namespace guestbridge::cli
