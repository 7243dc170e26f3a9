#pragma once

#include "absl/strings/string_view.h"
#include "absl/types/span.h"

namespace guestbridge::server {

// The transforms that agents know (sync-agent/mapping has their code; a test compares
// the two lists), and what makes an argument after `name:` right.
struct TransformName {
  absl::string_view name;
  enum class Argument { kNone, kCount, kText } argument;
  // What comes out, in the words of FieldClass below.
  enum class Result { kText, kDate, kBoolean } result;
};

absl::Span<const TransformName> TransformNames();

// Null when `transform` (with its argument, e.g. `truncate:50`) is not well-formed.
const TransformName* FindTransform(absl::string_view transform);

}  // namespace guestbridge::server
