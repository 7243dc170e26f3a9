#pragma once

#include "guestbridge/v1/field_mapping.pb.h"

namespace guestbridge::server {

// Adds to `draft` (whose source_fields and contact_fields are loaded) a suggested entry
// for each standard guest attribute that both sides have, for list fields whose values
// can be matched, and for user fields by their title. `before` is the draft as the load
// before left it and people changed it. When it has entries, nothing is added whose
// attribute and contact field it knew: a person took that out. Except for fields that
// the portal requires and nothing feeds. Entries of the draft stay, and a field that is
// fed by hand is left alone; suggestions that nobody touched follow the values of
// lists, and give way where their attribute is gone and another fits. Entries end up by
// target, then by source. Pure.
void Suggest(const v1::FieldMapping& before, v1::FieldMapping* draft);

// By target, then by source.
void SortEntries(v1::FieldMapping* draft);

}  // namespace guestbridge::server
