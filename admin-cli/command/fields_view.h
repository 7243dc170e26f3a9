#pragma once

#include <string>

#include "admin-cli/command/session.h"
#include "guestbridge/v1/field_mapping.pb.h"

namespace guestbridge::cli {

// Which attribute feeds which field, and which clients are exported.
void PrintFieldMapping(Session& session, const v1::FieldMapping& mapping);
// Everything that could be mapped, so that a person can choose.
void PrintBothSides(Session& session, const v1::FieldMapping& mapping);
// What is not as usual; empty: overwritten and cleared.
std::string PolicyOf(const Session& session, const v1::FieldMappingEntry& entry);

}  // namespace guestbridge::cli
