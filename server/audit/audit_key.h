#pragma once

#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/random/random.h"
#include "common/secret/sealer.h"
#include "common/secret/secret_string.h"
#include "server/store/store.h"

namespace guestbridge::server {

// Hashes what a record may not hold in clear, so that two values can be compared and
// nothing else. A key of its own, sealed like a secret: it stays when the server's key
// is rotated. Thread-safe.
class AuditKey {
 public:
  explicit AuditKey(SecretString key) : key_(std::move(key)) {}

  // `hmac:` and 32 hex digits; empty for an empty value.
  std::string Hash(absl::string_view value) const;
  // 64 hex digits, never those of Hash.
  std::string Seal(absl::string_view text) const;
  // A key for one purpose, which tells nothing of this one: 64 hex digits.
  std::string Derive(absl::string_view purpose) const;

 private:
  const SecretString key_;
};

// The key of this database, made when there is none. Errors: those of the store;
// SECRET_KEY_MISMATCH, SECRET_CORRUPT.
absl::StatusOr<AuditKey> OpenAuditKey(Store& store, Sealer& sealer, Random& random);

// Seals the same key with the sealer's present key, as a rotation does with every
// secret. Nothing when there is none yet, or when the database says that another key is
// the one that seals. Errors: as above.
absl::Status ResealAuditKey(Store& store, Sealer& sealer);

}  // namespace guestbridge::server
