#pragma once

#include "absl/status/status.h"
#include "guestbridge/v1/client.pb.h"
#include "sync-agent/integration_tasks.h"

namespace guestbridge::agent {

// What of the portal's limits is used up so far that a run would wait now, as the last
// run noted it: LIMIT_OPERATING, LIMIT_REQUESTS. Reaches nothing. Errors: those of the
// ledger.
absl::Status PutLimits(const TaskParts& parts,
                       guestbridge::v1::ClientExplanation* explanation);

}  // namespace guestbridge::agent
