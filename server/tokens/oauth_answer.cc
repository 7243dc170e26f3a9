#include "server/tokens/oauth_answer.h"

#include <cmath>
#include <cstdint>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/status/error.h"
#include "nlohmann/json.hpp"

namespace guestbridge::server {
namespace {

using nlohmann::json;

constexpr absl::Duration kUsualLifetime = absl::Hours(1);
constexpr absl::Duration kLongestLifetime = absl::Hours(24 * 366);

// By the error code, in lower case.
struct ErrorRule {
  absl::string_view code;
  RefreshOutcome outcome;
  absl::string_view reason;
};

constexpr ErrorRule kErrors[] = {
    {"invalid_grant", RefreshOutcome::kTokenRefused, "REFRESH_TOKEN_REFUSED"},
    {"bad_verification_code", RefreshOutcome::kTokenRefused, "REFRESH_TOKEN_REFUSED"},
    {"expired_token", RefreshOutcome::kTokenRefused, "REFRESH_TOKEN_REFUSED"},
    {"invalid_token", RefreshOutcome::kTokenRefused, "REFRESH_TOKEN_REFUSED"},
    {"invalid_client", RefreshOutcome::kRefused, "OAUTH_CLIENT_REFUSED"},
    {"wrong_client", RefreshOutcome::kRefused, "OAUTH_CLIENT_REFUSED"},
    {"unauthorized_client", RefreshOutcome::kRefused, "OAUTH_CLIENT_REFUSED"},
    {"application_not_found", RefreshOutcome::kRefused, "OAUTH_CLIENT_REFUSED"},
    {"insufficient_scope", RefreshOutcome::kRefused, "OAUTH_SCOPE_REFUSED"},
    {"invalid_scope", RefreshOutcome::kRefused, "OAUTH_SCOPE_REFUSED"},
    {"payment_required", RefreshOutcome::kRefused, "PAYMENT_REQUIRED"},
    {"invalid_request", RefreshOutcome::kRefused, "OAUTH_REQUEST_INVALID"},
    {"query_limit_exceeded", RefreshOutcome::kAnswerUnknown, "OAUTH_UNREACHABLE"},
    {"overload_limit", RefreshOutcome::kAnswerUnknown, "OAUTH_UNREACHABLE"},
    {"connection_error", RefreshOutcome::kAnswerUnknown, "OAUTH_UNREACHABLE"},
    {"internal_server_error", RefreshOutcome::kAnswerUnknown, "OAUTH_UNREACHABLE"},
    {"error_unexpected_answer", RefreshOutcome::kAnswerUnknown, "OAUTH_UNREACHABLE"},
};

RefreshAnswer Unreachable(RefreshOutcome outcome, absl::string_view host,
                          absl::string_view detail) {
  return {.outcome = outcome,
          .grant = {},
          .error = MakeError("OAUTH_UNREACHABLE", {{"host", std::string(host)},
                                                   {"detail", std::string(detail)}})};
}

// The value as text, whether it came as a string or as a number; empty when absent.
std::string Text(const json& object, const char* key) {
  const auto found = object.find(key);
  if (found == object.end()) return "";
  if (found->is_string()) return found->get<std::string>();
  if (found->is_number_integer()) return absl::StrCat(found->get<int64_t>());
  if (found->is_number()) {
    const double number = found->get<double>();
    if (std::isfinite(number) && std::abs(number) < 1e15) {
      return absl::StrCat(static_cast<int64_t>(number));
    }
  }
  return "";
}

RefreshAnswer ReadError(const std::string& code, int status, absl::string_view host,
                        absl::string_view portal) {
  const std::string printable = PrintableCode(code);
  RefreshOutcome outcome = RefreshOutcome::kRefused;
  absl::string_view reason = "OAUTH_REQUEST_INVALID";
  // An unknown code is judged by the status: a server's own trouble passes.
  if (status >= 500 || status == 429) {
    outcome = RefreshOutcome::kAnswerUnknown;
    reason = "OAUTH_UNREACHABLE";
  }
  for (const ErrorRule& rule : kErrors) {
    if (!absl::EqualsIgnoreCase(rule.code, code)) continue;
    outcome = rule.outcome;
    reason = rule.reason;
    break;
  }
  if (reason == "OAUTH_UNREACHABLE") return Unreachable(outcome, host, printable);
  return {.outcome = outcome,
          .grant = {},
          .error =
              MakeError(reason, {{"host", std::string(portal)}, {"error", printable}})};
}

absl::Duration Lifetime(const json& object, absl::Time now) {
  int64_t seconds = 0;
  absl::Duration lifetime = absl::ZeroDuration();
  // The lifetime first: it does not depend on how our clock stands to theirs.
  if (absl::SimpleAtoi(Text(object, "expires_in"), &seconds)) {
    lifetime = absl::Seconds(seconds);
  } else if (absl::SimpleAtoi(Text(object, "expires"), &seconds)) {
    lifetime = absl::FromUnixSeconds(seconds) - now;
  }
  if (lifetime <= absl::ZeroDuration()) return kUsualLifetime;
  return std::min(lifetime, kLongestLifetime);
}

}  // namespace

std::string PrintableCode(absl::string_view code) {
  std::string printable;
  for (const char c : code.substr(0, 60)) {
    if (absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '_' || c == '-' ||
        c == '.') {
      printable.push_back(c);
    }
  }
  return printable.empty() ? "?" : printable;
}

RefreshAnswer ReadRefreshAnswer(const HttpResult& result, absl::string_view host,
                                absl::string_view portal, absl::Time now) {
  if (result.outcome == HttpOutcome::kNotSent) {
    return Unreachable(RefreshOutcome::kNotSent, host, result.reason);
  }
  if (result.outcome == HttpOutcome::kSentNoAnswer) {
    return Unreachable(RefreshOutcome::kAnswerLost, host, result.reason);
  }
  const json body = json::parse(result.body, nullptr, /*allow_exceptions=*/false);
  if (!body.is_object()) {
    const bool cut_json =
        result.status == 200 &&
        absl::StartsWith(absl::StripAsciiWhitespace(result.body), "{");
    if (!cut_json) {
      return Unreachable(RefreshOutcome::kAnswerUnknown, host,
                         absl::StrCat("HTTP ", result.status));
    }
    return {
        .outcome = RefreshOutcome::kAnswerUnknown,
        .grant = {},
        .error = MakeError("OAUTH_ANSWER_MALFORMED", {{"host", std::string(host)}})};
  }
  if (const std::string code = Text(body, "error"); !code.empty()) {
    return ReadError(code, result.status, host, portal);
  }
  TokenGrant grant;
  grant.access_token = SecretString(Text(body, "access_token"));
  if (grant.access_token.empty()) {
    if (result.status >= 500) {
      return Unreachable(RefreshOutcome::kAnswerUnknown, host,
                         absl::StrCat("HTTP ", result.status));
    }
    return {
        .outcome = RefreshOutcome::kAnswerUnknown,
        .grant = {},
        .error = MakeError("OAUTH_ANSWER_MALFORMED", {{"host", std::string(host)}})};
  }
  grant.refresh_token = SecretString(Text(body, "refresh_token"));
  grant.lifetime = Lifetime(body, now);
  grant.scopes =
      absl::StrSplit(Text(body, "scope"), absl::ByAnyChar(", "), absl::SkipEmpty());
  grant.client_endpoint = Text(body, "client_endpoint");
  grant.server_endpoint = Text(body, "server_endpoint");
  grant.member_id = Text(body, "member_id");
  return {.outcome = RefreshOutcome::kGranted,
          .grant = std::move(grant),
          .error = absl::OkStatus()};
}

}  // namespace guestbridge::server
