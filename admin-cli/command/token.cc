#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "admin-cli/command/command.h"
#include "admin-cli/command/session.h"
#include "admin-cli/command/values.h"
#include "admin-cli/link/secret_output.h"
#include "common/status/status_macros.h"
#include "guestbridge/v1/api_token.grpc.pb.h"

namespace guestbridge::cli {
namespace {

using Stub = v1::ApiTokenService::Stub;

constexpr std::pair<absl::string_view, v1::Grant::Role> kRoles[] = {
    {"viewer", v1::Grant::VIEWER},
    {"operator", v1::Grant::OPERATOR},
    {"external-systems-integration", v1::Grant::EXTERNAL_SYSTEMS_INTEGRATION},
    {"admin", v1::Grant::ADMIN},
    {"agent", v1::Grant::AGENT},
};

v1::Grant::Role RoleOf(absl::string_view word) {
  for (const auto& [known, role] : kRoles) {
    if (known == word) return role;
  }
  return v1::Grant::ROLE_UNSPECIFIED;
}

std::string WordOf(v1::Grant::Role role) {
  for (const auto& [word, known] : kRoles) {
    if (known == role) return std::string(word);
  }
  return std::to_string(role);
}

std::string IdOf(const v1::ApiToken& token) {
  return std::string(absl::StripPrefix(token.name(), "apiTokens/"));
}

std::string NameOfToken(const Arguments& arguments) {
  return absl::StrCat("apiTokens/",
                      absl::StripPrefix(arguments.Get("TOKEN"), "apiTokens/"));
}

std::string GrantsText(const Session& session, const v1::ApiToken& token) {
  return absl::StrJoin(token.grants(), ", ",
                       [&](std::string* out, const v1::Grant& grant) {
                         absl::StrAppend(out, WordOf(grant.role()), " (",
                                         grant.integration().empty()
                                             ? session.Text("EVERYTHING")
                                             : IntegrationIdOf(grant.integration()),
                                         ")");
                       });
}

Cell StateCell(const Session& session, const v1::ApiToken& token) {
  return {session.Name("TOKEN_STATE", v1::ApiToken::State_Name(token.state())),
          token.state() == v1::ApiToken::ACTIVE ? Color::kGood : Color::kBad};
}

void PrintFacts(Session& session, const v1::ApiToken& token) {
  Facts facts;
  const Cell state = StateCell(session, token);
  facts.Add(session.Text("TOKEN_WHOSE"), token.display_name());
  facts.Add(session.Text("TOKEN_STATE"), state.text, state.color);
  facts.Add(session.Text("TOKEN_GRANTS"), GrantsText(session, token));
  if (!token.agent().empty()) {
    facts.Add(session.Text("TOKEN_AGENT"),
              std::string(absl::StripPrefix(token.agent(), "agents/")));
  }
  facts.Add(session.Text("TOKEN_CREATED"),
            TimeText(session, token.has_create_time(), token.create_time()));
  facts.Add(session.Text("TOKEN_EXPIRES"),
            TimeText(session, token.has_expire_time(), token.expire_time()));
  facts.Add(session.Text("TOKEN_USED"),
            TimeText(session, token.has_last_used_time(), token.last_used_time()));
  if (token.has_revoke_time()) {
    facts.Add(session.Text("TOKEN_REVOKED_AT"),
              TimeText(session, true, token.revoke_time()));
  }
  if (token.has_previous_expire_time()) {
    facts.Add(session.Text("TOKEN_PREVIOUS"),
              TimeText(session, true, token.previous_expire_time()));
  }
  facts.Print(session.style(), session.out());
}

void SetDuration(absl::Duration from, google::protobuf::Duration* to) {
  to->set_seconds(absl::ToInt64Seconds(from));
}

// The token goes where it was asked for; what the server keeps of it is shown unless
// that is where the token stands.
absl::StatusOr<int> Hand(Session& session, SecretOutput& output,
                         const v1::ApiToken& token, const std::string& secret,
                         const std::string& file, absl::string_view headline) {
  GB_RETURN_IF_ERROR(output.Write(SecretString(secret)));
  if (output.is_stream()) return 0;
  if (session.PrintDocument(token)) return 0;
  session.Say(headline, {{"token", IdOf(token)}, {"file", file}});
  PrintFacts(session, token);
  session.Say("NEXT_TOKEN_LIST");
  return 0;
}

absl::StatusOr<int> Create(Session& session, const Arguments& arguments) {
  v1::CreateApiTokenRequest request;
  v1::ApiToken& token = *request.mutable_api_token();
  token.set_display_name(arguments.Get("NAME"));
  const v1::Grant::Role role = RoleOf(arguments.Get("--role"));
  for (const std::string& integration : arguments.GetAll("--integration")) {
    v1::Grant& grant = *token.add_grants();
    grant.set_role(role);
    grant.set_integration(absl::StrCat("integrations/", IntegrationIdOf(integration)));
  }
  if (token.grants().empty()) token.add_grants()->set_role(role);
  if (arguments.Has("--agent")) {
    token.set_agent(absl::StrCat(
        "agents/", absl::StripPrefix(arguments.Get("--agent"), "agents/")));
  }
  if (arguments.Has("--expires")) {
    GB_ASSIGN_OR_RETURN(const absl::Duration lifetime,
                        ParseDuration("--expires", arguments.Get("--expires")));
    SetDuration(lifetime, request.mutable_lifetime());
  }
  const std::string file = arguments.Get("--out");
  GB_ASSIGN_OR_RETURN(SecretOutput output, SecretOutput::Open(file, session.out()));
  GB_ASSIGN_OR_RETURN(const auto made, session.Call(&Stub::CreateApiToken, request));
  return Hand(session, output, made.api_token(), made.secret(), file, "TOKEN_MADE");
}

absl::StatusOr<int> Rotate(Session& session, const Arguments& arguments) {
  v1::RotateApiTokenRequest request;
  request.set_name(NameOfToken(arguments));
  if (arguments.Has("--overlap")) {
    absl::Duration overlap;
    if (arguments.Get("--overlap") != "0") {
      GB_ASSIGN_OR_RETURN(overlap,
                          ParseDuration("--overlap", arguments.Get("--overlap")));
    }
    SetDuration(overlap, request.mutable_overlap());
  }
  if (arguments.Has("--expires")) {
    GB_ASSIGN_OR_RETURN(const absl::Duration lifetime,
                        ParseDuration("--expires", arguments.Get("--expires")));
    SetDuration(lifetime, request.mutable_lifetime());
  }
  const std::string file = arguments.Get("--out");
  GB_ASSIGN_OR_RETURN(SecretOutput output, SecretOutput::Open(file, session.out()));
  GB_ASSIGN_OR_RETURN(const auto made, session.Call(&Stub::RotateApiToken, request));
  return Hand(session, output, made.api_token(), made.secret(), file, "TOKEN_ROTATED");
}

absl::StatusOr<int> List(Session& session, const Arguments&) {
  v1::ListApiTokensRequest request;
  request.set_page_size(1000);
  std::vector<v1::ApiToken> all;
  GB_RETURN_IF_ERROR(
      session.CallPages(&Stub::ListApiTokens, request, [&](const auto& page) {
        all.insert(all.end(), page.api_tokens().begin(), page.api_tokens().end());
      }));
  if (session.PrintDocuments(all)) return 0;
  session.Say("TOKENS_FOUND", {{"count", std::to_string(all.size())}});
  if (!all.empty()) {
    Table table({session.Text("HEAD_TOKEN"), session.Text("HEAD_TOKEN_WHOSE"),
                 session.Text("HEAD_STATE"), session.Text("HEAD_TOKEN_EXPIRES"),
                 session.Text("HEAD_TOKEN_GRANTS")});
    for (const v1::ApiToken& token : all) {
      const std::string expires =
          token.has_expire_time() ? session.TimeToTheMinute(TimeOf(token.expire_time()))
                                  : "-";
      table.Add({IdOf(token), token.display_name(), StateCell(session, token), expires,
                 GrantsText(session, token)});
    }
    table.Print(session.style(), session.out());
  }
  session.Say("NEXT_TOKEN_GET");
  return 0;
}

int Show(Session& session, const v1::ApiToken& token, absl::string_view headline) {
  if (session.PrintDocument(token)) return 0;
  session.Say(headline, {{"token", IdOf(token)}});
  PrintFacts(session, token);
  session.Say("NEXT_TOKEN_LIST");
  return 0;
}

absl::StatusOr<int> Get(Session& session, const Arguments& arguments) {
  v1::GetApiTokenRequest request;
  request.set_name(NameOfToken(arguments));
  GB_ASSIGN_OR_RETURN(const auto token, session.Call(&Stub::GetApiToken, request));
  return Show(session, token, "TOKEN_IS");
}

absl::StatusOr<int> Revoke(Session& session, const Arguments& arguments) {
  v1::RevokeApiTokenRequest request;
  request.set_name(NameOfToken(arguments));
  request.set_last(arguments.Has("--last"));
  GB_ASSIGN_OR_RETURN(const auto token, session.Call(&Stub::RevokeApiToken, request));
  return Show(session, token, "TOKEN_IS_REVOKED");
}

Argument TokenArgument() {
  return {"TOKEN", "TOKEN", "ARGUMENT_TOKEN", /*required=*/true};
}

Argument RoleFlag() {
  Argument role = {"--role", "ROLE", "FLAG_TOKEN_ROLE", /*required=*/true};
  for (const auto& [word, value] : kRoles) role.choices.push_back(word);
  return role;
}

}  // namespace

std::vector<Command> TokenCommands() {
  const Argument expires = {"--expires", "TIME", "FLAG_TOKEN_EXPIRES"};
  const Argument out = {"--out", "FILE", "FLAG_TOKEN_OUT", /*required=*/true};
  const Argument integration = {"--integration", "ID", "FLAG_TOKEN_INTEGRATION",
                                /*required=*/false, /*repeated=*/true};
  return {
      {"token",
       "create",
       "HELP_TOKEN_CREATE",
       {{"NAME", "NAME", "ARGUMENT_TOKEN_NAME", /*required=*/true}},
       {RoleFlag(), integration, {"--agent", "NAME", "FLAG_TOKEN_AGENT"}, expires, out},
       {"guestbridge token create desk --role viewer --integration main --out desk",
        "guestbridge token create hotel --role agent --agent hotel --out hotel.token"},
       Create},
      {"token", "list", "HELP_TOKEN_LIST", {}, {}, {"guestbridge token list"}, List},
      {"token",
       "get",
       "HELP_TOKEN_GET",
       {TokenArgument()},
       {},
       {"guestbridge token get k3v9x2m4p8q1"},
       Get},
      {"token",
       "rotate",
       "HELP_TOKEN_ROTATE",
       {TokenArgument()},
       {{"--overlap", "TIME", "FLAG_TOKEN_OVERLAP"}, expires, out},
       {"guestbridge token rotate k3v9x2m4p8q1 --overlap 2h --out desk.token"},
       Rotate},
      {"token",
       "revoke",
       "HELP_TOKEN_REVOKE",
       {TokenArgument()},
       {{"--last", "", "FLAG_TOKEN_LAST"}},
       {"guestbridge token revoke k3v9x2m4p8q1"},
       Revoke},
  };
}

}  // namespace guestbridge::cli
