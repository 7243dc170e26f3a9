#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "guestbridge/v1/client.pb.h"
#include "sync-agent/integration_tasks.h"

namespace guestbridge::agent {

// A ledger record in the API's words; without personal data.
guestbridge::v1::Client ToClient(const std::string& integration,
                                 const ClientRecord& record, const PairNote& pair,
                                 bool in_doubt);

// By Ref_Key when the ledger knows it, also when 1C does not show it any more; else by
// Ref_Key or code in the source. Errors: CLIENT_NOT_FOUND, those of both.
absl::StatusOr<ClientKey> FindClientKey(const std::string& client,
                                        const TaskParts& parts);

// A page of the ledger, or of what the last match said, by Ref_Key. Errors:
// PAGE_TOKEN_INVALID, CLIENT_STATE_UNKNOWN, those of the ledger.
absl::StatusOr<guestbridge::v1::ListClientsResponse> ListClients(
    const guestbridge::v1::ListClientsRequest& request, const TaskParts& parts);

// The ledger's clients by state and reason, most first. Errors: those of the ledger.
absl::StatusOr<guestbridge::v1::ListClientGroupsResponse> ListClientGroups(
    const guestbridge::v1::ListClientGroupsRequest& request, const TaskParts& parts);

}  // namespace guestbridge::agent
