#pragma once

#include <optional>

#include "absl/status/statusor.h"
#include "sync-agent/ledger/ledger.h"

// A person's word about a contact (`clients link`) goes before any mark on it.
namespace guestbridge::agent {

// A person paired the client with the contact, and with no other.
bool IsPairedByHand(const PairNote& pair, ContactId contact);

// The owner by hand of the contact: the client that a person linked to it, and that the
// ledger still links to it. It is that client's, whatever mark stands on it. Errors:
// those of the ledger.
absl::StatusOr<std::optional<ClientKey>> OwnerByHand(ContactId contact, Ledger& ledger);

}  // namespace guestbridge::agent
