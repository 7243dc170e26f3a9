#pragma once

#include <memory>

#include "sync-agent/policy/local_policy.h"
#include "sync-agent/portal/portal.h"

namespace guestbridge::agent {

// `portal`, to which no command passes that carries a field which the policy forbids:
// the whole request is refused then, and nothing of it was executed. A mapping with
// such a field is rejected long before; this is for what nobody thought of.
std::unique_ptr<Portal> PolicePortal(std::unique_ptr<Portal> portal,
                                     const LocalPolicy& policy);

}  // namespace guestbridge::agent
