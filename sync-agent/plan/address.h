#pragma once

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "sync-agent/plan/decide.h"

// The portal keeps the address in a table of its own and writes its row whole: a part
// that is left out would be lost (docs/design/portal-calls.md, "Contacts").
namespace guestbridge::agent {

bool IsAddressPart(absl::string_view field);

// Parts that an update must send as the contact holds them: their policy forbids
// another value, or the client has none.
std::vector<std::string> AddressPartsToHold(const Decision& decision);

}  // namespace guestbridge::agent
