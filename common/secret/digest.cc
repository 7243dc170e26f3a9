#include "common/secret/digest.h"

#include <openssl/evp.h>
#include <openssl/sha.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <memory>

#include "absl/strings/escaping.h"

namespace guestbridge {
namespace {

struct FreeContext {
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};

using Digest = std::array<char, SHA256_DIGEST_LENGTH>;

Digest Sha256(absl::string_view data) {
  // Looking the algorithm up costs more than the digest of a short text.
  static const EVP_MD* const sha256 = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  thread_local const std::unique_ptr<EVP_MD_CTX, FreeContext> context(EVP_MD_CTX_new());
  Digest digest;
  const bool done =
      EVP_DigestInit_ex2(context.get(), sha256, nullptr) == 1 &&
      EVP_DigestUpdate(context.get(), data.data(), data.size()) == 1 &&
      EVP_DigestFinal_ex(context.get(), reinterpret_cast<unsigned char*>(digest.data()),
                         nullptr) == 1;
  if (!done) std::abort();  // only without memory or without a provider
  return digest;
}

}  // namespace

std::string Sha256Base64Url(absl::string_view data, size_t length) {
  const Digest digest = Sha256(data);
  // Three bytes are four characters: no more of them than are asked for.
  const size_t bytes = std::min(digest.size(), (length + 3) / 4 * 3);
  std::string text = absl::WebSafeBase64Escape(absl::string_view(digest.data(), bytes));
  text.resize(std::min(length, kSha256Base64UrlLength));
  return text;
}

std::string Sha256Hex(absl::string_view data) {
  const Digest digest = Sha256(data);
  return absl::BytesToHexString(absl::string_view(digest.data(), digest.size()));
}

}  // namespace guestbridge
