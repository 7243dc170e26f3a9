#pragma once

#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/text/transform_argument.h"
#include "sync-agent/mapping/country.h"

// The transforms of a field mapping, by name. One table says which there are; the
// server checks names against the same list. Examples: docs/design/mapping.md.
namespace guestbridge::agent {

enum class TransformKind {
  kTrim,      // ends trimmed
  kPhone,     // one or several phones, E.164 where it can be told
  kEmail,     // one or several e-mails; what is none is left out
  kDate,      // `YYYY-MM-DDThh:mm:ss` -> `YYYY-MM-DD`; the empty date is empty
  kUpper,     // Latin, Greek and Cyrillic letters
  kLower,     //
  kTitle,     // the first letter of each word upper, the others lower
  kName,      // names that were entered in one case (name_case.h)
  kTruncate,  // truncate:N, N characters at most, 1 to 65535
  kDigits,    // only 0-9 stay
  kConstant,  // constant:TEXT, whatever the source holds
  kTemplate,  // template:TEXT {Attribute}; empty when all its attributes are
  kFirstOf,   // first-of:A,B: the first attribute that is not empty
  kAllOf,     // all-of:A,B: those that are not empty, each a value
  kEnum,      // enum:From=To;*=Other; the empty text only by a row of its own
  kSplit,     // split:SEPARATOR, one value to several
  kJoin,      // join:SEPARATOR, several values to one
  kCountry,   // country, country:en, country:code (country.h)
  kYesNo,     // true, 1, да, yes -> Y; false, 0, нет, no -> N; else empty
};

struct Transform {
  TransformKind kind = TransformKind::kTrim;
  size_t length = 0;                    // of kTruncate
  std::string text;                     // of kConstant, kSplit, kJoin
  std::vector<std::string> attributes;  // read by kTemplate, kFirstOf, kAllOf
  std::vector<TemplatePiece> pieces;    // of kTemplate
  ValueTable table;                     // of kEnum
  CountryForm country = CountryForm::kRussian;
  bool operator==(const Transform&) const = default;
};

struct TransformName {
  const char* name;
  TransformKind kind;
  ArgumentKind argument;
};
const std::vector<TransformName>& TransformNames();

// Errors (INVALID_ARGUMENT): TRANSFORM_UNKNOWN, no such name;
// TRANSFORM_ARGUMENT_INVALID.
absl::StatusOr<Transform> ParseTransform(absl::string_view text);

// The text of a source attribute, cleaned; empty when it is absent.
using AttributeText = absl::FunctionRef<std::string(const std::string& name)>;

// Applies a transform to the values that those before it left. kPhone, kEmail and kDate
// leave them as they are: they yield values of another shape and are applied by the
// mapping. Returns the reason of a note about what could not be told, or null.
const char* ApplyTransform(const Transform& transform, AttributeText attribute,
                           std::vector<std::string>* values);

// Those that are not empty, trimmed.
std::string JoinValues(const std::vector<std::string>& values,
                       absl::string_view separator);

}  // namespace guestbridge::agent
