#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/random/random.h"
#include "common/secret/secret_string.h"

namespace guestbridge {

// Encrypts secrets for storage: AES-256-GCM, a fresh data key per secret wrapped by a
// key-encryption key, and the place where the secret belongs (resource name and field)
// and a number of this sealing as associated data, so that neither a ciphertext moved
// elsewhere nor one whose number was changed opens.
//
// Sealed form (docs/design/secrets.md): one version byte, key id, number, wrapped data
// key, nonce, ciphertext, tag; the form before had no number. Thread-safe.
class Sealer {
 public:
  virtual ~Sealer() = default;
  // `place`: e.g. "integrations/main/connection#webhook_secret".
  virtual std::string Seal(const SecretString& secret, absl::string_view place) = 0;
  // Both forms. Errors: SECRET_KEY_MISMATCH (sealed with a key that is not here),
  // SECRET_CORRUPT (changed, cut, or moved from another place).
  virtual absl::StatusOr<SecretString> Open(absl::string_view sealed,
                                            absl::string_view place) = 0;
  // Whether Seal gives a number. Not while programs of before may run, which open no
  // seal that has one.
  virtual bool numbers() const = 0;
  // Identifies the key that Seal takes. 16 hex digits; says nothing about the key.
  virtual std::string KeyId() const = 0;

  // A proof that whoever wrote `message` had the key that Seal takes.
  virtual std::string Prove(absl::string_view message) = 0;
  // Errors: SECRET_KEY_MISMATCH, SECRET_CORRUPT (another message); `place` names in
  // them what is checked.
  virtual absl::Status CheckProof(absl::string_view message, absl::string_view proof,
                                  absl::string_view place) = 0;
};

// What stands in clear at the head of a sealed value, and of a proof.
struct SealHead {
  bool numbered = false;  // False: the form without a number.
  std::string key_id;     // 16 hex digits.
  uint64_t number = 0;    // Drawn anew for each sealing. 0: the form without one.
};

// None when `sealed` is neither form.
std::optional<SealHead> ReadSealHead(absl::string_view sealed);

// As Sealer::KeyId, of a proof. Empty when it is none.
std::string KeyIdOfProof(absl::string_view proof);

// Reads the key file, or makes it (32 random bytes, hex, mode 0600) when `create` is
// set and it is missing. Errors: KEY_FILE_MISSING, KEY_FILE_UNREADABLE,
// KEY_FILE_MALFORMED, KEY_FILE_READABLE_BY_OTHERS.
absl::StatusOr<std::unique_ptr<Sealer>> OpenSealer(const std::string& key_file,
                                                   bool create, Random& random);

}  // namespace guestbridge
