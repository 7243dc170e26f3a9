#pragma once

#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "guestbridge/v1/error.pb.h"
#include "server/identity/authorize.h"
#include "server/store/store.h"
#include "server/watch/session_hub.h"

// A second agent of an integration, which takes over when the first is lost.
namespace guestbridge::server {

namespace v1 = guestbridge::v1;

// Whether `agent` may be named as the standby; empty is none. Errors:
// AGENT_NAME_INVALID, AGENT_NOT_FOUND (also for who reaches none of its integrations),
// STANDBY_SERVES.
absl::Status CheckStandby(Transaction& transaction, const std::string& id,
                          const std::string& agent, const Reach& reach);

// Why nobody would take over from `serving` though `standby` is named; nothing when it
// would. Texts are not filled in.
absl::StatusOr<std::optional<v1::Explanation>> WhyNobodyStandsBy(
    Transaction& transaction, const SessionHub& sessions, const std::string& id,
    const std::string& standby, const std::string& serving);

// For who has seen the store for as long (Dispatcher::CatchUp): the standby is
// connected here and may come; of the agent that serves nothing was heard for
// SessionHub::kLiveness, at whichever server; and its lease has ended. The standby has
// another ledger: its own lease begins the settle time later, cold.
absl::StatusOr<bool> IsTakeoverDue(Transaction& transaction, const std::string& id,
                                   const SessionHub& sessions);

struct Takeover {
  std::string from;
  std::string to;  // Empty: nobody took over.
};
// The two change places if that is due.
absl::StatusOr<Takeover> TakeOver(Transaction& transaction, const std::string& id,
                                  const SessionHub& sessions);

// When the standby was made the one that serves: `served`, which did before, stands by
// now (nobody, if it is empty). Runs that have not ended go along: what `served`
// reports of them counts no longer. Otherwise it changes nothing.
absl::Status ChangePlaces(Transaction& transaction, const std::string& id,
                          const std::string& served, absl::Time now);

}  // namespace guestbridge::server
