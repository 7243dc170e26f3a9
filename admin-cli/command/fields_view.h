#pragma once

#include "admin-cli/command/session.h"
#include "guestbridge/v1/field_mapping.pb.h"

namespace guestbridge::cli {

// Which attribute feeds which field, and which clients are exported.
void PrintFieldMapping(Session& session, const v1::FieldMapping& mapping);

}  // namespace guestbridge::cli
