#ifndef GUESTBRIDGE_TESTS_EMULATORS_BITRIX24_USERFIELDS_H_
#define GUESTBRIDGE_TESTS_EMULATORS_BITRIX24_USERFIELDS_H_

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "absl/time/time.h"
#include "tests/emulators/bitrix24/contact_fields.h"
#include "tests/emulators/bitrix24/php_value.h"

namespace guestbridge::testing::bitrix24 {

// One choice of an enumeration; values in contacts are its id.
struct UserfieldItem {
  int64_t id = 0;
  std::string value = "";
  std::string xml_id = "";
  int64_t sort = 500;
  bool is_default = false;
};

// Definition of a user field of contacts.
struct Userfield {
  int64_t id = 0;
  std::string name = "";  // UF_CRM_…
  std::string type = "";  // USER_TYPE_ID
  std::string label = "";
  std::string xml_id = "";
  int64_t sort = 100;
  bool multiple = false;
  bool mandatory = false;
  bool show_filter = false;
  Json settings = Json::object();
  std::vector<UserfieldItem> items = {};
};

// The definitions of one portal, in order of id. One thread at a time.
class UserfieldStore {
 public:
  int64_t Add(Userfield field);  // gives ids to it and to its items
  const Userfield* Find(int64_t id) const;
  const Userfield* FindByName(std::string_view name) const;
  // By a spelling that crm.item takes: ufCrmName, ufCrm_NAME; with useOriginalUfNames
  // (`original`) UF_CRM_NAME too, which is unknown otherwise.
  const Userfield* FindByItemName(std::string_view name, bool original) const;
  void Replace(Userfield field);  // gives ids to new items
  bool Delete(int64_t id);
  const std::map<int64_t, Userfield>& all() const { return fields_; }

 private:
  void GiveItemIds(Userfield* field);

  std::map<int64_t, Userfield> fields_;
  int64_t next_field_ = 101;
  int64_t next_item_ = 31;
};

// How values of the type are compared and read.
FieldKind UserfieldKind(const Userfield& field);

// A value as it is stored: text, or a list of text when multiple. Null clears.
// Unparsable dates and unknown enumeration ids become null.
Json StoredUserfieldValue(const Userfield& field, const Json& value,
                          absl::TimeZone zone);

}  // namespace guestbridge::testing::bitrix24

#endif  // GUESTBRIDGE_TESTS_EMULATORS_BITRIX24_USERFIELDS_H_
