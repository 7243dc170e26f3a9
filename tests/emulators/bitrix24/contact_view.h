#ifndef GUESTBRIDGE_TESTS_EMULATORS_BITRIX24_CONTACT_VIEW_H_
#define GUESTBRIDGE_TESTS_EMULATORS_BITRIX24_CONTACT_VIEW_H_

#include <string>
#include <vector>

#include "tests/emulators/bitrix24/contact.h"
#include "tests/emulators/bitrix24/portal.h"

namespace guestbridge::testing::bitrix24 {

// Which fields an answer carries.
struct Selection {
  bool standard = false;                // all standard fields
  bool userfields = false;              // all user fields
  bool multifields = false;             // all of them
  std::vector<std::string> names = {};  // legacy names besides
};

// A contact as crm.contact.get and .list print it: text and null; a multifield only
// when it has values.
Json LegacyContact(const Portal& portal, const Contact& contact,
                   const Selection& selection);

// A contact as crm.item.* prints it: real ints, null for what is absent, `fm` and the
// flat phone and e-mail aliases when multifields are selected.
Json ItemContact(const Portal& portal, const Contact& contact,
                 const Selection& selection, bool original_userfield_names);

// Everything, in the store's own form, for the control endpoint.
Json StoredContact(const Contact& contact);

}  // namespace guestbridge::testing::bitrix24

#endif  // GUESTBRIDGE_TESTS_EMULATORS_BITRIX24_CONTACT_VIEW_H_
