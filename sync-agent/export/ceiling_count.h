#pragma once

#include <optional>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "sync-agent/ledger/ledger.h"
#include "sync-agent/model/run_ceilings.h"
#include "sync-agent/portal/portal.h"

namespace guestbridge::agent {

// Under this note the ledger keeps what was counted.
inline constexpr char kCeilingsNote[] = "ceilings";

// Counts what leaves for the portal, before it leaves, against the ceilings of the
// local policy. The count is the ledger's: a run that is resumed goes on with it, and
// so does the run after one that did not reach its end, or a run could be cancelled and
// started again for ever. What was stopped at a ceiling goes on with another ceiling
// only, which is a person's word on the agent's machine: not by later runs, in
// portions. As thread-safe as the ledger; without ceilings it touches nothing.
class CeilingCount {
 public:
  // `ledger` outlives it.
  CeilingCount(const RunCeilings& ceilings, Ledger& ledger)
      : ceilings_(ceilings), ledger_(ledger) {}

  // Of commands that are about to leave. An error: they must not, and nothing of them
  // is counted. Errors: POLICY_CEILING_CREATIONS, _UPDATES, _DELETIONS
  // (FAILED_PRECONDITION); those of the ledger.
  absl::Status Take(const std::vector<Command>& commands);
  // Of commands that were taken: they did not leave.
  absl::Status GiveBack(const std::vector<Command>& commands);
  // Of commands that were taken: what was surely not carried out counts no more.
  absl::Status Learn(const std::vector<Command>& commands,
                     const std::vector<CommandResult>& results);
  // A run has come to its end: the next one counts anew.
  absl::Status RunEnded();
  // How many contacts may still leave by `method`, at least 1: a request of that many
  // finds out whether there are too many. Nothing: as many as there are.
  std::optional<int> RoomFor(const char* method);

 private:
  struct Counter {
    int taken = 0;
    bool stopped = false;
  };
  struct Counters {
    Counter creations;
    Counter updates;
    Counter deletions;
  };
  struct Amounts {
    int creations = 0;
    int updates = 0;
    int deletions = 0;
  };

  static Amounts Count(const std::vector<Command>& commands);
  absl::Status Return(const Amounts& amounts);
  absl::StatusOr<Counters> Load();
  absl::Status Store(const Counters& counters);

  const RunCeilings ceilings_;
  Ledger& ledger_;
};

}  // namespace guestbridge::agent
