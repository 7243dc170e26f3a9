#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/random/random.h"
#include "common/secret/secret_string.h"
#include "common/time/clock.h"
#include "server/identity/caller.h"
#include "server/store/record.pb.h"
#include "server/store/record_codec.h"
#include "server/store/store.h"

// API tokens as the store has them. A token is `gbt_` and 52 characters of [a-z0-9], at
// least 256 random bits; the store keeps its SHA-256 only. A server that has the same
// store open knows a new one at once.
namespace guestbridge::server {

inline constexpr absl::string_view kApiTokenKeys = "api-tokens/";
inline constexpr absl::string_view kApiTokenEntries = "api-token-ids/";
std::string ApiTokenEntryKey(absl::string_view id);
inline constexpr absl::Duration kLongestTokenLife = absl::Hours(24 * 3650);

struct NewApiToken {
  std::string name;  // For people; up to 200 bytes, no control characters.
  std::vector<Grant> grants;
  std::string agent;  // Role agent only: the one that its holder is; empty: any.
  absl::Duration lifetime = absl::InfiniteDuration();
};

// InfiniteDuration: without end. Errors: TOKEN_LIFETIME_INVALID.
absl::Status CheckTokenLifetime(absl::Duration lifetime);
// Errors (INVALID_ARGUMENT): TOKEN_NAME_INVALID, TOKEN_GRANTS_INVALID,
// TOKEN_LIFETIME_INVALID, AGENT_NAME_INVALID, INTEGRATION_ID_INVALID.
absl::Status CheckNewApiToken(const NewApiToken& wanted);

// A fresh token, and its name as a resource; nothing is stored.
SecretString MintApiToken(Random& random);
std::string MintApiTokenId(Random& random);

// Stores a token that was minted. `wanted` was checked.
absl::StatusOr<store::ApiTokenEntryRecord> PutApiToken(Transaction& transaction,
                                                       const std::string& id,
                                                       const SecretString& token,
                                                       const NewApiToken& wanted,
                                                       absl::Time now);

// All of that at once. Errors: those of CheckNewApiToken and of the store.
absl::StatusOr<SecretString> CreateApiToken(Store& store, Random& random,
                                            const Clock& clock,
                                            const NewApiToken& wanted);
// With one role on everything, without end.
absl::StatusOr<SecretString> CreateApiToken(Store& store, Random& random,
                                            const Clock& clock, Role role,
                                            absl::string_view name);

// What a server keeps of a token that it was shown.
std::string DigestOf(const SecretString& token);

// Whose token it is; none when the store does not know it. Errors (UNAUTHENTICATED;
// parameters token, time): TOKEN_EXPIRED, TOKEN_REVOKED; those of the store.
absl::StatusOr<std::optional<Caller>> FindCaller(Store& store,
                                                 const std::string& digest,
                                                 absl::Time now);

std::vector<Grant> GrantsOf(const store::ApiTokenRecord& record);

// Gives tokens from before they had ids one, so that they are listed and can be
// revoked. Writes only when there are any.
absl::Status AdoptOldApiTokens(Store& store);

// Absence is not an error.
absl::StatusOr<std::optional<Record<store::ApiTokenEntryRecord>>> FindApiToken(
    Transaction& transaction, const std::string& id);

// `token` takes the place of the newest one, which lives on for `overlap`; those before
// it keep the end that they have.
absl::Status RotateApiToken(Transaction& transaction, store::ApiTokenEntryRecord& entry,
                            const SecretString& token, absl::Duration lifetime,
                            absl::Duration overlap, absl::Time now);

absl::Status RevokeApiToken(Transaction& transaction, store::ApiTokenEntryRecord& entry,
                            absl::Time now);

// When the last token from before a rotation ends, in Unix seconds; 0: none lives.
absl::StatusOr<int64_t> PreviousApiTokenEnd(Transaction& transaction,
                                            const store::ApiTokenEntryRecord& entry,
                                            absl::Time now);

bool IsLive(const store::ApiTokenRecord& token, absl::Time now);

// Remembers that a token was used. Written at most once an hour.
absl::Status NoteApiTokenUse(Store& store, const std::string& id, absl::Time now);
// InfinitePast: never.
absl::StatusOr<absl::Time> LastApiTokenUse(Transaction& transaction,
                                           const std::string& id);

}  // namespace guestbridge::server
