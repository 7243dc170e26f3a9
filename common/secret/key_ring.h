#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "common/random/random.h"
#include "common/secret/sealer.h"
#include "common/secret/secret_string.h"

namespace guestbridge {

// As Sealer::KeyId.
std::string KeyIdOf(const SecretString& key);

// 32 random bytes.
SecretString MakeKey(Random& random);

// Several key-encryption keys: one that seals, and all that may still open.
// Thread-safe.
class KeyRing final : public Sealer {
 public:
  // `first` seals, until Use. `random` outlives it.
  KeyRing(SecretString first, Random& random);

  // Keys that are in it already are passed over.
  void Add(const std::vector<SecretString>& keys);
  bool Has(const std::string& key_id) const;
  // From now on this one seals. False: it is not in the ring.
  bool Use(const std::string& key_id);
  // Whether Seal takes the form with a number; it does from the start. Without: for
  // programs of before, which open no other.
  void SealNumbered(bool numbered) { numbered_ = numbered; }
  // Called each time that a value names a key which is not in the ring; from within
  // transactions, so it does not wait. Set before the ring is shared.
  void SetOnMissing(std::function<void()> on_missing) {
    on_missing_ = std::move(on_missing);
  }

  std::string Seal(const SecretString& secret, absl::string_view place) override;
  absl::StatusOr<SecretString> Open(absl::string_view sealed,
                                    absl::string_view place) override;
  bool numbers() const override { return numbered_; }
  std::string KeyId() const override;
  std::string Prove(absl::string_view message) override;
  absl::Status CheckProof(absl::string_view message, absl::string_view proof,
                          absl::string_view place) override;

 private:
  // Keys are never taken out, so that what this returns stays. Null: not there.
  const SecretString* Find(const std::string& key_id) const;
  absl::StatusOr<const SecretString*> Need(const std::string& key_id,
                                           absl::string_view place) const;
  // The key that seals, with its id.
  std::pair<std::string, const SecretString*> Current() const;

  Random& random_;
  std::function<void()> on_missing_;
  std::atomic<bool> numbered_ = true;
  mutable std::mutex mutex_;
  std::map<std::string, std::unique_ptr<const SecretString>> keys_;  // By id.
  std::string current_;
};

}  // namespace guestbridge
