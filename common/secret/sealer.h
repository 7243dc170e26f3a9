#pragma once

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/random/random.h"
#include "common/secret/secret_string.h"

namespace guestbridge {

// Encrypts secrets for storage: AES-256-GCM, a fresh data key per secret wrapped by the
// key-encryption key of a key file, and the place where the secret belongs (resource
// name and field) as associated data, so that a ciphertext moved elsewhere does not
// open.
//
// Sealed form (docs/design/secrets.md): one version byte, key id, wrapped data key,
// nonce, ciphertext, tag. Thread-safe.
class Sealer {
 public:
  virtual ~Sealer() = default;
  // `place`: e.g. "integrations/main/connection#webhook_secret".
  virtual std::string Seal(const SecretString& secret, absl::string_view place) = 0;
  // Errors: SECRET_KEY_MISMATCH (sealed with another key), SECRET_CORRUPT (changed,
  // cut, or moved from another place).
  virtual absl::StatusOr<SecretString> Open(absl::string_view sealed,
                                            absl::string_view place) = 0;
  // Identifies the key, for the check at start. 16 hex digits; says nothing about the
  // key.
  virtual std::string KeyId() const = 0;
};

// Reads the key file, or makes it (32 random bytes, hex, mode 0600) when `create` is
// set and it is missing. Errors: KEY_FILE_MISSING, KEY_FILE_UNREADABLE,
// KEY_FILE_MALFORMED, KEY_FILE_READABLE_BY_OTHERS.
absl::StatusOr<std::unique_ptr<Sealer>> OpenSealer(const std::string& key_file,
                                                   bool create, Random& random);

}  // namespace guestbridge
