#include "server/audit/audit_key.h"

#include <optional>

#include "absl/strings/str_cat.h"
#include "common/secret/keyed_hash.h"
#include "common/status/status_macros.h"
#include "server/audit/keys.h"
#include "server/store/record.pb.h"
#include "server/store/record_codec.h"

namespace guestbridge::server {
namespace {

// Which key is in force (server/secrets).
constexpr absl::string_view kKeyDocument = "meta/key";
constexpr absl::string_view kPlace = "audit#hash_key";
constexpr int kKeyCharacters = 64;  // [a-z0-9]: above 2^330.
constexpr size_t kShownDigits = 32;

}  // namespace

std::string AuditKey::Hash(absl::string_view value) const {
  if (value.empty()) return "";
  return absl::StrCat(
      "hmac:",
      HmacSha256Hex(key_, absl::StrCat("value\n", value)).substr(0, kShownDigits));
}

std::string AuditKey::Seal(absl::string_view text) const {
  return HmacSha256Hex(key_, absl::StrCat("seal\n", text));
}

std::string AuditKey::Derive(absl::string_view purpose) const {
  return HmacSha256Hex(key_, absl::StrCat("key\n", purpose));
}

absl::StatusOr<AuditKey> OpenAuditKey(Store& store, Sealer& sealer, Random& random) {
  std::string sealed;
  const auto read = [&](Transaction& transaction) -> absl::Status {
    GB_ASSIGN_OR_RETURN(const auto record, GetRecord<store::AuditKeyRecord>(
                                               transaction, kAuditKeyDocument));
    sealed = record.has_value() ? record->value.sealed_hash_key() : "";
    return absl::OkStatus();
  };
  GB_RETURN_IF_ERROR(store.Read(read));
  if (sealed.empty()) {
    store::AuditKeyRecord fresh;
    fresh.set_sealed_hash_key(
        sealer.Seal(SecretString(RandomToken(random, kKeyCharacters)), kPlace));
    GB_RETURN_IF_ERROR(store
                           .Write([&](Transaction& transaction) -> absl::Status {
                             // Another server may have been quicker.
                             GB_RETURN_IF_ERROR(read(transaction));
                             if (!sealed.empty()) return absl::OkStatus();
                             return PutRecord(transaction, kAuditKeyDocument, fresh);
                           })
                           .status());
    if (sealed.empty()) sealed = fresh.sealed_hash_key();
  }
  GB_ASSIGN_OR_RETURN(SecretString key, sealer.Open(sealed, kPlace));
  return AuditKey(std::move(key));
}

absl::Status ResealAuditKey(Store& store, Sealer& sealer) {
  std::optional<Record<store::AuditKeyRecord>> record;
  bool waits = false;
  const auto look = [&](Transaction& transaction) -> absl::Status {
    GB_ASSIGN_OR_RETURN(const auto keys,
                        GetRecord<store::KeyRecord>(transaction, kKeyDocument));
    GB_ASSIGN_OR_RETURN(
        record, GetRecord<store::AuditKeyRecord>(transaction, kAuditKeyDocument));
    // A server that is behind would bring it back under the key before.
    waits = keys.has_value() && keys->value.key_id() == sealer.KeyId() &&
            record.has_value();
    if (!waits) return absl::OkStatus();
    const auto head = ReadSealHead(record->value.sealed_hash_key());
    waits = head.has_value() && head->key_id != sealer.KeyId();
    return absl::OkStatus();
  };
  GB_RETURN_IF_ERROR(store.Read(look));
  if (!waits) return absl::OkStatus();
  return store
      .Write([&](Transaction& transaction) -> absl::Status {
        GB_RETURN_IF_ERROR(look(transaction));
        if (!waits) return absl::OkStatus();
        GB_ASSIGN_OR_RETURN(const SecretString key,
                            sealer.Open(record->value.sealed_hash_key(), kPlace));
        record->value.set_sealed_hash_key(sealer.Seal(key, kPlace));
        return PutRecord(transaction, kAuditKeyDocument, record->value);
      })
      .status();
}

}  // namespace guestbridge::server
