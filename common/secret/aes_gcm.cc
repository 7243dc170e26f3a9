#include "common/secret/aes_gcm.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <cstdlib>
#include <memory>

namespace guestbridge::secret_internal {
namespace {

struct FreeContext {
  void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
};
using Context = std::unique_ptr<EVP_CIPHER_CTX, FreeContext>;

const unsigned char* Bytes(absl::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

// OpenSSL fails here only without memory or with a broken installation.
void Require(int result) {
  if (result != 1) std::abort();
}

}  // namespace

std::string Encrypt(absl::string_view key, absl::string_view nonce,
                    absl::string_view associated, absl::string_view plain) {
  const Context context(EVP_CIPHER_CTX_new());
  std::string out(plain.size() + kTagBytes, '\0');
  auto* data = reinterpret_cast<unsigned char*>(out.data());
  int length = 0;
  Require(EVP_EncryptInit_ex(context.get(), EVP_aes_256_gcm(), nullptr, Bytes(key),
                             Bytes(nonce)));
  Require(EVP_EncryptUpdate(context.get(), nullptr, &length, Bytes(associated),
                            static_cast<int>(associated.size())));
  Require(EVP_EncryptUpdate(context.get(), data, &length, Bytes(plain),
                            static_cast<int>(plain.size())));
  Require(EVP_EncryptFinal_ex(context.get(), data + length, &length));
  Require(EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_GCM_GET_TAG, kTagBytes,
                              data + plain.size()));
  return out;
}

std::optional<std::string> Decrypt(absl::string_view key, absl::string_view nonce,
                                   absl::string_view associated,
                                   absl::string_view sealed) {
  if (sealed.size() < kTagBytes) return std::nullopt;
  const size_t plain_size = sealed.size() - kTagBytes;
  std::string tag(sealed.substr(plain_size));
  // One byte more, so that data() is a buffer even for an empty text.
  std::string out(plain_size + 1, '\0');
  auto* data = reinterpret_cast<unsigned char*>(out.data());
  int length = 0;
  const Context context(EVP_CIPHER_CTX_new());
  Require(EVP_DecryptInit_ex(context.get(), EVP_aes_256_gcm(), nullptr, Bytes(key),
                             Bytes(nonce)));
  Require(EVP_DecryptUpdate(context.get(), nullptr, &length, Bytes(associated),
                            static_cast<int>(associated.size())));
  Require(EVP_DecryptUpdate(context.get(), data, &length, Bytes(sealed),
                            static_cast<int>(plain_size)));
  Require(
      EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_GCM_SET_TAG, kTagBytes, tag.data()));
  if (EVP_DecryptFinal_ex(context.get(), data + length, &length) != 1) {
    OPENSSL_cleanse(out.data(), out.size());
    return std::nullopt;
  }
  out.pop_back();
  return out;
}

}  // namespace guestbridge::secret_internal
