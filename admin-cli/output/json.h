#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "google/protobuf/message.h"

// Resources as documents for scripts.
//
// JSON is the proto3 mapping: lowerCamelCase, enums by name, scalars and empty lists
// printed even when zero, unset messages and timestamps absent. Both forms end with a
// line break and contain no character that a terminal obeys. Errors: ANSWER_UNPRINTABLE
// (a value that the mapping has no form for, such as a time after the year 9999).
namespace guestbridge::cli {

absl::StatusOr<std::string> ToJson(const google::protobuf::Message& resource);
absl::StatusOr<std::string> ToJson(
    absl::Span<const google::protobuf::Message* const> resources);
// The same on one line, without what is zero or empty.
absl::StatusOr<std::string> ToJsonLine(const google::protobuf::Message& resource);

// Valid JSON that is on one line, in the same shape.
std::string ToIndentedJson(const std::string& compact);

// JSON lets DEL and U+0080…U+009F stand in a string as they are, but a terminal obeys
// them: the same document with these as \u00XX.
std::string EscapeControls(const std::string& json);

}  // namespace guestbridge::cli
