#pragma once

#include <string>

#include "absl/strings/string_view.h"
#include "sync-agent/model/ids.h"

namespace guestbridge::agent {

// What is kept of a client that was erased: 32 hex digits. Only who holds the ledger's
// `secret` and the Ref_Key can tell whose they are, and no two ledgers have the same
// for one client.
std::string ErasureHash(absl::string_view secret, const ClientKey& key);

}  // namespace guestbridge::agent
