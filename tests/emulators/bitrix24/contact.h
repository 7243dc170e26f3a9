#ifndef GUESTBRIDGE_TESTS_EMULATORS_BITRIX24_CONTACT_H_
#define GUESTBRIDGE_TESTS_EMULATORS_BITRIX24_CONTACT_H_

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "tests/emulators/bitrix24/php_value.h"

namespace guestbridge::testing::bitrix24 {

// One phone, e-mail, site or messenger. `type_id` is "PHONE", "EMAIL", "WEB", "IM",
// "LINK".
struct Multifield {
  int64_t id = 0;
  std::string type_id = "";
  std::string value_type = "";
  std::string value = "";
};

// A contact as the portal's tables keep it. `fields` has upper-case names and, by the
// field's type: text; a day as YYYY-MM-DD; a moment as seconds since the epoch in text;
// a user field as text or a list of text. An absent key is NULL.
struct Contact {
  int64_t id = 0;
  std::map<std::string, Json> fields;
  std::vector<Multifield> multifields;
  absl::Time born = absl::InfinitePast();  // portal clock, exactly
};

// Text of a field; "" for NULL.
inline std::string FieldText(const Contact& contact, const std::string& name) {
  const auto it = contact.fields.find(name);
  return it == contact.fields.end() ? "" : ToText(it->second);
}

}  // namespace guestbridge::testing::bitrix24

#endif  // GUESTBRIDGE_TESTS_EMULATORS_BITRIX24_CONTACT_H_
