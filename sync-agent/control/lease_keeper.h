#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/time/clock.h"
#include "guestbridge/v1/agent_control.pb.h"

namespace guestbridge::agent {

// Holds the lease of one integration's base while it is wanted: takes it, renews it
// every 20 s, and tries again for as long as somebody else holds it or the server is
// away. All times count on the steady clock from before the request left. Thread-safe.
class LeaseKeeper {
 public:
  using Acquire = std::function<absl::StatusOr<guestbridge::v1::Lease>(
      const guestbridge::v1::AcquireLeaseRequest& request)>;
  // What to ask for, as of now (the ledger's sequence grows, its stamp changes).
  using Claim = std::function<guestbridge::v1::AcquireLeaseRequest()>;
  // Makes the ledger's new stamp durable, and before it that the ledger is cold.
  using Keep = std::function<absl::Status(const std::string& stamp, bool cold)>;

  LeaseKeeper(Acquire acquire, const Clock& clock);
  ~LeaseKeeper();

  // Starts the thread. Without it the owner calls Tick.
  void Start();

  // Begins anew: what was known of an earlier lease still counts towards end().
  void Want(Claim claim, Keep keep);
  // Asks again at once, and waits at most so long for the answer, while it is held.
  // True when the server has granted what was asked with.
  bool Renew(absl::Duration longest);
  // Renews no longer; the lease ends by itself.
  void Leave();

  // Until when contacts may be created; the past when there is no lease.
  absl::Duration end() const;

  struct Word {
    bool held = false;     // taken since Want
    bool cold = false;     // the ledger is not the one that wrote last
    absl::Status error;    // why it is not held, or could not be renewed
    bool refused = false;  // `error` is final: a person must act
  };
  Word word() const;
  // At most `longest`; comes back early when something changed.
  Word Await(absl::Duration longest) const;

  // Does what is due and returns how long to wait for the next.
  absl::Duration Tick();

 private:
  absl::Duration PauseLocked() const;

  const Acquire acquire_;
  const Clock& clock_;
  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  bool stopping_ = false;
  uint64_t wanted_ = 0;   // counts Want, Renew and Leave
  uint64_t granted_ = 0;  // as it was when the last lease that came was asked for
  std::optional<Claim> claim_;
  Keep keep_;
  bool begins_ = false;  // the ledger was not stamped since Want
  bool cold_ = false;    // said together with the stamp
  absl::Duration due_;   // when to ask next
  absl::Duration end_ = -absl::InfiniteDuration();
  Word word_;
  std::thread thread_;
};

}  // namespace guestbridge::agent
