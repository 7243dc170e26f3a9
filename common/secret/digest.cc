#include "common/secret/digest.h"

#include <openssl/sha.h>

#include "absl/strings/escaping.h"

namespace guestbridge {
namespace {

std::string Sha256(absl::string_view data) {
  std::string digest(SHA256_DIGEST_LENGTH, '\0');
  SHA256(reinterpret_cast<const unsigned char*>(data.data()), data.size(),
         reinterpret_cast<unsigned char*>(digest.data()));
  return digest;
}

}  // namespace

std::string Sha256Base64Url(absl::string_view data) {
  std::string text = absl::WebSafeBase64Escape(Sha256(data));
  while (!text.empty() && text.back() == '=') text.pop_back();
  return text;
}

std::string Sha256Hex(absl::string_view data) {
  return absl::BytesToHexString(Sha256(data));
}

}  // namespace guestbridge
