#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "sync-agent/source/onec_odata/client_pager.h"
#include "sync-agent/source/source.h"

namespace guestbridge::agent {

// Sorts out of the keys that a history or an exchange plan names those whose rows must
// be read. A client whose newest version is likely our own write-back is looked at by
// its version first, for a mass write-back names every client once more; so is one that
// the history names only as it did at the reading before.
//
// A few are looked up by key, 20 to a request. Of many, all keys and versions of the
// base are listed instead when that is cheaper: the base is asked for its number of
// clients, a request counts as much as 2,500 narrow rows. Memory: the keys. One thread
// at a time. Errors: ODataSession's and the caller's; after an UNAVAILABLE one Step may
// be called again, and goes on where it was.
class EchoSieve {
 public:
  // `keys` and `once_more`, some of them, are sorted, each once. `known` is not null.
  // `table` outlives the object.
  EchoSieve(std::vector<ClientKey> keys, std::vector<ClientKey> once_more,
            KnownRows known, ClientTable& table);
  ~EchoSieve();

  // Reaches 1C about once. True: done.
  absl::StatusOr<bool> Step();
  // When done, once: keys whose rows must be read.
  std::vector<ClientKey> TakeWanted();

 private:
  enum class Phase { kSplit, kChoose, kPages, kLookUps, kDone };

  absl::Status Split();
  absl::Status Choose();
  absl::Status TakePage();
  absl::Status LookUp();
  // Moves those of `narrow` whose version is not the known one to wanted_.
  absl::Status Compare(const std::vector<ClientRow>& narrow);

  const KnownRows known_;
  ClientTable& table_;
  Phase phase_ = Phase::kSplit;
  const std::vector<ClientKey> once_more_;
  std::vector<ClientKey> keys_;    // all, then those that are looked at by version
  std::vector<ClientKey> wanted_;  // sorted when done
  size_t at_ = 0;                  // of the look-ups
  std::unique_ptr<ClientPager> pager_;
  std::optional<ClientRows> page_;  // listed, not yet compared
  std::vector<bool> met_;           // of keys_, in the pages
  size_t left_ = 0;                 // not met yet
};

}  // namespace guestbridge::agent
