// Words of an OData v3 expression as 1C takes them: names (also Cyrillic), numbers
// without suffix, 'text' with doubled apostrophes, guid'...', datetime'...', and signs.
#ifndef GUESTBRIDGE_TESTS_EMULATORS_ONEC_ODATA_LEXER_H_
#define GUESTBRIDGE_TESTS_EMULATORS_ONEC_ODATA_LEXER_H_

#include <string>
#include <string_view>
#include <vector>

#include "tests/emulators/onec/fault.h"
#include "tests/emulators/onec/value.h"

namespace guestbridge::testing::onec {

struct Token {
  enum Kind { kName, kLiteral, kSign, kEnd };
  Kind kind = kEnd;
  std::string text;  // name, or the one character of a sign
  Value literal;
};

// `fractions`: datetime literals may carry fractions of a second, which are dropped.
// Errors: code 14 for an unclosed quote, a bad literal or an unknown character.
Result<std::vector<Token>> Lex(std::string_view text, bool fractions);

Fault SyntaxError(std::string_view option);

}  // namespace guestbridge::testing::onec

#endif  // GUESTBRIDGE_TESTS_EMULATORS_ONEC_ODATA_LEXER_H_
