#pragma once

#include <memory>

#include "sync-agent/source/jsonl/jsonl_base.h"
#include "sync-agent/source/source.h"

namespace guestbridge::agent {

// Test, fields, identity. A test makes nothing in the folder.
std::unique_ptr<SourceProbe> MakeJsonlProbe(std::shared_ptr<JsonlBase> base);

}  // namespace guestbridge::agent
