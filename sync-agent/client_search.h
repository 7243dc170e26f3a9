#pragma once

#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "guestbridge/v1/client.pb.h"
#include "sync-agent/integration_tasks.h"
#include "sync-agent/model/client.h"

namespace guestbridge::agent {

struct FoundClient {
  ClientKey key;
  std::optional<ClientRow> row;  // nothing: 1C does not show it
  guestbridge::v1::ClientExplanation::FoundBy found_by =
      guestbridge::v1::ClientExplanation::KEY;
};

// The client that a person means: ExplainClientRequest.name says how it may be named.
// Blocks; asks 1C, and the portal where 1C could not tell. `mapping` says where 1C
// keeps phones and e-mails. Errors: CLIENT_NOT_FOUND (neither 1C nor the ledger),
// CONTACT_OF_NO_CLIENT, PHONE_NOT_FOUND, EMAIL_NOT_FOUND (NOT_FOUND);
// SEVERAL_CLIENTS_FIT (FAILED_PRECONDITION); CLIENT_PHONE_INVALID,
// CLIENT_EMAIL_INVALID, CONTACT_ID_INVALID (INVALID_ARGUMENT); those of source and
// ledger. No error repeats a phone or an e-mail.
absl::StatusOr<FoundClient> SearchClient(const std::string& named,
                                         const CompiledMapping& mapping,
                                         const TaskParts& parts);

}  // namespace guestbridge::agent
