#pragma once

#include <string>
#include <vector>

#include "absl/strings/string_view.h"

// The grammar of OData v3 as 1C takes it: literals and percent-encoding. Literals are
// built as plain text and are encoded once, as part of their URL.
namespace guestbridge::agent {

enum class LiteralKind { kText, kNumber, kDateTime };

// 8-4-4-4-12 hexadecimal digits.
bool IsGuid(absl::string_view text);
// `YYYY-MM-DDThh:mm:ss`.
bool IsDateTime(absl::string_view text);

// guid'…'; `guid` has passed IsGuid.
std::string GuidLiteral(absl::string_view guid);
// datetime'…'; `time` has passed IsDateTime.
std::string DateTimeLiteral(absl::string_view time);
// '…' with apostrophes doubled.
std::string TextLiteral(absl::string_view text);
// By kind. What is not a number or a time is given as text, so that a value can never
// leave its place in a filter.
std::string Literal(LiteralKind kind, absl::string_view value);

// `a and b`; an empty side is left out, sides with `or` are put in parentheses by the
// caller.
std::string AndFilter(absl::string_view a, absl::string_view b);
// `attribute eq guid'…' or …`.
std::string AnyGuidFilter(absl::string_view attribute,
                          const std::vector<std::string>& guids);

// A value of a query option. A space becomes %20: 1C does not read + as a space.
std::string EncodeQueryValue(absl::string_view text);
// A path segment with its key: Catalog_X(guid'…').
std::string EncodeSegment(absl::string_view text);

}  // namespace guestbridge::agent
