#pragma once

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "sync-agent/model/attribute_kind.h"
#include "sync-agent/source/onec_odata/odata_answer.h"

namespace guestbridge::agent {

// What `rows` show of `attribute`, by the form of its values in JSON. Nothing: no value
// came; or only digits in quotes, which are a text or a large number (Edm.Int64). Pure.
AttributeKindSet KindsShownBy(absl::Span<const ODataRow> rows,
                              absl::string_view attribute);

}  // namespace guestbridge::agent
