#include "server/tokens/token_state.h"

#include "absl/strings/match.h"

namespace guestbridge::server {

v1::TokenState DescribeTokens(const v1::Connection& connection,
                              const store::TokenRecord* tokens) {
  v1::TokenState state;
  if (tokens == nullptr) {
    state.set_valid(!connection.has_oauth());
    if (connection.has_oauth()) state.set_reason("REAUTHORIZATION_NEEDED");
    return state;
  }
  state.set_valid(tokens->reason().empty());
  state.set_reason(tokens->reason());
  for (const std::string& scope : tokens->scopes()) state.add_scopes(scope);
  if (!connection.has_oauth()) return state;
  if (tokens->expire_unix_seconds() > 0) {
    state.mutable_expire_time()->set_seconds(tokens->expire_unix_seconds());
  }
  if (!tokens->client_endpoint().empty() &&
      !absl::EqualsIgnoreCase(tokens->client_endpoint(), connection.api_server())) {
    state.set_portal(tokens->client_endpoint());
  }
  return state;
}

store::TokenRecord WebhookTokens(const std::vector<std::string>& scopes) {
  store::TokenRecord record;
  for (const std::string& scope : scopes) record.add_scopes(scope);
  return record;
}

}  // namespace guestbridge::server
