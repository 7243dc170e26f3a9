#include "admin-cli/command/connection_view.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "admin-cli/command/values.h"

namespace guestbridge::cli {
namespace {

std::string IdOf(const v1::Connection& connection) {
  return std::string(
      absl::StripSuffix(IntegrationIdOf(connection.name()), "/connection"));
}

std::string TokenText(const Session& session, const v1::TokenState& state) {
  if (!state.valid()) {
    if (state.reason().empty()) return session.Text("TOKEN_INVALID");
    return absl::StrCat(session.Text("TOKEN_INVALID"), ": ",
                        RenderMessage(state.reason(), {}, session.options().language));
  }
  if (!state.has_expire_time()) return session.Text("TOKEN_VALID");
  return session.Text("TOKEN_VALID_UNTIL",
                      {{"time", session.Time(TimeOf(state.expire_time()))}});
}

void AddAuth(const Session& session, const v1::Connection& connection, Facts* facts) {
  if (connection.has_webhook()) {
    facts->Add(
        session.Text("AUTHORISATION"),
        session.Text("AUTH_WEBHOOK",
                     {{"user", std::to_string(connection.webhook().user_id())}}));
  } else if (connection.has_oauth()) {
    facts->Add(
        session.Text("AUTHORISATION"),
        session.Text("AUTH_OAUTH", {{"client", connection.oauth().client_id()}}));
  }
  const v1::TokenState& state = connection.token_state();
  facts->Add(session.Text("TOKEN"), TokenText(session, state),
             state.valid() ? Color::kGood : Color::kBad);
  facts->Add(session.Text("SCOPES"), absl::StrJoin(state.scopes(), ", "));
}

Cell StateCell(const Session& session, v1::Check::State state) {
  const std::string text = session.Name("CHECK", v1::Check::State_Name(state));
  switch (state) {
    case v1::Check::OK:
      return {text, Color::kGood};
    case v1::Check::WARNING:
      return {text, Color::kWarning};
    case v1::Check::FAILED:
      return {text, Color::kBad};
    default:
      return {text};
  }
}

using Checks = google::protobuf::RepeatedPtrField<v1::Check>;

void PrintTable(Session& session, const Checks& checks) {
  Table table({session.Text("HEAD_CHECK"), session.Text("HEAD_STATE"),
               session.Text("HEAD_FOUND")});
  for (const v1::Check& check : checks) {
    std::string text = check.message();
    if (check.state() != v1::Check::OK && !check.remedy().empty()) {
      absl::StrAppend(&text, text.empty() ? "" : " ", check.remedy());
    }
    table.Add({check.name(), StateCell(session, check.state()), std::move(text)});
  }
  if (!table.empty()) table.Print(session.style(), session.out());
}

// When the newest of them was found.
absl::Time NewestOf(const Checks& checks) {
  absl::Time newest = absl::InfinitePast();
  for (const v1::Check& check : checks) {
    newest = std::max(newest, TimeOf(check.check_time()));
  }
  return newest;
}

}  // namespace

void PrintConnection(Session& session, const v1::Connection& connection,
                     absl::string_view headline, absl::string_view next) {
  const std::string id = IdOf(connection);
  session.Say(headline, {{"id", id}});
  Facts facts;
  facts.Add(session.Text("HOTEL"), connection.hotel());
  const int port = connection.port() == 0 ? 443 : connection.port();
  facts.Add(session.Text("PORTAL"), absl::StrCat(connection.api_server(), ":", port));
  AddAuth(session, connection, &facts);
  const v1::SourceSettings& source = connection.source();
  facts.Add(session.Text("SOURCE"), absl::StrCat(source.type(), " ", source.url()));
  facts.Add(session.Text("SOURCE_USER"), source.user());
  facts.Add(session.Text("SOURCE_PROFILE"), source.profile_text().empty()
                                                ? source.profile()
                                                : session.Text("OWN_PROFILE"));
  facts.Add(session.Text("BASE_IDENTITY"), connection.base_identity());
  std::string agent = connection.agent();
  if (agent.empty()) agent = session.Text("ANY_AGENT");
  if (connection.agent().empty() && !connection.assigned_agent().empty()) {
    agent = session.Text("AGENT_FOUND", {{"agent", connection.assigned_agent()}});
  }
  facts.Add(session.Text("AGENT"), agent);
  facts.Add(session.Text("TARIFF"),
            session.Name("TARIFF", v1::Connection::Tariff_Name(connection.tariff())));
  facts.Add(session.Text("SETTLE_TIME"),
            connection.has_settle_time()
                ? DurationText(session.options().language,
                               absl::Seconds(connection.settle_time().seconds()) +
                                   absl::Nanoseconds(connection.settle_time().nanos()))
                : session.Text("SETTLE_TIME_DEFAULT"));
  facts.Add(session.Text("WRITE_BACK_RATE"),
            connection.write_back_rate() > 0
                ? session.Text("PER_SECOND",
                               {{"count", absl::StrCat(connection.write_back_rate())}})
                : session.Text("NO_CEILING"));
  facts.Add(session.Text("SPREAD_IMPORTS"),
            session.Text(connection.spread_imports() ? "YES" : "NO"));
  facts.Add(session.Text("DEFAULT_REGION"), connection.default_region());
  facts.Add(session.Text("CHANGED"),
            TimeText(session, connection.has_update_time(), connection.update_time()));
  const Checks& checks = connection.last_checks();
  facts.Add(session.Text("LAST_TEST"), checks.empty() ? session.Text("NOT_TESTED")
                                                      : session.Time(NewestOf(checks)));
  facts.Print(session.style(), session.out());
  PrintTable(session, checks);
  if (!next.empty()) session.Say(next, {{"id", id}});
}

void PrintChecks(Session& session, absl::string_view id,
                 const v1::TestConnectionResponse& answer, bool with_next) {
  int failed = 0;
  int warnings = 0;
  for (const v1::Check& check : answer.checks()) {
    failed += check.state() == v1::Check::FAILED ? 1 : 0;
    warnings += check.state() == v1::Check::WARNING ? 1 : 0;
  }
  const Parameters parameters = {{"id", std::string(id)},
                                 {"failed", std::to_string(failed)},
                                 {"warnings", std::to_string(warnings)}};
  absl::string_view headline = "TEST_OK";
  if (warnings > 0) headline = "TEST_WARNINGS";
  if (failed > 0) headline = "TEST_FAILED";
  session.Say(headline, parameters);
  PrintTable(session, answer.checks());
  if (!with_next) return;
  session.Say(failed > 0 ? "NEXT_MEND_AND_TEST" : "NEXT_FIELDS_LOAD", parameters);
}

}  // namespace guestbridge::cli
