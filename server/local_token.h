#pragma once

#include "absl/status/statusor.h"
#include "common/random/random.h"
#include "common/secret/secret_string.h"
#include "common/time/clock.h"
#include "server/identity/api_tokens.h"
#include "server/store/store.h"

namespace guestbridge::server {

// What `guestbridge-server token create` does: as CreateApiToken, and leaves what the
// audit will tell of it. `store` is the bare one: there may be no key yet.
absl::StatusOr<SecretString> CreateLocalToken(Store& store, Random& random,
                                              const Clock& clock,
                                              const NewApiToken& wanted);

}  // namespace guestbridge::server
