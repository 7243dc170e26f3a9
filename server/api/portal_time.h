#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "server/store/store.h"

// Which runs of an integration are about its present portal: those that were created at
// its connection's `portal_time` or later. The wall clock may be set back, and that of
// another server of this store may differ, so the two are kept in the order in which
// things happened. Whole microseconds.
namespace guestbridge::server {

// The epoch: not known, every run counts. Errors of these: those of the store.
absl::StatusOr<absl::Time> PortalTimeOf(Transaction& transaction,
                                        const std::string& id);

// For a portal that the integration is bound to now: after every run that there is.
absl::StatusOr<absl::Time> NewPortalTime(Transaction& transaction,
                                         const std::string& id, absl::Time now);

// For a run that is created now: about the present portal, at a time of its own.
absl::StatusOr<absl::Time> NewRunTime(Transaction& transaction, const std::string& id,
                                      absl::Time now);

}  // namespace guestbridge::server
