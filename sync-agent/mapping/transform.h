#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

// The transforms of a field mapping, by name. One table says which there are; the
// server checks names against the same list.
namespace guestbridge::agent {

enum class TransformKind {
  kTrim,      // ends trimmed
  kPhone,     // one or several phones, E.164 where it can be told
  kEmail,     // one or several e-mails; what is none is left out
  kDate,      // `YYYY-MM-DDThh:mm:ss` -> `YYYY-MM-DD`; the empty date is empty
  kUpper,     // Latin, Greek and Cyrillic letters
  kLower,     //
  kTitle,     // the first letter of each word upper, the others lower
  kTruncate,  // truncate:N, N characters at most, 1 to 65535
  kDigits,    // only 0-9 stay
  kConstant,  // constant:TEXT, whatever the source holds
  kYesNo,     // true, 1, да, yes -> Y; false, 0, нет, no -> N; else empty
};

struct Transform {
  TransformKind kind = TransformKind::kTrim;
  size_t length = 0;  // of kTruncate
  std::string text;   // of kConstant
  bool operator==(const Transform&) const = default;
};

struct TransformName {
  const char* name;
  TransformKind kind;
  enum class Argument { kNone, kNumber, kText } argument;
};
const std::vector<TransformName>& TransformNames();

// Errors: TRANSFORM_UNKNOWN (INVALID_ARGUMENT): no such name, or a wrong argument.
absl::StatusOr<Transform> ParseTransform(absl::string_view text);

// Applies a text transform; kPhone, kEmail and kDate leave the text as it is, they
// yield values of another shape and are applied by the mapping.
std::string ApplyText(const Transform& transform, const std::string& text);

}  // namespace guestbridge::agent
