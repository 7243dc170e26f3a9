#pragma once

#include "guestbridge/v1/field_mapping.pb.h"

namespace guestbridge::server {

// Fills `draft` (whose source_fields and contact_fields are loaded) with a suggested
// entry for each standard guest attribute that both sides have, for list fields whose
// values can be matched, and for user fields by their title. Entries made by hand
// stay, and a field that one of them feeds is left alone; earlier suggestions are made
// anew. Entries end up by target, then by source. Pure.
void Suggest(v1::FieldMapping* draft);

// By target, then by source.
void SortEntries(v1::FieldMapping* draft);

}  // namespace guestbridge::server
