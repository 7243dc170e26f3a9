#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "sync-agent/model/ids.h"

namespace guestbridge::agent {

// What is kept of a client that was erased: 32 hex digits. Only who holds the `secret`
// that it was made with and the Ref_Key can tell whose they are. Each ledger has a
// secret of its own until it learns of another's erasures.
std::string ErasureHash(absl::string_view secret, const ClientKey& key);

// Clients that were erased, by one secret, as a ledger tells them to others.
struct ErasureList {
  struct Client {
    std::string hash;       // ErasureHash
    int64_t unix_time = 0;  // of the first time
  };
  std::string secret;
  std::vector<Client> clients;
};

}  // namespace guestbridge::agent
