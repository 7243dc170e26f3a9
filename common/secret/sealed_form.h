#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "common/random/random.h"
#include "common/secret/secret_string.h"

// The bytes of a sealed value and of a proof. Only common/secret includes this.
//
// sealed      = version key-id number wrapped nonce ciphertext tag
// version     = 0x02
// key-id      = first 8 bytes of SHA-256("guestbridge key id" key)
// number      = 8 bytes, drawn for each sealing, never 0
// wrapped     = wrap-nonce(12) data-key(32, encrypted) tag(16)
// nonce       = 12 bytes
// Associated data of both encryptions: version key-id number 0x00 place.
// The form before: version 0x01, and no number in either.
//
// proof       = version key-id HMAC-SHA256(proof-key, message)
// proof-key   = HMAC-SHA256(key, "guestbridge proof key")
namespace guestbridge::secret_internal {

inline constexpr size_t kKeyIdBytes = 8;

std::string RandomBytes(Random& random, size_t count);
// 8 bytes.
std::string RawKeyIdOf(const SecretString& key);

enum class SealForm { kUnnumbered, kNumbered };

std::string SealWith(const SecretString& key, Random& random,
                     const SecretString& secret, absl::string_view place,
                     SealForm form = SealForm::kNumbered);
// Nothing when it is damaged or sealed for another place. `sealed` has a head.
std::optional<SecretString> OpenWith(const SecretString& key, absl::string_view sealed,
                                     absl::string_view place);

std::string ProveWith(const SecretString& key, absl::string_view message);

}  // namespace guestbridge::secret_internal
