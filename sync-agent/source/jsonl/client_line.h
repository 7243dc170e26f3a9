#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "sync-agent/model/client.h"

// How a line reads: one client as a JSON object, attributes by the names of 1C:Hotel.
// Pure.
namespace guestbridge::agent {

// A line is bounded: a client is a card, not a book.
inline constexpr size_t kLongestLine = 1 << 20;  // bytes

// Attributes as text: dates and numbers as they came, true and false by name. What is
// null, an object, an array or must never be read is missing.
using ClientAttributes = Fields;

struct ClientLine {
  ClientKey key;
  std::string code;  // without blanks at both ends
  ContactId contact;
  ClientAttributes attributes;  // everything, the three above included
};

// `line` comes without its line end. Errors (INVALID_ARGUMENT): LINE_TOO_LONG,
// LINE_NOT_UTF8, LINE_NOT_JSON (also cut off, or not an object), LINE_KEY_INVALID,
// LINE_ATTRIBUTE_REPEATED {attribute}, LINE_VALUE_INVALID {attribute}: a technical
// attribute of another type, which would be misread.
absl::StatusOr<ClientLine> DecodeClientLine(absl::string_view line);

// The row that the source's callers see, with those of `wanted` that are there.
ClientRow MakeClientRow(const ClientAttributes& attributes, ContactId contact,
                        absl::Span<const std::string> wanted);

// As text and back; equal attributes give equal text.
std::string EncodeAttributes(const ClientAttributes& attributes);
// Text of EncodeAttributes; anything else is empty.
ClientAttributes DecodeAttributes(absl::string_view text);

// Identity documents and health: never kept, never offered to a mapping.
bool IsProtectedAttribute(absl::string_view name);
// Errors: SOURCE_ATTRIBUTE_PROTECTED {attribute}.
absl::Status CheckAttributes(absl::Span<const std::string> wanted);
// Reference, folder and the contact's ID: read, but no attributes that a mapping may
// name.
bool IsTechnicalAttribute(absl::string_view name);

}  // namespace guestbridge::agent
