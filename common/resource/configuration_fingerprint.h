#pragma once

#include <string>

#include "guestbridge/v1/agent_control.pb.h"

namespace guestbridge {

// HMAC-SHA-256 in hex, under the configuration's own `fingerprint_key`, of all that it
// makes an agent do, secrets included; not of revisions, of who was erased, and of
// whether another agent stands by. Fields that this program does not know don't count:
// who has a different fingerprint runs something different. Empty when there is no key.
std::string ConfigurationFingerprint(const v1::AgentConfiguration& configuration);

}  // namespace guestbridge
