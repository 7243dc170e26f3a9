#include "server/api/token_credentials.h"

#include <utility>
#include <vector>

#include "common/status/status_macros.h"
#include "server/api/proto_time.h"

namespace guestbridge::server {
namespace {

class TokenCredentials final : public PortalCredentials {
 public:
  TokenCredentials(TokenManager& tokens, HttpClientFactory make_client,
                   PortalAccess access)
      : tokens_(tokens),
        make_client_(std::move(make_client)),
        access_(std::move(access)) {}

  absl::StatusOr<store::TokenRecord> TryWebhook(const v1::Connection& settings,
                                                const SecretString& secret) override {
    GB_ASSIGN_OR_RETURN(
        const std::vector<std::string> scopes,
        ProbeWebhook(make_client_, access_, settings.api_server(), settings.port(),
                     settings.webhook().user_id(), secret));
    return WebhookTokens(scopes);
  }

  absl::StatusOr<store::TokenRecord> Refresh(
      const std::string& integration, const v1::Connection& settings,
      const SecretString& client_secret,
      const std::optional<SecretString>& refresh_token) override {
    OAuthCredentials credentials;
    credentials.client_id = settings.oauth().client_id();
    credentials.client_secret = client_secret;
    credentials.refresh_token = refresh_token;
    credentials.portal = settings.api_server();
    return tokens_.RefreshForSave(integration, credentials);
  }

  absl::Status Adopt(Transaction& transaction, const std::string& integration,
                     const store::TokenRecord& tokens) override {
    return tokens_.AdoptTokens(transaction, integration, tokens);
  }

  absl::Status Forget(Transaction& transaction,
                      const std::string& integration) override {
    return tokens_.ForgetTokens(transaction, integration);
  }

  v1::TokenState StateOf(const v1::Connection& connection,
                         const store::TokenRecord* tokens) override {
    return DescribeTokens(connection, tokens);
  }

  absl::StatusOr<v1::AccessToken> Access(
      const std::string& integration,
      const std::string& refused_token_digest) override {
    GB_ASSIGN_OR_RETURN(const AccessToken token,
                        tokens_.GetAccessToken(integration, refused_token_digest));
    v1::AccessToken answer;
    answer.set_token(token.token.Reveal());
    *answer.mutable_expire_time() = ToTimestamp(token.expire_time);
    return answer;
  }

 private:
  TokenManager& tokens_;
  const HttpClientFactory make_client_;
  const PortalAccess access_;
};

}  // namespace

std::unique_ptr<PortalCredentials> MakeTokenCredentials(TokenManager& tokens,
                                                        HttpClientFactory make_client,
                                                        PortalAccess access) {
  return std::make_unique<TokenCredentials>(tokens, std::move(make_client),
                                            std::move(access));
}

}  // namespace guestbridge::server
