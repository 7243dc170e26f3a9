#pragma once

#include <functional>
#include <mutex>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/secret/secret_string.h"
#include "common/time/clock.h"
#include "guestbridge/v1/agent_control.pb.h"

namespace guestbridge::agent {

// The access token of one integration: kept until shortly before its end, so that calls
// to the portal go on while the server is away. In memory only. Thread-safe; one fetch
// at a time.
class AccessTokens {
 public:
  using Fetch = std::function<absl::StatusOr<guestbridge::v1::AccessToken>(
      const SecretString& refused)>;

  AccessTokens(Fetch fetch, const Clock& clock)
      : fetch_(std::move(fetch)), clock_(clock) {}

  // `refused`: a token that the portal did not take; it is not handed out again.
  absl::StatusOr<SecretString> Get(const SecretString& refused);

 private:
  const Fetch fetch_;
  const Clock& clock_;
  std::mutex mutex_;
  SecretString token_;
  absl::Duration fresh_until_ = -absl::InfiniteDuration();  // steady
};

}  // namespace guestbridge::agent
