#pragma once

#include "absl/status/statusor.h"
#include "guestbridge/v1/secret.pb.h"
#include "server/secrets/resealer.h"
#include "server/secrets/secret_keys.h"

namespace guestbridge::server {

// The keys that stored secrets are sealed with, as administrators see them.
// Thread-safe.
class Secrets {
 public:
  // `shared`: other servers may have the database too.
  Secrets(SecretKeys& keys, Resealer& resealer, bool shared)
      : keys_(keys), resealer_(resealer), shared_(shared) {}

  // Errors: those of SecretKeys::List and of the store.
  absl::StatusOr<v1::SecretStatus> Get();
  // Errors: those of SecretKeys::Rotate; as Get.
  absl::StatusOr<v1::SecretStatus> Rotate();

 private:
  SecretKeys& keys_;
  Resealer& resealer_;
  const bool shared_;
};

}  // namespace guestbridge::server
