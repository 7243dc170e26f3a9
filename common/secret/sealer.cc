#include "common/secret/sealer.h"

#include <openssl/crypto.h>

#include <optional>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "common/secret/aes_gcm.h"
#include "common/secret/digest.h"
#include "common/secret/key_file.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"

// sealed      = version key-id wrapped nonce ciphertext tag
// version     = 0x01
// key-id      = first 8 bytes of SHA-256("guestbridge key id" key)
// wrapped     = wrap-nonce(12) data-key(32, encrypted) tag(16)
// nonce       = 12 bytes
// Associated data of both encryptions: version key-id 0x00 place.
namespace guestbridge {
namespace {

using secret_internal::Decrypt;
using secret_internal::Encrypt;
using secret_internal::kKeyBytes;
using secret_internal::kNonceBytes;
using secret_internal::kTagBytes;

constexpr char kVersion = 1;
constexpr size_t kKeyIdBytes = 8;
constexpr size_t kWrappedBytes = kNonceBytes + kKeyBytes + kTagBytes;
constexpr size_t kMinSealedBytes =
    1 + kKeyIdBytes + kWrappedBytes + kNonceBytes + kTagBytes;

std::string RandomBytes(Random& random, size_t count) {
  std::string bytes;
  bytes.reserve(count + 8);
  while (bytes.size() < count) {
    uint64_t bits = random.Next64();
    for (int i = 0; i < 8; ++i, bits >>= 8) {
      bytes.push_back(static_cast<char>(bits & 0xff));
    }
  }
  bytes.resize(count);
  return bytes;
}

std::string AssociatedData(absl::string_view key_id, absl::string_view place) {
  return absl::StrCat(absl::string_view(&kVersion, 1), key_id,
                      absl::string_view("\0", 1), place);
}

class FileKeySealer final : public Sealer {
 public:
  FileKeySealer(SecretString key, Random& random)
      : key_(std::move(key)),
        key_id_(absl::HexStringToBytes(
            Sha256Hex(absl::StrCat("guestbridge key id", key_.Reveal()))
                .substr(0, 2 * kKeyIdBytes))),
        random_(random) {}

  std::string Seal(const SecretString& secret, absl::string_view place) override {
    const std::string associated = AssociatedData(key_id_, place);
    const SecretString data_key(RandomBytes(random_, kKeyBytes));
    const std::string wrap_nonce = RandomBytes(random_, kNonceBytes);
    const std::string nonce = RandomBytes(random_, kNonceBytes);
    return absl::StrCat(
        absl::string_view(&kVersion, 1), key_id_, wrap_nonce,
        Encrypt(key_.Reveal(), wrap_nonce, associated, data_key.Reveal()), nonce,
        Encrypt(data_key.Reveal(), nonce, associated, secret.Reveal()));
  }

  absl::StatusOr<SecretString> Open(absl::string_view sealed,
                                    absl::string_view place) override {
    const absl::Status corrupt =
        MakeError("SECRET_CORRUPT", {{"place", std::string(place)}});
    if (sealed.size() < kMinSealedBytes || sealed[0] != kVersion) return corrupt;
    sealed.remove_prefix(1);
    const absl::string_view sealed_key_id = Take(&sealed, kKeyIdBytes);
    if (sealed_key_id != key_id_) {
      return MakeError("SECRET_KEY_MISMATCH",
                       {{"sealed_key", absl::BytesToHexString(sealed_key_id)},
                        {"file_key", KeyId()},
                        {"place", std::string(place)}});
    }
    const std::string associated = AssociatedData(key_id_, place);
    const absl::string_view wrap_nonce = Take(&sealed, kNonceBytes);
    const absl::string_view wrapped = Take(&sealed, kKeyBytes + kTagBytes);
    std::optional<std::string> data_key =
        Decrypt(key_.Reveal(), wrap_nonce, associated, wrapped);
    if (!data_key.has_value()) return corrupt;
    const SecretString opened_key(*std::move(data_key));
    const absl::string_view nonce = Take(&sealed, kNonceBytes);
    std::optional<std::string> plain =
        Decrypt(opened_key.Reveal(), nonce, associated, sealed);
    if (!plain.has_value()) return corrupt;
    return SecretString(*std::move(plain));
  }

  std::string KeyId() const override { return absl::BytesToHexString(key_id_); }

 private:
  static absl::string_view Take(absl::string_view* bytes, size_t count) {
    const absl::string_view taken = bytes->substr(0, count);
    bytes->remove_prefix(count);
    return taken;
  }

  const SecretString key_;
  const std::string key_id_;
  Random& random_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<Sealer>> OpenSealer(const std::string& key_file,
                                                   bool create, Random& random) {
  absl::StatusOr<SecretString> key = ReadKeyFile(key_file);
  if (!key.ok() && create && ReasonOf(key.status()) == "KEY_FILE_MISSING") {
    GB_RETURN_IF_ERROR(
        WriteKeyFile(key_file, SecretString(RandomBytes(random, kKeyBytes))));
    key = ReadKeyFile(key_file);
  }
  if (!key.ok()) return key.status();
  return std::make_unique<FileKeySealer>(*std::move(key), random);
}

}  // namespace guestbridge
