#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/random/random.h"
#include "common/time/clock.h"
#include "guestbridge/v1/api_token.pb.h"
#include "server/identity/authorize.h"
#include "server/store/record.pb.h"
#include "server/store/store.h"

namespace guestbridge::server {

namespace v1 = guestbridge::v1;

// Who asks, and of which integrations it is admin.
struct TokenAdmin {
  std::string method;  // "/package.Service/Method"
  Caller caller;
  Reach reach;
};

// API tokens: the rules of ApiTokenService. Errors are those of api_token.proto.
// Thread-safe.
class TokenAdministration {
 public:
  TokenAdministration(Store& store, const Clock& clock, Random& random)
      : store_(store), clock_(clock), random_(random) {}

  absl::StatusOr<v1::CreateApiTokenResponse> Create(
      const TokenAdmin& admin, const v1::CreateApiTokenRequest& request);
  absl::StatusOr<v1::ListApiTokensResponse> List(
      const TokenAdmin& admin, const v1::ListApiTokensRequest& request);
  absl::StatusOr<v1::ApiToken> Get(const TokenAdmin& admin, const std::string& name);
  absl::StatusOr<v1::RotateApiTokenResponse> Rotate(
      const TokenAdmin& admin, const v1::RotateApiTokenRequest& request);
  absl::StatusOr<v1::ApiToken> Revoke(const TokenAdmin& admin,
                                      const v1::RevokeApiTokenRequest& request);

 private:
  absl::StatusOr<store::ApiTokenEntryRecord> Load(Transaction& transaction,
                                                  const TokenAdmin& admin,
                                                  const std::string& name);
  absl::StatusOr<v1::ApiToken> View(Transaction& transaction,
                                    const store::ApiTokenEntryRecord& entry);
  // There is another live token with the role admin on everything.
  absl::StatusOr<bool> AnotherAdmin(Transaction& transaction, const std::string& id);

  Store& store_;
  const Clock& clock_;
  Random& random_;
};

}  // namespace guestbridge::server
