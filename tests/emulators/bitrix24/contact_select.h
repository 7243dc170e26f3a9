#ifndef GUESTBRIDGE_TESTS_EMULATORS_BITRIX24_CONTACT_SELECT_H_
#define GUESTBRIDGE_TESTS_EMULATORS_BITRIX24_CONTACT_SELECT_H_

#include <vector>

#include "tests/emulators/bitrix24/contact_filter.h"

namespace guestbridge::testing::bitrix24 {

// Contacts that `caller` may see and that meet all conditions, in order; by id where
// the order says nothing. The first `limit` of them are enough (0: all are wanted).
// Contacts younger than settings.list_lag_ms are not in the lists yet.
std::vector<const Contact*> SelectContacts(const Portal& portal, const Caller& caller,
                                           const std::vector<Condition>& conditions,
                                           const Ordering& order, size_t limit = 0);

// Whether lists show the contact already.
bool IsListed(const Portal& portal, const Contact& contact);

}  // namespace guestbridge::testing::bitrix24

#endif  // GUESTBRIDGE_TESTS_EMULATORS_BITRIX24_CONTACT_SELECT_H_
