#pragma once

#include <map>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/time/clock.h"
#include "server/secrets/secret_keys.h"
#include "server/store/store.h"

namespace guestbridge::server {

// How the secrets of a database stand.
struct SealCounts {
  // By key id. Of keys other than the one that seals also proofs of indexes, and the
  // audit's key.
  std::map<std::string, int> under;
  int secrets = 0;
  // Secrets, proofs and the audit's key that are not under the key that seals, and
  // secrets without a number though the database has numbers. 0: no other key is
  // needed.
  int waiting = 0;
  int damaged = 0;  // In no form that is known.
};

// Brings all secrets under the key that seals now: record by record, each in a
// transaction of its own, so that it may be killed at any time and that several servers
// may do it at once. Tick from one thread.
class Resealer {
 public:
  Resealer(Store& store, SecretKeys& keys, const Clock& clock)
      : store_(store), keys_(keys), clock_(clock) {}

  // Follows the database's key; then, when that has changed or a minute has passed,
  // looks at every record. False: it could not be followed, so nothing is sealed anew.
  bool Tick();

  // Looks at every record; answers how many it sealed anew. What cannot be sealed anew
  // is logged and left as it is: a secret that does not open, one that was rolled back,
  // tokens that a refresh will replace in a moment.
  absl::StatusOr<int> Sweep();

  // Thread-safe.
  absl::StatusOr<SealCounts> Count();

 private:
  absl::StatusOr<bool> ResealOne(const std::string& key);

  Store& store_;
  SecretKeys& keys_;
  const Clock& clock_;
  std::string swept_for_;  // Key id of the last sweep.
  bool swept_numbered_ = true;
  absl::Duration swept_ = -absl::InfiniteDuration();
  std::string failed_;  // Why following failed last; empty: it did not.
};

}  // namespace guestbridge::server
