#pragma once

#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/secret/secret_string.h"
#include "guestbridge/v1/agent_control.pb.h"
#include "guestbridge/v1/connection.pb.h"
#include "server/store/record.pb.h"
#include "server/store/store.h"

namespace guestbridge::server {

// What the connection's rules need of the portal's credentials; server/tokens does it.
// Thread-safe; each call may wait for the portal or the OAuth server.
class PortalCredentials {
 public:
  virtual ~PortalCredentials() = default;

  // Calls the portal with the webhook; returns what is to be stored. Errors:
  // WEBHOOK_REFUSED, PORTAL_UNREACHABLE and what else the portal answers.
  virtual absl::StatusOr<store::TokenRecord> TryWebhook(const v1::Connection& settings,
                                                        const SecretString& secret) = 0;

  // Trades a refresh token for new tokens; `refresh_token` absent: the stored one of
  // the integration. Adopt the result in the transaction that stores the connection.
  virtual absl::StatusOr<store::TokenRecord> Refresh(
      const std::string& integration, const v1::Connection& settings,
      const SecretString& client_secret,
      const std::optional<SecretString>& refresh_token) = 0;
  virtual absl::Status Adopt(Transaction& transaction, const std::string& integration,
                             const store::TokenRecord& tokens) = 0;
  virtual absl::Status Forget(Transaction& transaction,
                              const std::string& integration) = 0;

  // What is known of stored tokens, without calling anybody; null: none.
  virtual v1::TokenState StateOf(const v1::Connection& connection,
                                 const store::TokenRecord* tokens) = 0;

  // A valid access token, refreshed when needed.
  virtual absl::StatusOr<v1::AccessToken> Access(
      const std::string& integration, const std::string& refused_token_digest) = 0;
};

}  // namespace guestbridge::server
