#pragma once

#include <memory>

#include "sync-agent/source/onec_odata/onec_base.h"
#include "sync-agent/source/source.h"

namespace guestbridge::agent {

// What can be known of a base without writing.
std::unique_ptr<SourceProbe> MakeOneCProbe(std::shared_ptr<OneCBase> base);

}  // namespace guestbridge::agent
