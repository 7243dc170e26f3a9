#include "server/tokens/webhook_probe.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"
#include "nlohmann/json.hpp"
#include "server/tokens/oauth_answer.h"
#include "server/tokens/oauth_client.h"

namespace guestbridge::server {
namespace {

using nlohmann::json;

constexpr absl::Duration kDeadline = absl::Seconds(30);
constexpr int64_t kLargestAnswer = 4 << 20;
constexpr absl::string_view kMethodMissing = "error_method_not_found";

struct ErrorRule {
  absl::string_view code;  // In lower case.
  absl::string_view reason;
};

constexpr ErrorRule kErrors[] = {
    {"invalid_credentials", "WEBHOOK_REFUSED"},
    {"no_auth_found", "WEBHOOK_REFUSED"},
    {"authorization_error", "WEBHOOK_REFUSED"},
    {"user_access_error", "WEBHOOK_REFUSED"},
    {"expired_token", "WEBHOOK_REFUSED"},
    {"invalid_token", "WEBHOOK_REFUSED"},
    {"wrong_auth_type", "WEBHOOK_REFUSED"},
    {"application_not_found", "WEBHOOK_REFUSED"},
    {"method_confirm_waiting", "WEBHOOK_REFUSED"},
    {"method_confirm_denied", "WEBHOOK_REFUSED"},
    {"access_denied", "PORTAL_PLAN_WITHOUT_REST"},
    {"payment_required", "PORTAL_PLAN_WITHOUT_REST"},
    {"overload_limit", "PORTAL_BLOCKED"},
    {"portal_deleted", "PORTAL_CLOSED"},
    {"insufficient_scope", "SCOPE_MISSING"},
};

struct Target {
  std::string host;
  std::string user;
};

absl::Status Fail(absl::string_view reason, const Target& target,
                  absl::string_view detail) {
  return MakeError(reason, {{"host", target.host},
                            {"user", target.user},
                            {"scope", "crm"},
                            {"error", std::string(detail)},
                            {"detail", std::string(detail)}});
}

absl::Status ClassifyError(const std::string& code, int status, const Target& target) {
  const std::string printable = PrintableCode(code);
  for (const ErrorRule& rule : kErrors) {
    if (absl::EqualsIgnoreCase(rule.code, code)) {
      return Fail(rule.reason, target, printable);
    }
  }
  // An unknown code of an answer about authorisation is a refusal; any other may pass.
  const bool refused = status == 401 || status == 403;
  return Fail(refused ? "WEBHOOK_REFUSED" : "PORTAL_UNREACHABLE", target, printable);
}

// The JSON object of an answer, be it a result or an error.
absl::StatusOr<json> ReadAnswer(const HttpResult& result, const Target& target) {
  if (result.outcome != HttpOutcome::kAnswered) {
    return Fail(result.reason == "ADDRESS_REFUSED" ? "PORTAL_ADDRESS_REFUSED"
                                                   : "PORTAL_UNREACHABLE",
                target, result.reason);
  }
  json body = json::parse(result.body, nullptr, /*allow_exceptions=*/false);
  if (body.is_object() && (body.contains("result") || body.contains("error"))) {
    return body;
  }
  if (body.is_discarded() && result.status < 400 &&
      absl::StartsWith(absl::StripLeadingAsciiWhitespace(result.body), "{")) {
    return Fail("PORTAL_ANSWER_BROKEN", target, absl::StrCat("HTTP ", result.status));
  }
  // A gateway's page of a portal that has trouble, or something that is no portal at
  // all.
  if (result.status >= 500 || result.status == 429) {
    return Fail("PORTAL_UNREACHABLE", target, absl::StrCat("HTTP ", result.status));
  }
  return Fail("PORTAL_NOT_BITRIX24", target, absl::StrCat("HTTP ", result.status));
}

// Absent: the method does not exist.
absl::StatusOr<std::optional<json>> Call(HttpClient& client, const std::string& prefix,
                                         absl::string_view method,
                                         const Target& target) {
  HttpRequest request;
  request.method = "POST";
  request.target = absl::StrCat(prefix, method);
  request.headers = {{"accept", "application/json"}};
  request.body = "{}";
  request.deadline = kDeadline;
  const HttpResult result = client.Send(request);
  GB_ASSIGN_OR_RETURN(json body, ReadAnswer(result, target));
  const auto error = body.find("error");
  if (error == body.end() || error->is_null()) {
    return std::optional<json>(std::move(body["result"]));
  }
  const std::string code =
      error->is_string() ? error->get<std::string>() : error->dump();
  if (absl::EqualsIgnoreCase(code, kMethodMissing)) return std::nullopt;
  return ClassifyError(code, result.status, target);
}

// PHP writes a list as an array or, with gaps in its keys, as an object.
std::vector<std::string> ReadScopes(const json& result) {
  std::vector<std::string> scopes;
  for (const json& scope : result) {
    if (scope.is_string()) scopes.push_back(PrintableCode(scope.get<std::string>()));
  }
  return scopes;
}

}  // namespace

absl::StatusOr<std::vector<std::string>> ProbeWebhook(
    const HttpClientFactory& make_client, const PortalAccess& access,
    const std::string& host, int port, int64_t user_id, const SecretString& secret) {
  const Target target{.host = host, .user = absl::StrCat(user_id)};
  GB_ASSIGN_OR_RETURN(
      const std::unique_ptr<HttpClient> client,
      make_client({
          .tls = true,
          .host = host,
          .port = port,
          .extra_ca_file = access.extra_ca_file,
          .address_policy = access.allow_private
                                ? HttpClientOptions::AddressPolicy::kAnyButMetadata
                                : HttpClientOptions::AddressPolicy::kPublicOnly,
          .connect_timeout = absl::Seconds(10),
          .max_body_bytes = kLargestAnswer,
      }));
  const std::string prefix =
      absl::StrCat("/rest/", user_id, "/", PercentEncode(secret.Reveal()), "/");
  GB_ASSIGN_OR_RETURN(const std::optional<json> scope,
                      Call(*client, prefix, "scope", target));
  if (!scope.has_value() || !(scope->is_array() || scope->is_object())) {
    // Somebody answers as a portal does; the profile shows whether the webhook works.
    // Where that is missing too, nothing speaks against it.
    GB_ASSIGN_OR_RETURN([[maybe_unused]] const std::optional<json> profile,
                        Call(*client, prefix, "profile", target));
    return std::vector<std::string>();
  }
  std::vector<std::string> scopes = ReadScopes(*scope);
  const bool has_crm = std::any_of(
      scopes.begin(), scopes.end(),
      [](const std::string& name) { return absl::EqualsIgnoreCase(name, "crm"); });
  if (!has_crm) return Fail("SCOPE_MISSING", target, "crm");
  return scopes;
}

}  // namespace guestbridge::server
