#include "sync-agent/export/hand_link.h"

#include <vector>

#include "common/status/status_macros.h"

namespace guestbridge::agent {

bool IsPairedByHand(const PairNote& pair, ContactId contact) {
  return pair.found_by == kLinkedByHand &&
         pair.candidates == std::vector<ContactId>{contact};
}

absl::StatusOr<std::optional<ClientKey>> OwnerByHand(ContactId contact,
                                                     Ledger& ledger) {
  GB_ASSIGN_OR_RETURN(std::optional<ClientKey> owner, ledger.ClientOf(contact));
  if (!owner.has_value()) return std::nullopt;
  GB_ASSIGN_OR_RETURN(const std::optional<PairNote> pair, ledger.Pair(*owner));
  if (!pair.has_value() || !IsPairedByHand(*pair, contact)) return std::nullopt;
  return owner;
}

}  // namespace guestbridge::agent
