#include "sync-agent/control/access_tokens.h"

#include "common/status/status_macros.h"

namespace guestbridge::agent {
namespace {

// A request may wait for its turn after it was given the token.
constexpr absl::Duration kMargin = absl::Minutes(2);

}  // namespace

absl::StatusOr<SecretString> AccessTokens::Get(const SecretString& refused) {
  const std::lock_guard<std::mutex> lock(mutex_);
  const bool is_refused =
      !refused.empty() && ConstantTimeEquals(token_.Reveal(), refused.Reveal());
  const absl::Duration begun = clock_.Steady();
  if (!token_.empty() && !is_refused && begun < fresh_until_) return token_;
  GB_ASSIGN_OR_RETURN(const guestbridge::v1::AccessToken fetched, fetch_(refused));
  token_ = SecretString(fetched.token());
  const absl::Duration left =
      absl::FromUnixSeconds(fetched.expire_time().seconds()) - clock_.Now();
  fresh_until_ = begun + left - kMargin;
  return token_;
}

}  // namespace guestbridge::agent
