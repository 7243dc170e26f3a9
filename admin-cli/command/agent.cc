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

bool NeedsAttention(const v1::Agent& agent) { return !agent.problems().empty(); }

// It is away, and may come.
bool IsToBeStarted(const v1::Agent& agent) {
  return !agent.connected() && !agent.banned() &&
         std::none_of(agent.problems().begin(), agent.problems().end(),
                      [](const v1::AgentProblem& problem) {
                        const std::string& reason = problem.explanation().reason();
                        return reason == "AGENT_AWAY_EVICTED" ||
                               reason == "AGENT_EVICTED";
                      });
}

// A server that knows no health names no problems.
bool IsStopped(const v1::Agent& agent) {
  return NeedsAttention(agent) && !agent.healthy();
}

// "yes", "no", or that it says nothing of itself.
Cell HealthCell(const Session& session, const v1::Agent& agent) {
  if (IsStopped(agent)) return {session.Text("HEALTH_BAD"), Color::kBad};
  if (NeedsAttention(agent)) return {session.Text("HEALTH_WARNING"), Color::kWarning};
  if (!agent.has_report_time()) {
    return {session.Text(agent.connected() ? "HEALTH_SILENT" : "HEALTH_NONE"),
            Color::kFaint};
  }
  return {session.Text("HEALTH_GOOD"), Color::kGood};
}

// "sent/applied/effective", as short as it tells all: one number when all are the same.
std::string ChainText(const v1::AgentIntegration& it) {
  const bool same = it.step() == v1::AgentIntegration::IN_STEP &&
                    it.sent_revision() == it.applied_revision();
  if (same) return absl::StrCat(it.sent_revision());
  return absl::StrCat(it.sent_revision(), "/", it.applied_revision(), "/",
                      it.effective_revision());
}

Cell StepCell(const Session& session, const v1::AgentIntegration& it) {
  switch (it.step()) {
    case v1::AgentIntegration::IN_STEP:
      return {session.Text("STEP_IN_STEP"), Color::kGood};
    case v1::AgentIntegration::BEHIND:
      return {session.Text("STEP_BEHIND"), Color::kWarning};
    case v1::AgentIntegration::REJECTED:
      return {session.Text("STEP_REJECTED"), Color::kBad};
    case v1::AgentIntegration::DIFFERENT:
      return {session.Text("STEP_DIFFERENT"), Color::kWarning};
    default:
      return {"—", Color::kFaint};
  }
}

std::string IntegrationsText(const v1::Agent& agent) {
  return absl::StrJoin(
      agent.integrations(), ", ", [](std::string* out, const v1::AgentIntegration& it) {
        absl::StrAppend(out, IntegrationIdOf(it.integration()), " ", ChainText(it));
      });
}

absl::Duration DurationOf(const google::protobuf::Duration& duration) {
  return absl::Seconds(duration.seconds()) + absl::Nanoseconds(duration.nanos());
}

// "+3 min 5 s"; whole seconds are what matters.
std::string ClockText(const Session& session, const v1::Agent& agent) {
  const absl::Duration difference = DurationOf(agent.clock_difference());
  const absl::Duration whole =
      absl::Trunc(absl::AbsDuration(difference), absl::Seconds(1));
  if (whole == absl::ZeroDuration()) return session.Text("CLOCK_RIGHT");
  return absl::StrCat(difference < absl::ZeroDuration() ? "-" : "+",
                      DurationText(session.options().language, whole));
}

std::string Megabytes(int64_t bytes) { return absl::StrCat(bytes >> 20); }

void AddReport(const Session& session, const v1::Agent& agent, Facts* facts) {
  const Cell health = HealthCell(session, agent);
  facts->Add(session.Text("HEALTH"), health.text, health.color);
  if (!agent.has_report_time()) return;
  facts->Add(session.Text("REPORT_TIME"), TimeText(session, true, agent.report_time()));
  facts->Add(session.Text("CLOCK_DIFFERENCE"), ClockText(session, agent));
  facts->Add(
      session.Text("DISK"),
      session.Text("DISK_ROOM", {{"free", Megabytes(agent.disk().free_bytes())},
                                 {"total", Megabytes(agent.disk().total_bytes())},
                                 {"ledgers", Megabytes(agent.disk().ledger_bytes())}}));
}

