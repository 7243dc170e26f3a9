#pragma once

#include <string>

#include "guestbridge/v1/field_mapping.pb.h"

namespace guestbridge::server {

// What a person should look at before the entries of `draft` (whose source_fields and
// contact_fields are loaded) are used, into its `notices`: what one side no longer has;
// that guests' refusal of mailings, or with `marks` (DeletionMarkPolicy MARK) 1C's
// deletion mark, would not reach the portal. `integration` is its id. Texts are not
// filled in: see server/api/render.h. Pure.
void TellNotices(const std::string& integration, bool marks, v1::FieldMapping* draft);

}  // namespace guestbridge::server
