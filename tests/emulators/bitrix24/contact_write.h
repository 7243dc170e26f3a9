#ifndef GUESTBRIDGE_TESTS_EMULATORS_BITRIX24_CONTACT_WRITE_H_
#define GUESTBRIDGE_TESTS_EMULATORS_BITRIX24_CONTACT_WRITE_H_

#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "tests/emulators/bitrix24/answer.h"
#include "tests/emulators/bitrix24/multifields.h"
#include "tests/emulators/bitrix24/portal.h"

namespace guestbridge::testing::bitrix24 {

// What a client wants changed, in the store's form: legacy names, null for NULL.
// Unknown and read-only fields are gone, long text is cut. Source: facts 5.1, 5.8, 5.9.
struct ContactChange {
  std::map<std::string, Json> fields;
  std::vector<MultifieldEdit> multifields;
};

struct WriteOptions {
  bool import = false;  // system dates and authors may be set by an administrator
  std::string connector = "";  // auth_connector of the call
};

// `fields` as crm.contact.add and .update take them.
ContactChange DecodeLegacyFields(const Portal& portal, const Json& fields, bool import);

// How crm.item.* names fields.
struct ItemForm {
  bool import = false;  // multifields are PHONE:[{VALUE}] in upper case instead of `fm`
  bool original_names = false;  // UF_CRM_… instead of ufCrm…
};

// `fields` as crm.item.* takes them.
ContactChange DecodeItemFields(const Portal& portal, const Json& fields,
                               const ItemForm& form);

// The id of the new contact. Raises events, runs the automation hook.
std::variant<int64_t, RestError> AddContact(Portal& portal, const Caller& caller,
                                            ContactChange change,
                                            const WriteOptions& options,
                                            Effects* effects);

// Nothing when done. `id` exists.
std::optional<RestError> UpdateContact(Portal& portal, const Caller& caller, int64_t id,
                                       ContactChange change,
                                       const WriteOptions& options, Effects* effects);

// False when there is no such contact.
bool DeleteContact(Portal& portal, int64_t id, const WriteOptions& options,
                   Effects* effects);

// Joins `losers` into `main`: their multifields and the fields that `main` lacks.
void MergeContacts(Portal& portal, int64_t main, const std::vector<int64_t>& losers,
                   Effects* effects);

// Brings a contact back from the bin under a new id.
std::optional<int64_t> RestoreContact(Portal& portal, int64_t id, Effects* effects);

// Whether `caller` may see the contact.
bool MayRead(const Caller& caller, const Contact& contact);

// COMMENTS as the portal keeps it: simple HTML becomes BB-code, other tags go.
std::string HtmlToBb(const std::string& text);

}  // namespace guestbridge::testing::bitrix24

#endif  // GUESTBRIDGE_TESTS_EMULATORS_BITRIX24_CONTACT_WRITE_H_
