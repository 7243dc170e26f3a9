#pragma once

#include "absl/status/statusor.h"
#include "guestbridge/v1/client.pb.h"
#include "sync-agent/integration_tasks.h"

namespace guestbridge::agent {

// A page of what was done about a client, newest first. Errors: CLIENT_NOT_FOUND (the
// ledger does not know it, and the source does not show it), PAGE_TOKEN_INVALID, those
// of the ledger and the source.
absl::StatusOr<guestbridge::v1::ListClientHistoryResponse> ListClientHistory(
    const guestbridge::v1::ListClientHistoryRequest& request, const TaskParts& parts);

}  // namespace guestbridge::agent
