#include "server/api/secrets.h"

#include <vector>

#include "common/status/status_macros.h"
#include "server/api/proto_time.h"

namespace guestbridge::server {

absl::StatusOr<v1::SecretStatus> Secrets::Get() {
  GB_ASSIGN_OR_RETURN(const std::vector<SecretKeys::Key> keys, keys_.List());
  GB_ASSIGN_OR_RETURN(SealCounts counts, resealer_.Count());
  v1::SecretStatus status;
  status.set_secrets(counts.secrets);
  status.set_waiting(counts.waiting);
  status.set_damaged(counts.damaged);
  for (const SecretKeys::Key& key : keys) {
    v1::EncryptionKey& shown = *status.add_keys();
    shown.set_key_id(key.key_id);
    shown.set_number(key.number);
    shown.set_current(key.seals);
    if (key.since != absl::InfinitePast()) {
      *shown.mutable_use_time() = ToTimestamp(key.since);
    }
    shown.set_secrets(counts.under[key.key_id]);
    shown.set_available(key.here);
    shown.set_retirable(key.number > 0 && !key.seals && shown.secrets() == 0);
    counts.under.erase(key.key_id);
  }
  // Put there by somebody, or with a part of the database that was restored.
  for (const auto& [key_id, secrets] : counts.under) {
    v1::EncryptionKey& shown = *status.add_keys();
    shown.set_key_id(key_id);
    shown.set_secrets(secrets);
  }
  return status;
}

absl::StatusOr<v1::SecretStatus> Secrets::Rotate() {
  GB_RETURN_IF_ERROR(keys_.Rotate(shared_));
  return Get();
}

}  // namespace guestbridge::server