void AddIntegration(const Session& session, const v1::AgentIntegration& it,
                    Facts* facts) {
  const Cell step = StepCell(session, it);
  facts->Add(
      session.Text("INTEGRATION"),
      session.Text("REVISIONS", {{"id", IntegrationIdOf(it.integration())},
                                 {"sent", std::to_string(it.sent_revision())},
                                 {"applied", std::to_string(it.applied_revision())},
                                 {"effective", std::to_string(it.effective_revision())},
                                 {"step", step.text}}),
      it.step() == v1::AgentIntegration::IN_STEP ? Color::kNone : step.color);
  if (!it.effective_fingerprint().empty()) {
    const size_t shown = 16;
    facts->Add(session.Text("FINGERPRINTS"),
               absl::StrCat(it.sent_fingerprint().substr(0, shown), " → ",
                            it.effective_fingerprint().substr(0, shown)));
  }
  if (it.has_queues()) {
    const v1::AgentQueues& queues = it.queues();
    facts->Add(session.Text("QUEUES"),
               session.Text("QUEUE_LENGTHS",
                            {{"clients", std::to_string(queues.clients())},
                             {"write_backs", std::to_string(queues.write_backs())},
                             {"parked", std::to_string(queues.write_backs_parked())},
                             {"doubts", std::to_string(queues.doubts())}}));
    if (queues.has_oldest_doubt_time()) {
      facts->Add(session.Text("OLDEST_DOUBT"),
                 TimeText(session, true, queues.oldest_doubt_time()), Color::kWarning);
    }
  }
  if (it.has_rejection()) {
    facts->Add(session.Text("REJECTED"),
               absl::StrCat(it.rejected_revision() > 0
                                ? absl::StrCat(it.rejected_revision(), ": ")
                                : "",
                            TextOf(it.rejection())),
               Color::kBad);
  }
}

void AddProblems(const Session& session, const v1::Agent& agent, Facts* facts) {
  for (const v1::AgentProblem& problem : agent.problems()) {
    // It stands beside its integration.
    const bool said = std::any_of(
        agent.integrations().begin(), agent.integrations().end(),
        [&](const v1::AgentIntegration& it) {
          return it.integration() == problem.integration() && it.has_rejection() &&
                 it.rejection().reason() == problem.explanation().reason();
        });
    if (said) continue;
    facts->Add(
        session.Text("TO_DO"),
        absl::StrCat(
            problem.has_since_time()
                ? absl::StrCat(session.Text("SINCE"), " ",
                               TimeText(session, true, problem.since_time()), ": ")
                : "",
            TextOf(problem.explanation())),
        problem.stops_work() ? Color::kBad : Color::kWarning);
  }
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
  const auto bad = std::count_if(all.begin(), all.end(), NeedsAttention);
  session.Say(bad > 0 ? "AGENTS_FOUND_BAD" : "AGENTS_FOUND",
              {{"count", std::to_string(all.size())}, {"bad", std::to_string(bad)}});
  if (all.empty()) {
    session.Say("NEXT_AGENT_START");
    return 0;
  }
  // What needs somebody first; the rest by name.
  std::stable_sort(all.begin(), all.end(), [](const v1::Agent& a, const v1::Agent& b) {
    const auto rank = [](const v1::Agent& agent) {
      return IsStopped(agent) ? 0 : NeedsAttention(agent) ? 1 : 2;
    };
    return rank(a) < rank(b);
  });
  Table table({session.Text("HEAD_NAME"), session.Text("HEAD_HEALTH"),
               session.Text("HEAD_CONNECTED"), session.Text("HEAD_PROGRAM_VERSION"),
               session.Text("HEAD_LAST_SEEN"), session.Text("HEAD_CHAIN")});
  for (const v1::Agent& agent : all) {
    table.Add({IdOf(agent), HealthCell(session, agent), ConnectedCell(session, agent),
               agent.version(),
               agent.has_last_seen_time()
                   ? session.TimeToTheMinute(TimeOf(agent.last_seen_time()))
                   : "—",
               IntegrationsText(agent)});
  }
  table.Print(session.style(), session.out());
  const bool away = std::any_of(all.begin(), all.end(), IsToBeStarted);
  if (bad > 0 && !IsToBeStarted(all.front())) {
    session.Say("NEXT_AGENT_PROBLEM", {{"name", IdOf(all.front())}});
  } else {
    session.Say(away ? "NEXT_AGENT_AWAY" : "NEXT_AGENT_GET");
  }
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
  AddReport(session, agent, &facts);
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
    AddIntegration(session, it, &facts);
  }
  AddProblems(session, agent, &facts);
  facts.Print(session.style(), session.out());
  if (!IsToBeStarted(agent) && NeedsAttention(agent)) {
    session.Say("NEXT_AGENT_AGAIN", {{"name", IdOf(agent)}});
  } else if (agent.banned()) {
    session.Say("NEXT_AGENT_UNBAN", {{"name", IdOf(agent)}});
  } else {
    session.Say(IsToBeStarted(agent) ? "NEXT_AGENT_AWAY" : "NEXT_STATUS");
  }
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
