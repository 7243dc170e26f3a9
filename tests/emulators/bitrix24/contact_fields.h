#ifndef GUESTBRIDGE_TESTS_EMULATORS_BITRIX24_CONTACT_FIELDS_H_
#define GUESTBRIDGE_TESTS_EMULATORS_BITRIX24_CONTACT_FIELDS_H_

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace guestbridge::testing::bitrix24 {

enum class FieldKind {
  kInteger,
  kString,
  kText,
  kFlag,  // Y or N
  kDate,
  kDateTime,
  kStatus,
  kUser,
  kCompany,
  kLead,
  kFile,
  kMultifield,
};

// A standard field of a contact. Source: facts 5.1.
struct FieldSpec {
  const char* name;  // legacy
  const char* item;  // crm.item; "" where crm.item has none
  FieldKind kind;
  size_t length;  // characters kept; 0: no cut
  bool read_only;
  const char* status;  // dictionary of a kStatus
  const char* ru;
  const char* en;
};

// All of them, in the portal's order.
std::span<const FieldSpec> ContactFields();

// Null for a name that the portal doesn't know; names are exact.
const FieldSpec* FindLegacyField(std::string_view name);
const FieldSpec* FindItemField(std::string_view name);

// The type's name as crm.contact.fields prints it.
std::string KindName(FieldKind kind);

std::string FieldTitle(const FieldSpec& field, const std::string& language);

// "UF_CRM_GUEST_NO" -> "ufCrmGuestNo"; a part that begins with a digit keeps its "_".
std::string ItemUserfieldName(std::string_view name);

}  // namespace guestbridge::testing::bitrix24

#endif  // GUESTBRIDGE_TESTS_EMULATORS_BITRIX24_CONTACT_FIELDS_H_
