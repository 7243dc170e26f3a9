#include "common/secret/sealed_form.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <cstdlib>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "common/secret/aes_gcm.h"
#include "common/secret/digest.h"
#include "common/secret/sealer.h"

namespace guestbridge {

namespace secret_internal {
namespace {

constexpr char kUnnumbered = 1;
constexpr char kNumbered = 2;
constexpr char kProof = 1;
constexpr size_t kNumberBytes = 8;
constexpr size_t kHmacBytes = 32;
// Wrapped data key, nonce and the tag of an empty secret.
constexpr size_t kMinBodyBytes =
    kNonceBytes + kKeyBytes + kTagBytes + kNonceBytes + kTagBytes;

absl::string_view Take(absl::string_view* bytes, size_t count) {
  const absl::string_view taken = bytes->substr(0, count);
  bytes->remove_prefix(count);
  return taken;
}

std::string AssociatedData(absl::string_view head, absl::string_view place) {
  return absl::StrCat(head, absl::string_view("\0", 1), place);
}

// 0: neither form.
size_t HeadBytes(absl::string_view sealed) {
  if (sealed.empty()) return 0;
  if (sealed[0] == kUnnumbered) return 1 + kKeyIdBytes;
  if (sealed[0] == kNumbered) return 1 + kKeyIdBytes + kNumberBytes;
  return 0;
}

std::string Hmac(absl::string_view key, absl::string_view message) {
  std::string out(kHmacBytes, '\0');
  unsigned int size = 0;
  const unsigned char* const made =
      HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
           reinterpret_cast<const unsigned char*>(message.data()), message.size(),
           reinterpret_cast<unsigned char*>(out.data()), &size);
  if (made == nullptr || size != kHmacBytes) std::abort();  // only without memory
  return out;
}

}  // namespace

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

std::string RawKeyIdOf(const SecretString& key) {
  const SecretString labelled(absl::StrCat("guestbridge key id", key.Reveal()));
  return absl::HexStringToBytes(
      Sha256Hex(labelled.Reveal()).substr(0, 2 * kKeyIdBytes));
}

std::string SealWith(const SecretString& key, Random& random,
                     const SecretString& secret, absl::string_view place,
                     SealForm form) {
  const bool numbered = form == SealForm::kNumbered;
  std::string number;
  if (numbered) {
    number = RandomBytes(random, kNumberBytes);
    if (number == std::string(kNumberBytes, '\0')) number.back() = 1;
  }
  const std::string head =
      absl::StrCat(absl::string_view(numbered ? &kNumbered : &kUnnumbered, 1),
                   RawKeyIdOf(key), number);
  const std::string associated = AssociatedData(head, place);
  const SecretString data_key(RandomBytes(random, kKeyBytes));
  const std::string wrap_nonce = RandomBytes(random, kNonceBytes);
  const std::string nonce = RandomBytes(random, kNonceBytes);
  return absl::StrCat(head, wrap_nonce,
                      Encrypt(key.Reveal(), wrap_nonce, associated, data_key.Reveal()),
                      nonce,
                      Encrypt(data_key.Reveal(), nonce, associated, secret.Reveal()));
}

std::optional<SecretString> OpenWith(const SecretString& key, absl::string_view sealed,
                                     absl::string_view place) {
  const absl::string_view head = Take(&sealed, HeadBytes(sealed));
  const std::string associated = AssociatedData(head, place);
  const absl::string_view wrap_nonce = Take(&sealed, kNonceBytes);
  const absl::string_view wrapped = Take(&sealed, kKeyBytes + kTagBytes);
  std::optional<std::string> data_key =
      Decrypt(key.Reveal(), wrap_nonce, associated, wrapped);
  if (!data_key.has_value()) return std::nullopt;
  const SecretString opened_key(*std::move(data_key));
  const absl::string_view nonce = Take(&sealed, kNonceBytes);
  std::optional<std::string> plain =
      Decrypt(opened_key.Reveal(), nonce, associated, sealed);
  if (!plain.has_value()) return std::nullopt;
  return SecretString(*std::move(plain));
}

std::string ProveWith(const SecretString& key, absl::string_view message) {
  const SecretString proof_key(Hmac(key.Reveal(), "guestbridge proof key"));
  return absl::StrCat(absl::string_view(&kProof, 1), RawKeyIdOf(key),
                      Hmac(proof_key.Reveal(), message));
}

}  // namespace secret_internal

std::optional<SealHead> ReadSealHead(absl::string_view sealed) {
  using namespace secret_internal;
  const size_t head_bytes = HeadBytes(sealed);
  if (head_bytes == 0 || sealed.size() < head_bytes + kMinBodyBytes) {
    return std::nullopt;
  }
  SealHead head;
  head.numbered = sealed[0] == kNumbered;
  head.key_id = absl::BytesToHexString(sealed.substr(1, kKeyIdBytes));
  if (head.numbered) {
    for (const char byte : sealed.substr(1 + kKeyIdBytes, kNumberBytes)) {
      head.number = head.number << 8 | static_cast<unsigned char>(byte);
    }
  }
  return head;
}

std::string KeyIdOfProof(absl::string_view proof) {
  using namespace secret_internal;
  if (proof.size() != 1 + kKeyIdBytes + kHmacBytes || proof[0] != kProof) return "";
  return absl::BytesToHexString(proof.substr(1, kKeyIdBytes));
}

}  // namespace guestbridge
