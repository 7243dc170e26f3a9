#include "server/api/connection_tester.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_join.h"
#include "common/log/log.h"
#include "common/resource/resource_name.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"
#include "server/api/ask_agent.h"
#include "server/api/assignment.h"
#include "server/api/connections.h"
#include "server/api/integrations.h"
#include "server/api/keys.h"
#include "server/api/presence.h"
#include "server/secrets/seal_index.h"
#include "server/store/record_codec.h"

namespace guestbridge::server {
namespace {

v1::Check MakeCheck(absl::string_view name, v1::Check::State state,
                    absl::string_view reason, const Parameters& parameters = {}) {
  v1::Check check;
  check.set_name(std::string(name));
  check.set_state(state);
  check.set_reason(std::string(reason));
  check.mutable_parameters()->insert(parameters.begin(), parameters.end());
  return check;
}

v1::Check FailedCheck(absl::string_view name, const absl::Status& status) {
  std::string reason = ReasonOf(status);
  if (reason.empty()) reason = "INTERNAL_ERROR";
  return MakeCheck(name, v1::Check::FAILED, reason, ParametersOf(status));
}

// The check that an error of the portal's belongs to.
absl::string_view CheckOf(const absl::Status& status) {
  const std::string reason = ReasonOf(status);
  const Parameters parameters = ParametersOf(status);
  const auto detail = parameters.find("detail");
  if (absl::StartsWith(reason, "TLS_") ||
      (detail != parameters.end() &&
       (absl::StrContains(detail->second, "TLS") ||
        absl::StrContains(detail->second, "certificate")))) {
    return "tls";
  }
  const bool portal = (status.code() == absl::StatusCode::kUnavailable &&
                       !absl::StartsWith(reason, "OAUTH_")) ||
                      absl::StartsWith(reason, "PORTAL_");
  return portal ? "portal" : reason == "SCOPE_MISSING" ? "scopes" : "token";
}

}  // namespace

std::vector<v1::Check> PortalChecks(const v1::Connection& settings,
                                    const absl::StatusOr<v1::TokenState>& tried) {
  const Parameters portal = {{"host", settings.api_server()}};
  std::vector<v1::Check> checks;
  absl::Status error = tried.status();
  if (tried.ok() && !tried->valid()) error = MakeError(tried->reason(), portal);
  const absl::string_view broken = error.ok() ? absl::string_view() : CheckOf(error);
  if (broken == "portal") {
    checks.push_back(FailedCheck("portal", error));
    return checks;
  }
  // Tokens come from the OAuth server: they say nothing about the way to the portal.
  const bool reached = settings.has_webhook();
  if (reached) {
    checks.push_back(MakeCheck("portal", v1::Check::OK, "CHECK_PORTAL_OK", portal));
  }
  if (broken == "tls") {
    checks.push_back(FailedCheck("tls", error));
    return checks;
  }
  if (reached) {
    checks.push_back(MakeCheck("tls", v1::Check::OK, "CHECK_TLS_OK", portal));
  }
  if (!error.ok()) {
    checks.push_back(FailedCheck(broken, error));
    return checks;
  }
  checks.push_back(MakeCheck("token", v1::Check::OK, "CHECK_TOKEN_OK", portal));
  if (tried->scopes().empty()) {
    checks.push_back(MakeCheck("scopes", v1::Check::WARNING, "CHECK_SCOPES_UNKNOWN"));
  } else if (std::find(tried->scopes().begin(), tried->scopes().end(), "crm") ==
             tried->scopes().end()) {
    checks.push_back(MakeCheck("scopes", v1::Check::FAILED, "SCOPE_MISSING",
                               {{"scope", "crm"}, {"host", settings.api_server()}}));
  } else {
    checks.push_back(MakeCheck("scopes", v1::Check::OK, "CHECK_SCOPES_OK",
                               {{"scopes", absl::StrJoin(tried->scopes(), ", ")}}));
  }
  return checks;
}

std::vector<v1::Check> MergeChecks(std::vector<v1::Check> server,
                                   std::vector<v1::Check> agent) {
  std::vector<v1::Check> merged;
  const auto add = [&](std::vector<v1::Check>& from) {
    for (v1::Check& check : from) {
      const bool known = std::any_of(
          merged.begin(), merged.end(),
          [&](const v1::Check& other) { return other.name() == check.name(); });
      if (!known) merged.push_back(std::move(check));
    }
  };
  add(agent);
  add(server);
  SortChecks(&merged);
  return merged;
}

absl::StatusOr<v1::TokenState> ConnectionTester::TryCredentials(
    const std::string& id, const store::ConnectionRecord& record) {
  if (record.connection().has_webhook()) {
    GB_ASSIGN_OR_RETURN(const SecretString secret,
                        sealer_.Open(record.sealed_webhook_secret(),
                                     keys::SecretPlace(id, "webhook_secret")));
    GB_ASSIGN_OR_RETURN(const store::TokenRecord tokens,
                        credentials_.TryWebhook(record.connection(), secret));
    return credentials_.StateOf(record.connection(), &tokens);
  }
  GB_RETURN_IF_ERROR(credentials_.Access(id, "").status());
  v1::TokenState state;
  GB_RETURN_IF_ERROR(store_.Read([&](Transaction& transaction) -> absl::Status {
    GB_ASSIGN_OR_RETURN(auto tokens,
                        GetRecord<store::TokenRecord>(transaction, keys::Tokens(id)));
    state = credentials_.StateOf(record.connection(),
                                 tokens.has_value() ? &tokens->value : nullptr);
    return absl::OkStatus();
  }));
  return state;
}

absl::StatusOr<v1::TestConnectionResponse> ConnectionTester::Test(
    const std::string& name, const Patience& patience) {
  GB_ASSIGN_OR_RETURN(const std::string id, ParseConnectionName(name));
  std::optional<store::ConnectionRecord> record;
  absl::Status in_force;  // Its secrets, or who put them back.
  int64_t version = 0;
  std::string agent;
  std::string unassigned;  // Why it has no agent.
  v1::Explanation rejection;
  GB_RETURN_IF_ERROR(store_.Read([&](Transaction& transaction) -> absl::Status {
    GB_RETURN_IF_ERROR(RequireIntegration(transaction, id));
    GB_ASSIGN_OR_RETURN(auto stored, GetRecord<store::ConnectionRecord>(
                                         transaction, keys::Connection(id)));
    if (!stored.has_value()) return absl::OkStatus();
    in_force = CheckSeals(transaction, sealer_, stored->key, stored->value);
    record = std::move(stored->value);
    version = stored->version;
    GB_ASSIGN_OR_RETURN(agent, AssignedAgent(transaction, id));
    if (agent.empty()) {
      GB_ASSIGN_OR_RETURN(unassigned, WhyUnassigned(transaction, sessions_));
    }
    GB_ASSIGN_OR_RETURN(auto known,
                        GetRecord<store::AgentRecord>(transaction, keys::Agent(agent)));
    if (!known.has_value()) return absl::OkStatus();
    for (const v1::AgentIntegration& entry : known->value.agent().integrations()) {
      if (entry.integration() == IntegrationName(id) && entry.has_rejection()) {
        rejection = entry.rejection();
      }
    }
    return absl::OkStatus();
  }));

  v1::TestConnectionResponse response;
  if (!record.has_value()) {
    *response.add_checks() = MakeCheck("connection", v1::Check::FAILED,
                                       "CONNECTION_NOT_SET", {{"integration", id}});
    return response;
  }
  std::vector<v1::Check> by_agent;
  std::vector<v1::Check> by_server;
  if (agent.empty()) {
    by_server.push_back(
        MakeCheck("agent", v1::Check::FAILED, unassigned, {{"integration", id}}));
  } else {
    v1::Task task;
    task.set_integration(IntegrationName(id));
    task.mutable_test_connection();
    absl::StatusOr<v1::FinishTaskRequest> answer =
        AskAgent(store_, sessions_, agent, std::move(task), patience);
    // No finding about the connection: there it can be tested.
    if (ReasonOf(answer.status()) == "AGENT_AT_OTHER_SERVER") return answer.status();
    if (!answer.ok()) {
      by_server.push_back(FailedCheck("agent", answer.status()));
    } else {
      by_agent.assign(answer->test_connection().checks().begin(),
                      answer->test_connection().checks().end());
      by_server.push_back(
          rejection.reason().empty()
              ? MakeCheck("agent", v1::Check::OK, "CHECK_AGENT_OK", {{"agent", agent}})
              : MakeCheck("agent", v1::Check::FAILED, rejection.reason(),
                          Parameters(rejection.parameters().begin(),
                                     rejection.parameters().end())));
    }
  }
  const bool agent_saw_token =
      std::any_of(by_agent.begin(), by_agent.end(),
                  [](const v1::Check& check) { return check.name() == "token"; });
  if (!agent_saw_token) {
    const absl::StatusOr<v1::TokenState> tried =
        in_force.ok() ? TryCredentials(id, *record) : in_force;
    for (v1::Check& check : PortalChecks(record->connection(), tried)) {
      by_server.push_back(std::move(check));
    }
  }
  std::vector<v1::Check> found = MergeChecks(std::move(by_server), std::move(by_agent));
  const absl::Status kept = checks_.Keep(id, version, &found);
  // Whoever asked has the answer all the same.
  if (!kept.ok())
    log::Warning("checks_not_kept", {{"integration", id}, {"error", kept}});
  for (v1::Check& check : found) *response.add_checks() = std::move(check);
  return response;
}

}  // namespace guestbridge::server
