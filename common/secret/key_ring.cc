#include "common/secret/key_ring.h"

#include <optional>
#include <utility>

#include "absl/strings/escaping.h"
#include "common/secret/aes_gcm.h"
#include "common/secret/sealed_form.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"

namespace guestbridge {

std::string KeyIdOf(const SecretString& key) {
  return absl::BytesToHexString(secret_internal::RawKeyIdOf(key));
}

SecretString MakeKey(Random& random) {
  return SecretString(secret_internal::RandomBytes(random, secret_internal::kKeyBytes));
}

KeyRing::KeyRing(SecretString first, Random& random)
    : random_(random), current_(KeyIdOf(first)) {
  keys_[current_] = std::make_unique<const SecretString>(std::move(first));
}

void KeyRing::Add(const std::vector<SecretString>& keys) {
  const std::lock_guard<std::mutex> lock(mutex_);
  for (const SecretString& key : keys) {
    auto& place = keys_[KeyIdOf(key)];
    if (place == nullptr) place = std::make_unique<const SecretString>(key);
  }
}

bool KeyRing::Has(const std::string& key_id) const { return Find(key_id) != nullptr; }

bool KeyRing::Use(const std::string& key_id) {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (keys_.find(key_id) == keys_.end()) return false;
  current_ = key_id;
  return true;
}

std::string KeyRing::KeyId() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return current_;
}

const SecretString* KeyRing::Find(const std::string& key_id) const {
  const std::lock_guard<std::mutex> lock(mutex_);
  const auto found = keys_.find(key_id);
  return found == keys_.end() ? nullptr : found->second.get();
}

std::pair<std::string, const SecretString*> KeyRing::Current() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return {current_, keys_.at(current_).get()};
}

absl::StatusOr<const SecretString*> KeyRing::Need(const std::string& key_id,
                                                  absl::string_view place) const {
  const SecretString* const key = Find(key_id);
  if (key != nullptr) return key;
  if (on_missing_) on_missing_();
  return MakeError(
      "SECRET_KEY_MISMATCH",
      {{"sealed_key", key_id}, {"file_key", KeyId()}, {"place", std::string(place)}});
}

std::string KeyRing::Seal(const SecretString& secret, absl::string_view place) {
  return secret_internal::SealWith(*Current().second, random_, secret, place,
                                   numbered_ ? secret_internal::SealForm::kNumbered
                                             : secret_internal::SealForm::kUnnumbered);
}

absl::StatusOr<SecretString> KeyRing::Open(absl::string_view sealed,
                                           absl::string_view place) {
  const absl::Status corrupt =
      MakeError("SECRET_CORRUPT", {{"place", std::string(place)}});
  const std::optional<SealHead> head = ReadSealHead(sealed);
  if (!head.has_value()) return corrupt;
  GB_ASSIGN_OR_RETURN(const SecretString* const key, Need(head->key_id, place));
  std::optional<SecretString> opened = secret_internal::OpenWith(*key, sealed, place);
  if (!opened.has_value()) return corrupt;
  return *std::move(opened);
}

std::string KeyRing::Prove(absl::string_view message) {
  return secret_internal::ProveWith(*Current().second, message);
}

absl::Status KeyRing::CheckProof(absl::string_view message, absl::string_view proof,
                                 absl::string_view place) {
  const absl::Status corrupt =
      MakeError("SECRET_CORRUPT", {{"place", std::string(place)}});
  const std::string key_id = KeyIdOfProof(proof);
  if (key_id.empty()) return corrupt;
  GB_ASSIGN_OR_RETURN(const SecretString* const key, Need(key_id, place));
  return ConstantTimeEquals(secret_internal::ProveWith(*key, message), proof)
             ? absl::OkStatus()
             : corrupt;
}

}  // namespace guestbridge
