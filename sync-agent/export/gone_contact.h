#pragma once

#include <vector>

#include "sync-agent/export/run_context.h"

namespace guestbridge::agent {

// The contact of `decision` is gone and the policy, which is not kRecreate, gives the
// client no other one: it is skipped, or waits for a person. `candidates`: contacts
// that seem to have taken its data over, for that person to choose.
void LeaveWithoutContact(RunContext& context, const Decision& decision,
                         std::vector<ContactId> candidates = {});

}  // namespace guestbridge::agent
