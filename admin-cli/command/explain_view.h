#pragma once

#include <vector>

#include "admin-cli/command/session.h"
#include "guestbridge/v1/client.pb.h"

namespace guestbridge::cli {

// A table of clients; `clients` is not empty.
void PrintClients(Session& session, const std::vector<v1::Client>& clients);

// Reasons with their first clients; `groups` is not empty.
void PrintGroups(Session& session, const std::vector<v1::ClientGroup>& groups);

// Why a guest is, or is not, on the portal: the answer first, then rules, fields, and
// what the ledger knows. Shows personal data to the caller who asked for it.
void PrintExplanation(Session& session, const v1::ClientExplanation& explanation);

}  // namespace guestbridge::cli
