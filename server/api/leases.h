#pragma once

#include <mutex>
#include <optional>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "common/time/clock.h"
#include "guestbridge/v1/agent_control.pb.h"
#include "server/store/record.pb.h"
#include "server/store/store.h"
#include "server/watch/session.h"

namespace guestbridge::server {

inline constexpr absl::Duration kLeaseLife = absl::Seconds(60);
inline constexpr absl::Duration kHeartbeat = absl::Seconds(20);

// The lease under `key`. What was written before the database was set back says nothing
// of who wrote last: such a lease is nobody's (no installation, no ledger), and ends no
// sooner than one that was given right before; so is one that is not there.
absl::StatusOr<std::optional<store::LeaseRecord>> LeaseInForce(Transaction& transaction,
                                                               const std::string& key);

// One writer per base and portal (docs/design/exactly-once.md): who may create contacts
// now, and whether it has to look first. Also binds an integration to its base.
// Thread-safe.
class Leases {
 public:
  Leases(Store& store, const Clock& clock) : store_(store), clock_(clock) {}

  // Errors: INTEGRATION_NOT_ASSIGNED (also when there is none), CONNECTION_NOT_SET,
  // LEDGER_IDENTITY_INVALID, BASE_CHANGED, BASE_ALREADY_CONNECTED, LEASE_HELD.
  absl::StatusOr<v1::Lease> Acquire(const Session& session,
                                    const v1::AcquireLeaseRequest& request);

  // Ends the leases of an installation now. The same ledger gets its lease back at
  // once; another one still waits for the settle time.
  absl::Status Release(const std::string& installation);

 private:
  // A lease under `key` ends then.
  void NoteEnd(const std::string& key, absl::Duration in);
  // Until its end by either clock: the wall clock may have been set forward since.
  absl::Duration LeftOf(const std::string& key, const store::LeaseRecord& record,
                        absl::Time now) const;

  Store& store_;
  const Clock& clock_;
  mutable std::mutex mutex_;
  // Of leases that this process gave, by key, on the steady clock; guarded by mutex_.
  absl::flat_hash_map<std::string, absl::Duration> ends_;
};

}  // namespace guestbridge::server
