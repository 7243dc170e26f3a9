#pragma once

#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/random/random.h"
#include "common/secret/secret_string.h"
#include "common/time/clock.h"
#include "server/identity/caller.h"
#include "server/store/store.h"

namespace guestbridge::server {

// Makes an API token: `gbt_` and 52 characters of [a-z0-9], at least 256 random bits.
// The store keeps its SHA-256 only; the token itself is shown once, here. A server that
// has the same store open knows it at once. `name` is for people, up to 200 bytes
// without control characters; may be empty. Errors: TOKEN_NAME_INVALID, those of the
// store.
absl::StatusOr<SecretString> CreateApiToken(Store& store, Random& random,
                                            const Clock& clock, Role role,
                                            absl::string_view name);

// Whose token it is; none when the store does not know it.
absl::StatusOr<std::optional<Caller>> FindCaller(Store& store,
                                                 const SecretString& token);

}  // namespace guestbridge::server
