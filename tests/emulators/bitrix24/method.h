#ifndef GUESTBRIDGE_TESTS_EMULATORS_BITRIX24_METHOD_H_
#define GUESTBRIDGE_TESTS_EMULATORS_BITRIX24_METHOD_H_

#include <initializer_list>
#include <map>
#include <optional>
#include <string>

#include "tests/emulators/bitrix24/answer.h"
#include "tests/emulators/bitrix24/portal.h"

namespace guestbridge::testing::bitrix24 {

// One authorized call of one method. The portal's mutex is held.
struct MethodCall {
  Portal& portal;
  const Caller& caller;
  const Json& params;
  Effects* effects;
};

struct Method {
  std::string scope = "";  // "" : none needed
  bool app_only = false;   // a webhook gets WRONG_AUTH_TYPE
  Outcome (*run)(const MethodCall& call) = nullptr;
};

using MethodTable = std::map<std::string, Method>;  // by lower-case name

// All methods but `batch`.
const MethodTable& Methods();

void AddContactMethods(MethodTable* table);    // crm.contact.*
void AddItemMethods(MethodTable* table);       // crm.item.*
void AddImportMethods(MethodTable* table);     // crm.item.import, .batchImport
void AddDuplicateMethods(MethodTable* table);  // crm.duplicate.*, crm.entity.*
void AddUserfieldMethods(MethodTable* table);  // crm.contact.userfield.*
void AddPortalMethods(MethodTable* table);     // crm.status.*, profile, scope, …
void AddRecordMethods(MethodTable* table);     // crm.deal.*, crm.activity.*, …
void AddEventMethods(MethodTable* table);      // event.*

// The first of several spellings of a parameter, or null.
const Json* Param(const Json& params, std::initializer_list<const char*> names);

// A legacy parameter that has to be an array: an empty map when absent, an error when
// it is something else. `name` is the lower-case spelling.
std::variant<Json, RestError> LegacyArrayParam(const Json& params,
                                               const std::string& name, bool required);

// "Could not find value for parameter {…}".
RestError MissingParam(const std::string& name);

// crm.item.*: the error unless entityTypeId names contacts.
std::optional<RestError> CheckContactType(const MethodCall& call);

// crm.item.*: the caller lacks a right.
RestError ItemAccessDenied(const MethodCall& call);

// useOriginalUfNames=Y: user fields are named UF_CRM_… instead of ufCrm….
bool UsesOriginalNames(const Json& params);

// A refused field value in the words of crm.item.*; other errors stay.
RestError ItemFieldError(RestError error);

// auth_connector of the call, "" for none.
std::string Connector(const Json& params);

}  // namespace guestbridge::testing::bitrix24

#endif  // GUESTBRIDGE_TESTS_EMULATORS_BITRIX24_METHOD_H_
