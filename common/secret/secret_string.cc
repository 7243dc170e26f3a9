#include "common/secret/secret_string.h"

#include <openssl/crypto.h>

namespace guestbridge {
namespace {

// The whole buffer: a string that was once longer keeps the tail.
void Wipe(std::string* value) {
  value->resize(value->capacity());
  OPENSSL_cleanse(value->data(), value->size());
  value->clear();
}

}  // namespace

SecretString::SecretString(SecretString&& other) noexcept
    : value_(std::move(other.value_)) {
  Wipe(&other.value_);  // A short string is copied by its move.
}

SecretString& SecretString::operator=(const SecretString& other) {
  if (this != &other) {
    Wipe(&value_);
    value_ = other.value_;
  }
  return *this;
}

SecretString& SecretString::operator=(SecretString&& other) noexcept {
  if (this != &other) {
    Wipe(&value_);
    value_.swap(other.value_);
  }
  return *this;
}

SecretString::~SecretString() { Wipe(&value_); }

bool ConstantTimeEquals(absl::string_view a, absl::string_view b) {
  return a.size() == b.size() && CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace guestbridge
