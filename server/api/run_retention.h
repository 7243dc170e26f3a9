#pragma once

#include <map>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/time/clock.h"
#include "guestbridge/v1/integration.pb.h"
#include "server/store/store.h"

namespace guestbridge::server {

// How long the runs of an integration are kept when nobody has said.
inline constexpr absl::Duration kRunsKept = absl::Hours(24 * 400);
inline constexpr absl::Duration kKeptAtLeast = absl::Hours(24);
inline constexpr absl::Duration kKeptAtMost = absl::Hours(24 * 3650);

// Errors: RETENTION_OUT_OF_RANGE (INVALID_ARGUMENT, names the field).
absl::Status CheckRetention(const v1::Retention& retention);

// Removes runs, with their failures, that ended longer ago than their integration keeps
// them. What others still look for stays however old it is: runs that have not ended,
// the newest of each kind (the last export, the dry run whose plan may be carried out),
// and those with doubts while the ledger has any. A run may lose the failures that it
// lists before it goes, and says so in a notice. One thread at a time.
class RunRetention {
 public:
  RunRetention(Store& store, const Clock& clock) : store_(store), clock_(clock) {}

  // Looks at a small portion of each integration's runs, going on where it stopped;
  // answers how many it removed or shortened.
  absl::StatusOr<int> Prune();

 private:
  struct Kept {
    absl::Duration runs;
    absl::Duration failures;
  };
  absl::StatusOr<int> PruneOne(const std::string& id, const Kept& kept);

  Store& store_;
  const Clock& clock_;
  std::map<std::string, std::string> looked_at_;  // By id: key of the last run.
};

}  // namespace guestbridge::server
