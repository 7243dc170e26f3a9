#pragma once

#include "guestbridge/v1/field_mapping.pb.h"

namespace guestbridge::server {

// What `after` does otherwise than `before`, by target, then by source. Who made an
// entry and why is no difference; that its field is of another type now is one, though
// the entry is the same, where both know their contact fields. Pure.
v1::FieldMappingDiff Difference(const v1::FieldMapping& before,
                                const v1::FieldMapping& after);

// Whether both do the same to every client.
bool IsSame(const v1::FieldMapping& a, const v1::FieldMapping& b);

// The mapped ones of the contact fields, with what Difference looks at.
google::protobuf::RepeatedPtrField<v1::ContactField> MappedFields(
    const v1::FieldMapping& draft);

// Entries of before there were policies: says what they always did.
void NamePolicies(v1::FieldMapping* mapping);

}  // namespace guestbridge::server
