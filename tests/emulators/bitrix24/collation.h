#ifndef GUESTBRIDGE_TESTS_EMULATORS_BITRIX24_COLLATION_H_
#define GUESTBRIDGE_TESTS_EMULATORS_BITRIX24_COLLATION_H_

#include <string>
#include <string_view>

namespace guestbridge::testing::bitrix24 {

// Text as the database's collation compares it: without case and trailing spaces.
std::string FoldText(std::string_view text);

}  // namespace guestbridge::testing::bitrix24

#endif  // GUESTBRIDGE_TESTS_EMULATORS_BITRIX24_COLLATION_H_
