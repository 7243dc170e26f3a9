#ifndef GUESTBRIDGE_TESTS_EMULATORS_BITRIX24_PORTAL_TEXT_H_
#define GUESTBRIDGE_TESTS_EMULATORS_BITRIX24_PORTAL_TEXT_H_

#include <string>

namespace guestbridge::testing::bitrix24 {

// Localised texts of the portal. `language` is "ru" or "en".
enum class TextId {
  kElementNotFound,
  kItemNotFound,
  kTypeNotFound,
  kItemAccessDenied,
  kBadEmail,         // argument: the field's title
  kValueTooLong,     // argument: the field's title
  kDefaultLastName,  // argument: the contact's number
  kFieldRequired,
  kFieldNotValid,    // argument: the field's title
  kUserfieldExists,  // argument: the field's name
  kUserfieldName,    // argument: the field's name
  kCreatedTooEarly,
};

// The text with its one argument put in.
std::string PortalText(const std::string& language, TextId id,
                       const std::string& argument = "");

}  // namespace guestbridge::testing::bitrix24

#endif  // GUESTBRIDGE_TESTS_EMULATORS_BITRIX24_PORTAL_TEXT_H_
