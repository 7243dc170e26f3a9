#pragma once

#include "absl/status/status.h"
#include "google/protobuf/field_mask.pb.h"
#include "google/protobuf/message.h"

namespace guestbridge {

// Copies the fields that `mask` names from `source` into `target` (same type).
//
// An absent mask means all populated fields of `source`; `*` replaces the whole
// resource. Sub-messages and repeated fields are replaced, never merged. Fields in
// `output_only` (paths) are left as they are in `target`. Errors: UNKNOWN_FIELD_PATH
// (INVALID_ARGUMENT; parameter path).
absl::Status ApplyFieldMask(const google::protobuf::Message& source,
                            const google::protobuf::FieldMask& mask,
                            const google::protobuf::FieldMask& output_only,
                            google::protobuf::Message* target);

}  // namespace guestbridge
