// String order and equality of the emulated DBMS.
//
// A DBMS does not compare bytes. This collation is case-insensitive and ignores
// trailing spaces; order of classes: spaces and punctuation, digits, Latin letters,
// Cyrillic letters (ё right after е), everything else by code point. So "ivanov" equals
// "Ivanov",
// "_" stands before "1", and "Ёлкин" stands between "Елкин" and "Жуков": all unlike
// byte order. A client that pages by `Code gt` must leave comparing to the server.
#ifndef GUESTBRIDGE_TESTS_EMULATORS_ONEC_COLLATION_H_
#define GUESTBRIDGE_TESTS_EMULATORS_ONEC_COLLATION_H_

#include <string_view>

namespace guestbridge::testing::onec {

// <0, 0 or >0. `fold_case` false compares letters of different case as different.
int Collate(std::string_view a, std::string_view b, bool fold_case);
char32_t FoldCase(char32_t c);

}  // namespace guestbridge::testing::onec

#endif  // GUESTBRIDGE_TESTS_EMULATORS_ONEC_COLLATION_H_
