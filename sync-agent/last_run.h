#pragma once

#include <cstdint>
#include <optional>

#include "absl/status/status.h"
#include "guestbridge/v1/run.pb.h"
#include "sync-agent/ledger/ledger.h"
#include "sync-agent/model/ids.h"

// The run that ended last, kept with the ledger: its end survives a lost connection and
// a restart. Errors: those of the ledger.
namespace guestbridge::agent {

struct LastRun {
  guestbridge::v1::Run run;
  int64_t written_before = 0;  // WriteBackCounts::done when it began
};

absl::Status KeepLastRun(Ledger& ledger, const LastRun& last);
// Nothing where none is kept, or none that can be read.
std::optional<LastRun> RecallLastRun(Ledger& ledger);
// Nothing in it names the client any more; it goes as a whole where that can't be done
// otherwise.
absl::Status RemoveFromLastRun(const ClientKey& client, Ledger& ledger);

}  // namespace guestbridge::agent
