#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "guestbridge/v1/client.pb.h"
#include "sync-agent/integration_tasks.h"

namespace guestbridge::agent {

// Why a client is, or is not, on the portal: the decision that a run would make now,
// made by the same code, beside what was done about it, what the portal has and what
// comes next. Holds personal data: for the caller alone, never kept or logged.
// `client`: as ExplainClientRequest.name says. Errors: those of SearchClient,
// MAPPING_NOT_SAVED, those of source and ledger.
absl::StatusOr<guestbridge::v1::ClientExplanation> ExplainClient(
    const std::string& client, const TaskParts& parts);

}  // namespace guestbridge::agent
