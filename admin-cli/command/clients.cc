#include <algorithm>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "admin-cli/command/command.h"
#include "admin-cli/command/explain_view.h"
#include "admin-cli/command/history_view.h"
#include "admin-cli/command/session.h"
#include "admin-cli/command/values.h"
#include "admin-cli/command/wait.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"
#include "guestbridge/v1/client.grpc.pb.h"

namespace guestbridge::cli {
namespace {

using Stub = v1::ClientService::Stub;

absl::StatusOr<int> Match(Session& session, const Arguments& arguments) {
  // What writes nothing is not guarded.
  if (arguments.Has("--beyond-guard") && !arguments.Has("--apply")) {
    return MakeError("USAGE_FLAG_NEEDS_OTHER",
                     {{"flag", "--beyond-guard"}, {"other", "--apply"}});
  }
  v1::MatchClientsRequest request;
  request.set_parent(IntegrationNameOf(arguments));
  request.set_apply(arguments.Has("--apply"));
  request.set_beyond_guard(arguments.Has("--beyond-guard"));
  GB_ASSIGN_OR_RETURN(const auto run, session.Call(&Stub::MatchClients, request));
  return FinishRun(session, run, arguments.Has("--wait"), v1::WatchRunRequest::ENDED);
}

// "in-doubt", "IN_DOUBT" -> IN_DOUBT.
absl::StatusOr<v1::Client::State> ParseState(const std::string& text) {
  v1::Client::State state{};
  const std::string name =
      absl::StrReplaceAll(absl::AsciiStrToUpper(text), {{"-", "_"}});
  if (!v1::Client::State_Parse(name, &state) ||
      state == v1::Client::STATE_UNSPECIFIED) {
    return MakeError("USAGE_BAD_VALUE",
                     {{"flag", "--state"},
                      {"value", text},
                      {"expected",
                       "QUEUED, EXPORTED, IN_DOUBT, FAILED, SKIPPED, PROPOSED, "
                       "AMBIGUOUS, ERASED"}});
  }
  return state;
}

absl::StatusOr<v1::ListClientsRequest::LastMatch> ParseLastMatch(
    const std::string& text) {
  const std::string word = absl::AsciiStrToLower(text);
  if (word == "all") return v1::ListClientsRequest::ANY;
  if (word == "matched") return v1::ListClientsRequest::MATCHED;
  if (word == "ambiguous") return v1::ListClientsRequest::AMBIGUOUS;
  if (word == "new") return v1::ListClientsRequest::NEW;
  return MakeError("USAGE_BAD_VALUE", {{"flag", "--match"},
                                       {"value", text},
                                       {"expected", "all, matched, ambiguous, new"}});
}

// Label of what is done about clients in that state; 0: of any.
const char* NextOf(v1::Client::State state) {
  switch (state) {
    case v1::Client::PROPOSED:
      return "NEXT_CLIENTS_ACCEPT";
    case v1::Client::AMBIGUOUS:
      return "NEXT_CLIENTS_LINK";
    case v1::Client::FAILED:
      return "NEXT_CLIENTS_RETRY_OR_DROP";
    default:
      return "NEXT_CLIENTS_EXPLAIN";
  }
}

void PrintNext(Session& session, bool any, v1::Client::State state,
               const Parameters& parameters) {
  if (state == v1::Client::ERASED && !any) {
    session.Say("NEXT_CLIENTS_ERASED", parameters);
    return;
  }
  session.out() << session.Text(any ? NextOf(state) : "NEXT_STATUS", parameters)
                << '\n';
}

// Of clients by what a match said: what the first of them wait for.
void PrintNextOfMatch(Session& session, const std::vector<v1::Client>& clients,
                      const Parameters& parameters) {
  if (clients.empty()) {
    session.Say("NEXT_MATCH_TOLD_NOTHING", parameters);
    return;
  }
  const auto any = [&](v1::Client::State state) {
    return std::any_of(clients.begin(), clients.end(), [&](const v1::Client& client) {
      return client.state() == state;
    });
  };
  for (const auto state : {v1::Client::PROPOSED, v1::Client::AMBIGUOUS}) {
    if (any(state)) {
      PrintNext(session, true, state, parameters);
      return;
    }
  }
  session.out() << session.Text(any(v1::Client::QUEUED) ? "NEXT_EXPORT_RUN"
                                                        : "NEXT_CLIENTS_EXPLAIN",
                                parameters)
                << '\n';
}

absl::StatusOr<int> ListGroups(Session& session, const Arguments& arguments,
                               const v1::ListClientsRequest& asked) {
  v1::ListClientGroupsRequest request;
  request.set_parent(asked.parent());
  request.set_state(asked.state());
  GB_ASSIGN_OR_RETURN(const auto answer,
                      session.Call(&Stub::ListClientGroups, request));
  const std::vector<v1::ClientGroup> groups(answer.groups().begin(),
                                            answer.groups().end());
  if (session.PrintDocuments(groups)) return 0;
  int64_t count = 0;
  for (const v1::ClientGroup& group : groups) count += group.count();
  const Parameters parameters = {{"id", IntegrationIdOf(arguments.Get("ID"))},
                                 {"count", std::to_string(count)}};
  session.out() << session.Text("CLIENTS_FOUND", parameters) << '\n';
  if (!groups.empty()) PrintGroups(session, groups);
  PrintNext(session, !groups.empty(), asked.state(), parameters);
  return 0;
}

absl::StatusOr<int> List(Session& session, const Arguments& arguments) {
  v1::ListClientsRequest request;
  request.set_parent(IntegrationNameOf(arguments));
  request.set_page_size(1000);
  if (arguments.Has("--state")) {
    GB_ASSIGN_OR_RETURN(const auto state, ParseState(arguments.Get("--state")));
    request.set_state(state);
  }
  if (arguments.Has("--match")) {
    if (arguments.Has("--by-reason")) {
      return MakeError("USAGE_FLAGS_EXCLUDE",
                       {{"flag", "--match"}, {"other", "--by-reason"}});
    }
    GB_ASSIGN_OR_RETURN(const auto result, ParseLastMatch(arguments.Get("--match")));
    request.set_last_match(result);
  }
  if (arguments.Has("--by-reason")) return ListGroups(session, arguments, request);
  std::vector<v1::Client> all;
  GB_RETURN_IF_ERROR(
      session.CallPages(&Stub::ListClients, request, [&](const auto& page) {
        all.insert(all.end(), page.clients().begin(), page.clients().end());
      }));
  if (session.PrintDocuments(all)) return 0;
  Parameters parameters = {{"id", IntegrationIdOf(arguments.Get("ID"))},
                           {"count", std::to_string(all.size())}};
  if (arguments.Has("--match")) {
    parameters["match"] = session.Name(
        "LAST_MATCH", v1::ListClientsRequest::LastMatch_Name(request.last_match()));
    if (arguments.Has("--state")) {
      parameters["state"] =
          session.Name("CLIENT", v1::Client::State_Name(request.state()));
    }
    session.Say(arguments.Has("--state") ? "CLIENTS_OF_MATCH_NOW" : "CLIENTS_OF_MATCH",
                parameters);
    if (!all.empty()) PrintClients(session, all);
    PrintNextOfMatch(session, all, parameters);
    return 0;
  }
  session.out() << session.Text("CLIENTS_FOUND", parameters) << '\n';
  if (!all.empty()) PrintClients(session, all);
  PrintNext(session, !all.empty(), request.state(), parameters);
  return 0;
}

absl::StatusOr<int> Explain(Session& session, const Arguments& arguments) {
  v1::ExplainClientRequest request;
  request.set_name(absl::StrCat(IntegrationNameOf(arguments), "/clients/",
                                ClientIdOf(arguments.Get("CLIENT"))));
  GB_ASSIGN_OR_RETURN(const auto answer, session.Call(&Stub::ExplainClient, request));
  if (!session.PrintDocument(answer)) PrintExplanation(session, answer);
  return 0;
}

absl::StatusOr<int> Retry(Session& session, const Arguments& arguments) {
  v1::RetryClientsRequest request;
  request.set_parent(IntegrationNameOf(arguments));
  for (const std::string& client : arguments.GetAll("CLIENT")) {
    request.add_clients(ClientIdOf(client));
  }
  GB_ASSIGN_OR_RETURN(const auto answer, session.Call(&Stub::RetryClients, request));
  if (session.PrintDocument(answer)) return 0;
  const Parameters parameters = {{"id", IntegrationIdOf(arguments.Get("ID"))},
                                 {"count", std::to_string(answer.queued())}};
  if (answer.queued() == 0) {
    session.Say("CLIENTS_NONE_QUEUED", parameters);
    session.Say(request.clients().empty() ? "NEXT_STATUS" : "NEXT_CLIENTS_EXPLAIN",
                parameters);
    return 0;
  }
  session.Say("CLIENTS_QUEUED", parameters);
  session.Say("NEXT_EXPORT_RUN", parameters);
  return 0;
}

std::string ClientNameOf(const Arguments& arguments) {
  return absl::StrCat(IntegrationNameOf(arguments), "/clients/",
                      ClientIdOf(arguments.Get("CLIENT")));
}

absl::StatusOr<int> History(Session& session, const Arguments& arguments) {
  v1::ListClientHistoryRequest request;
  request.set_parent(ClientNameOf(arguments));
  request.set_page_size(1000);
  std::vector<v1::HistoryEntry> all;
  std::string name;
  GB_RETURN_IF_ERROR(
      session.CallPages(&Stub::ListClientHistory, request, [&](const auto& page) {
        name = page.client();
        all.insert(all.end(), page.entries().begin(), page.entries().end());
      }));
  if (session.PrintDocuments(all)) return 0;
  const Parameters parameters = {{"id", IntegrationIdOf(arguments.Get("ID"))},
                                 {"client", ClientIdOf(name)},
                                 {"count", std::to_string(all.size())}};
  session.Say("HISTORY_FOUND", parameters);
  if (!all.empty()) PrintHistory(session, all);
  session.Say("NEXT_CLIENT_EXPLAIN", parameters);
  return 0;
}

absl::StatusOr<int> Forget(Session& session, const Arguments& arguments) {
  v1::ForgetClientRequest request;
  request.set_name(ClientNameOf(arguments));
  request.set_delete_contact(arguments.Has("--delete-contact"));
  GB_ASSIGN_OR_RETURN(const auto receipt, session.Call(&Stub::ForgetClient, request));
  if (!session.PrintDocument(receipt)) PrintReceipt(session, receipt);
  return 0;
}

absl::StatusOr<int> Link(Session& session, const Arguments& arguments) {
  v1::LinkClientRequest request;
  request.set_name(ClientNameOf(arguments));
  const std::string text = arguments.Get("CONTACT");
  int64_t contact = 0;
  if (!absl::SimpleAtoi(text, &contact) || contact <= 0) {
    return MakeError("CONTACT_ID_INVALID", {{"value", text}});
  }
  request.set_contact(contact);
  GB_ASSIGN_OR_RETURN(const auto client, session.Call(&Stub::LinkClient, request));
  if (session.PrintDocument(client)) return 0;
  const Parameters parameters = {{"id", IntegrationIdOf(arguments.Get("ID"))},
                                 {"client", client.client()},
                                 {"contact", std::to_string(client.contact())}};
  session.Say("CLIENT_LINKED", parameters);
  session.Say("NEXT_EXPORT_RUN", parameters);
  return 0;
}

absl::StatusOr<int> Unlink(Session& session, const Arguments& arguments) {
  v1::UnlinkClientRequest request;
  request.set_name(ClientNameOf(arguments));
  request.set_make_new(arguments.Has("--new"));
  GB_ASSIGN_OR_RETURN(const auto client, session.Call(&Stub::UnlinkClient, request));
  if (session.PrintDocument(client)) return 0;
  const Parameters parameters = {{"id", IntegrationIdOf(arguments.Get("ID"))},
                                 {"client", client.client()}};
  session.Say(request.make_new() ? "CLIENT_TO_BE_MADE" : "CLIENT_UNLINKED", parameters);
  session.Say(request.make_new() ? "NEXT_EXPORT_RUN" : "NEXT_CLIENT_LINK", parameters);
  return 0;
}

absl::StatusOr<int> Drop(Session& session, const Arguments& arguments) {
  v1::DropClientsRequest request;
  request.set_parent(IntegrationNameOf(arguments));
  for (const std::string& client : arguments.GetAll("CLIENT")) {
    request.add_clients(ClientIdOf(client));
  }
  GB_ASSIGN_OR_RETURN(const auto answer, session.Call(&Stub::DropClients, request));
  if (session.PrintDocument(answer)) return 0;
  const Parameters parameters = {{"id", IntegrationIdOf(arguments.Get("ID"))},
                                 {"count", std::to_string(answer.dropped())}};
  session.Say("CLIENTS_DROPPED", parameters);
  session.Say("NEXT_TAKE_BACK", parameters);
  return 0;
}

}  // namespace

std::vector<Command> ClientsCommands() {
  return {
      {"clients",
       "match",
       "HELP_CLIENTS_MATCH",
       {IdArgument()},
       {{"--apply", "", "FLAG_APPLY"},
        {"--beyond-guard", "", "FLAG_BEYOND_GUARD_PAIRS"},
        {"--wait", "", "FLAG_WAIT"}},
       {"guestbridge clients match main --wait",
        "guestbridge clients match main --apply --wait"},
       Match},
      {"clients",
       "list",
       "HELP_CLIENTS_LIST",
       {IdArgument()},
       {{"--state", "S", "FLAG_STATE"},
        {"--match", "RESULT", "FLAG_LAST_MATCH"},
        {"--by-reason", "", "FLAG_BY_REASON"}},
       {"guestbridge clients list main --state FAILED",
        "guestbridge clients list main --state FAILED --by-reason",
        "guestbridge clients list main --match new"},
       List},
      {"clients",
       "explain",
       "HELP_CLIENTS_EXPLAIN",
       {IdArgument(), {"CLIENT", "CLIENT", "ARGUMENT_CLIENT_NAMED", /*required=*/true}},
       {},
       {"guestbridge clients explain main 000000123",
        "guestbridge clients explain main '+7 916 123-45-67'",
        "guestbridge clients explain main contact:4711"},
       Explain,
       kFarTimeout},
      {"clients",
       "retry",
       "HELP_CLIENTS_RETRY",
       {IdArgument(),
        {"CLIENT", "CLIENT", "ARGUMENT_CLIENTS", /*required=*/false,
         /*repeated=*/true}},
       {},
       {"guestbridge clients retry main",
        "guestbridge clients retry main 00000000-0000-4000-8000-000000000001"},
       Retry},
      {"clients",
       "drop",
       "HELP_CLIENTS_DROP",
       {IdArgument(),
        {"CLIENT", "CLIENT", "ARGUMENT_CLIENTS_FAILED", /*required=*/true,
         /*repeated=*/true}},
       {},
       {"guestbridge clients drop main 00000000-0000-4000-8000-000000000001"},
       Drop},
      {"clients",
       "history",
       "HELP_CLIENTS_HISTORY",
       {IdArgument(), {"CLIENT", "CLIENT", "ARGUMENT_CLIENT", /*required=*/true}},
       {},
       {"guestbridge clients history main 00000000-0000-4000-8000-000000000001"},
       History,
       kFarTimeout},
      {"clients",
       "forget",
       "HELP_CLIENTS_FORGET",
       {IdArgument(), {"CLIENT", "CLIENT", "ARGUMENT_CLIENT", /*required=*/true}},
       {{"--delete-contact", "", "FLAG_DELETE_CONTACT"}},
       {"guestbridge clients forget main 00000000-0000-4000-8000-000000000001",
        "guestbridge clients forget main 000000123 --delete-contact"},
       Forget,
       kFarTimeout},
      {"clients",
       "link",
       "HELP_CLIENTS_LINK",
       {IdArgument(),
        {"CLIENT", "CLIENT", "ARGUMENT_CLIENT", /*required=*/true},
        {"CONTACT", "CONTACT", "ARGUMENT_CONTACT", /*required=*/true}},
       {},
       {"guestbridge clients link main 00000000-0000-4000-8000-000000000001 4711"},
       Link,
       kFarTimeout},
      {"clients",
       "unlink",
       "HELP_CLIENTS_UNLINK",
       {IdArgument(), {"CLIENT", "CLIENT", "ARGUMENT_CLIENT", /*required=*/true}},
       {{"--new", "", "FLAG_NEW_CONTACT"}},
       {"guestbridge clients unlink main 00000000-0000-4000-8000-000000000001",
        "guestbridge clients unlink main 00000000-0000-4000-8000-000000000001 --new"},
       Unlink,
       kFarTimeout},
  };
}

}  // namespace guestbridge::cli
