#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "guestbridge/v1/client.pb.h"
#include "sync-agent/integration_tasks.h"

namespace guestbridge::agent {

// An entry of the ledger in the API's words.
guestbridge::v1::HistoryEntry ToEntry(const HistoryEntry& told,
                                      const std::string& integration);

// A page of what was done about a client, newest first. Errors: CLIENT_NOT_FOUND (the
// ledger does not know it, and the source does not show it), PAGE_TOKEN_INVALID, those
// of the ledger and the source.
absl::StatusOr<guestbridge::v1::ListClientHistoryResponse> ListClientHistory(
    const guestbridge::v1::ListClientHistoryRequest& request, const TaskParts& parts);

}  // namespace guestbridge::agent
