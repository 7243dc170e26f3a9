#pragma once

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "common/text/transform_argument.h"

namespace guestbridge::server {

// The transforms that agents know (sync-agent/mapping has their code; a test compares
// the two lists), and what comes out.
struct TransformName {
  absl::string_view name;
  ArgumentKind argument;
  // In the words of FieldClass below; kAny: whatever its author wrote.
  enum class Result { kText, kDate, kBoolean, kAny } result;
};

absl::Span<const TransformName> TransformNames();

// Of `transform`, with its argument, e.g. `truncate:50`: null when there is no such
// name.
const TransformName* FindTransform(absl::string_view transform);
// Whether the argument is what FindTransform(transform) takes.
bool HasRightArgument(absl::string_view transform);

// The attributes that a well-formed transform names; their texts take the place of its
// entry's source.
std::vector<std::string> AttributesOf(absl::string_view transform);

// The texts, none of them empty, that a well-formed transform names as its results.
std::vector<std::string> ResultsOf(absl::string_view transform);

}  // namespace guestbridge::server
