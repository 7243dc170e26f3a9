#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "guestbridge/v1/agent_control.pb.h"
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

// The same of the clients that a dry run has met, with its draft where it had one, and
// without what was done, what 1C recorded and the limits. A client that is not found
// has an error of its own. Errors: else those of ExplainClient; those of ReadMapping
// and CheckMapping.
absl::StatusOr<guestbridge::v1::ExplainedClients> ExplainClients(
    const guestbridge::v1::ExplainClientsTask& task, const TaskParts& parts);

}  // namespace guestbridge::agent
