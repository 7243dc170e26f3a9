#pragma once

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "guestbridge/v1/field_mapping.pb.h"

// Which clients are exported, as people write it: grammar in SetClientFilterRequest.
namespace guestbridge::server {

inline constexpr size_t kLongestFilter = 8000;
inline constexpr size_t kMostConditions = 20;
inline constexpr size_t kMostFilterValues = 200;  // of one condition

// Nothing for a text of blanks. Errors: FILTER_INVALID (INVALID_ARGUMENT), with the
// place where it cannot be read.
absl::StatusOr<std::vector<v1::ClientCondition>> ParseFilter(absl::string_view text);

// The filter in one form, whatever way it was written.
std::string RenderFilter(const v1::FieldMapping& mapping);

// Whether the source has the attributes. Errors: ATTRIBUTE_UNKNOWN.
absl::Status ValidateFilter(const v1::FieldMapping& draft);

}  // namespace guestbridge::server
