#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "guestbridge/v1/client.pb.h"
#include "sync-agent/integration_tasks.h"

namespace guestbridge::agent {

// Why a client is, or is not, on the portal: the decision that a run would make now,
// made by the same code. Holds personal data: for the caller alone, never kept or
// logged. `client`: Ref_Key or code. Errors: CLIENT_NOT_FOUND, MAPPING_NOT_SAVED, those
// of source and ledger.
absl::StatusOr<guestbridge::v1::ClientExplanation> ExplainClient(
    const std::string& client, const TaskParts& parts);

}  // namespace guestbridge::agent
