#ifndef GUESTBRIDGE_TESTS_EMULATORS_BITRIX24_CONTACT_FILTER_H_
#define GUESTBRIDGE_TESTS_EMULATORS_BITRIX24_CONTACT_FILTER_H_

#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "tests/emulators/bitrix24/answer.h"
#include "tests/emulators/bitrix24/portal.h"

namespace guestbridge::testing::bitrix24 {

// One comparison, or a group of them.
struct Condition {
  std::string field;  // legacy name; "" for a group
  FieldKind kind = FieldKind::kString;
  std::string op =
      "=";  // "=", "!", ">", "<", ">=", "<=", "@", "!@", "%", "!%", "=%", "!=%"
  Json value = nullptr;
  std::vector<Condition> group = {};
  bool any = false;  // of a group: OR
};

// Order by legacy names; true: ascending.
using Ordering = std::vector<std::pair<std::string, bool>>;

// A filter of crm.contact.list. A key whose field the portal doesn't know is dropped,
// so a misspelt filter means all contacts; so does an empty PHONE. Source: facts 5.5.
std::vector<Condition> DecodeLegacyFilter(const Portal& portal, const Json& filter);

// A filter of crm.item.list. An unknown field is an error. `original`: user fields are
// named as in useOriginalUfNames.
std::variant<std::vector<Condition>, RestError> DecodeItemFilter(const Portal& portal,
                                                                 const Json& filter,
                                                                 bool original);

Ordering DecodeLegacyOrder(const Portal& portal, const Json& order);
std::variant<Ordering, RestError> DecodeItemOrder(const Portal& portal,
                                                  const Json& order, bool original);

bool MeetsAll(const Portal& portal, const Contact& contact,
              const std::vector<Condition>& conditions);

// Whether the order puts `a` before `b`; false where it says nothing.
bool ComesBefore(const Portal& portal, const Contact& a, const Contact& b,
                 const Ordering& order);

}  // namespace guestbridge::testing::bitrix24

#endif  // GUESTBRIDGE_TESTS_EMULATORS_BITRIX24_CONTACT_FILTER_H_
