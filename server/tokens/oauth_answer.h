#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/http/http_client.h"
#include "common/secret/secret_string.h"

// What the OAuth server answered to a refresh. Pure.
// Source: the error codes and answers of Bitrix24's OAuth documentation.
namespace guestbridge::server {

struct TokenGrant {
  SecretString access_token;
  SecretString refresh_token;  // Empty: the old one stays.
  absl::Duration lifetime;     // Of the access token; > 0.
  std::vector<std::string> scopes;
  std::string client_endpoint;
  std::string server_endpoint;
  std::string member_id;
};

enum class RefreshOutcome {
  kGranted,
  kTokenRefused,   // This refresh token is dead; another one may live.
  kRefused,        // The application, its rights or its subscription: no token helps.
  kNotSent,        // Nothing left this machine.
  kAnswerLost,     // Sent, and no answer: the token may be rotated.
  kAnswerUnknown,  // An answer that says nothing: the token may be rotated.
};

struct RefreshAnswer {
  RefreshOutcome outcome = RefreshOutcome::kNotSent;
  TokenGrant grant;    // When granted.
  absl::Status error;  // Otherwise.
};

// `host` is the server that was asked, `portal` whose tokens these are: for the
// messages. `now` only serves an answer that names a moment instead of a lifetime.
// Errors: REFRESH_TOKEN_REFUSED, OAUTH_CLIENT_REFUSED, OAUTH_SCOPE_REFUSED,
// PAYMENT_REQUIRED, OAUTH_REQUEST_INVALID (FAILED_PRECONDITION); OAUTH_UNREACHABLE,
// OAUTH_ANSWER_MALFORMED (UNAVAILABLE).
RefreshAnswer ReadRefreshAnswer(const HttpResult& result, absl::string_view host,
                                absl::string_view portal, absl::Time now);

// An error code of a peer as a message may show it: at most 60 characters of
// [A-Za-z0-9_.-], others left out.
std::string PrintableCode(absl::string_view code);

}  // namespace guestbridge::server
