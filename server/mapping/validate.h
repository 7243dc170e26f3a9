#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "guestbridge/v1/field_mapping.pb.h"

namespace guestbridge::server {

// What kind of value a contact field takes.
enum class FieldClass {
  kText,
  kMultifield,
  kDate,
  kInteger,
  kDouble,
  kBoolean,
  kList,  // one of the field's items, by its ID
  kLink,
};
FieldClass ClassOf(const v1::ContactField& field);

// Fields that guestbridge or the portal fills: never the target of a mapping.
bool IsReserved(absl::string_view field);

// Whether `entry` may stand in `draft` (whose source_fields and contact_fields are
// loaded) beside its other entries. Errors: ATTRIBUTE_UNKNOWN, FIELD_UNKNOWN,
// FIELD_READ_ONLY, TRANSFORM_UNKNOWN, TRANSFORM_ARGUMENT_INVALID, TYPE_MISMATCH,
// FIELD_HOLDS_ONE_VALUE, LIST_VALUE_UNKNOWN, FIELD_TAKEN.
absl::Status ValidateEntry(const v1::FieldMapping& draft,
                           const v1::FieldMappingEntry& entry);

// The fields that the portal asks for and nothing feeds.
std::vector<std::string> UnmappedRequired(const v1::FieldMapping& draft);

// Whether both sides still have what the entries of `draft` join. Errors:
// DRAFT_FIELD_GONE, DRAFT_ATTRIBUTE_GONE.
absl::Status ValidateSides(const v1::FieldMapping& draft);

// All entries and the filter. Errors: as above and as ValidateFilter, MAPPING_EMPTY,
// REQUIRED_FIELDS_UNMAPPED.
absl::Status ValidateMapping(const v1::FieldMapping& draft);

}  // namespace guestbridge::server
