#pragma once

#include "absl/status/statusor.h"
#include "guestbridge/v1/client.pb.h"
#include "sync-agent/integration_tasks.h"

namespace guestbridge::agent {

// Erases a client: what the ledger holds of it goes, a hash stays, and no run exports
// it again. With `delete_contact` the contacts that carry its mark go first, and until
// they are gone the client waits for a decision, so that whatever fails between, no run
// exports it. May be repeated, also to delete the contact later. Blocks.
// Errors: CLIENT_NOT_FOUND, ATTEMPT_OUTSTANDING, RUN_IN_PROGRESS; with `delete_contact`
// those of the portal, LOOKUP_INCOMPLETE and CONTACT_NOT_DELETED.
absl::StatusOr<guestbridge::v1::ErasureReceipt> ForgetClient(
    const guestbridge::v1::ForgetClientRequest& request, const TaskParts& parts);

}  // namespace guestbridge::agent
