#pragma once

#include <string>
#include <vector>

#include "admin-cli/command/session.h"
#include "guestbridge/v1/client.pb.h"

namespace guestbridge::cli {

// A table of what was done about a client; `entries` is not empty.
void PrintHistory(Session& session, const std::vector<v1::HistoryEntry>& entries);

// What an erasure removed, and where data of the guest still is.
void PrintReceipt(Session& session, const v1::ErasureReceipt& receipt);

}  // namespace guestbridge::cli
