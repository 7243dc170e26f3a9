#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/random/random.h"
#include "common/secret/key_ring.h"
#include "common/time/clock.h"
#include "server/secrets/key_source.h"
#include "server/store/store.h"

namespace guestbridge::server {

// The key-encryption keys of one database. Which of them seals is written there
// (`meta/key`), so all servers of a database agree; the keys themselves come from each
// server's source. Thread-safe.
class SecretKeys {
 public:
  struct Key {
    std::string key_id;
    int number = 0;  // By age, from 1. 0: in the source, and never used.
    absl::Time since = absl::InfinitePast();  // When it became the one that seals.
    bool seals = false;
    bool here = false;  // This server has it.
  };

  // A lost or wrong key is found here, not when a secret is needed at night. At the
  // first start of a database its key is the source's first, made when the source can.
  // All arguments but `source` outlive it. Errors: those of the source,
  // SECRET_KEY_MISMATCH.
  static absl::StatusOr<std::unique_ptr<SecretKeys>> Open(
      Store& store, std::unique_ptr<KeySource> source, Random& random,
      const Clock& clock);

  // From here on the database is written through this, which records what is done.
  // Outlives the keys; called before any other thread uses them.
  void WriteThrough(Store& store) { store_ = &store; }

  Sealer& sealer() { return *ring_; }

  // Id of the key that seals, as the database says. The sealer may be behind: until
  // Follow, and for as long as that key is not here.
  absl::StatusOr<std::string> InForce();
  // Whether secrets are sealed with a number. Not on a database that servers from
  // before there were numbers have used, until NumberSeals.
  bool numbered() const { return numbered_; }
  // From now on they are, by every server that follows: none of before runs any more.
  // What those sealed is in force until the resealer has given it a number; what is not
  // there by now never is.
  absl::Status NumberSeals();

  // Makes the source's one new key the one that seals; when there is none and the
  // source can, a new one first. `shared`: other servers have the database too, and
  // nobody makes a key that only one of them would have. Errors: OLDER_SERVERS_RUN
  // while seals have no number, NEW_KEY_MISSING, NEW_KEY_AMBIGUOUS,
  // KEY_CHANGED_MEANWHILE (ABORTED), those of the source.
  absl::Status Rotate(bool shared);

  // Takes up the key that another server, or a restored database, made the one that
  // seals. Asks the source for keys that were missing, at most every ten seconds and
  // outside any transaction: a command may take its time. Errors: SECRET_KEY_MISMATCH
  // when it is not here.
  absl::Status Follow();

  // By number; unused ones last.
  absl::StatusOr<std::vector<Key>> List();

 private:
  SecretKeys(Store& store, std::unique_ptr<KeySource> source, KeyRing* ring,
             const Clock& clock);
  void LookForMore();
  void TakeForm(bool numbered);
  absl::Status CompleteRecord();

  Store* store_;
  const std::unique_ptr<KeySource> source_;
  const std::unique_ptr<KeyRing> ring_;
  const Clock& clock_;
  std::mutex rotating_;
  std::mutex following_;
  std::atomic<bool> numbered_ = true;
  std::atomic<bool> missed_ = false;  // A key that a stored value names.
  absl::Duration asked_ = -absl::InfiniteDuration();  // The source (steady clock).
};

}  // namespace guestbridge::server
