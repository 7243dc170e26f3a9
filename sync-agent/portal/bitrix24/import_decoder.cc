#include "sync-agent/portal/bitrix24/import_decoder.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace guestbridge::agent {
namespace {

// The n-th of `count`; the keys of what was sent are kept, so it is an array or an
// object with the keys "0", "1", ….
const Json* ElementOf(const Json& items, size_t index) {
  if (items.is_array()) return &items[index];
  return FindMember(items, absl::StrCat(index));
}

ItemResult DecodeItem(const Json& element) {
  ItemResult result;
  const auto error = ErrorIn(element);
  const Json* item = FindMember(element, "item");
  if (error.has_value() && item == nullptr) {
    const ErrorMeaning meaning = MeaningOf(*error);
    result.answered = true;
    result.reason = meaning.reason;
    result.portal_code = error->code;
    // Only validation precedes the write; behind any other code it may have happened.
    if (absl::StartsWith(error->code, "CRM_FIELD_ERROR_")) result.fate = Fate::kRefused;
    return result;
  }
  const int64_t id =
      item == nullptr || error.has_value() ? 0 : PositiveIdOf(FindMember(*item, "id"));
  if (id == 0) {
    result.reason = "PORTAL_ANSWER_BROKEN";
    return result;
  }
  result.fate = Fate::kDone;
  result.id = ContactId(id);
  return result;
}

}  // namespace

bool DecodeImport(const Json& json, const ImportContacts& sent, CommandResult* result) {
  if (sent.single) {
    result->items.push_back(DecodeItem(json));
    return true;
  }
  const Json* items = FindMember(json, "items");
  const size_t count = sent.items.size();
  if (items == nullptr || !(items->is_array() || items->is_object()) ||
      items->size() != count) {
    return false;
  }
  for (size_t i = 0; i < count; ++i) {
    const Json* element = ElementOf(*items, i);
    if (element == nullptr) return false;
    result->items.push_back(DecodeItem(*element));
  }
  result->fate = Fate::kDone;
  const bool shut =
      count > 0 && std::all_of(result->items.begin(), result->items.end(),
                               [](const ItemResult& item) {
                                 return item.answered &&
                                        item.portal_code == "ACCESS_DENIED";
                               });
  if (shut) {
    result->fate = Fate::kNotExecuted;
    result->answered = true;
    result->unavailable = true;
    result->reason = "RIGHT_MISSING_ON_PORTAL";
    result->portal_code = "ACCESS_DENIED";
    SpreadToItems(sent, result);
  }
  return true;
}

bool IsImportUnavailable(const PortalError& error, int status, bool single) {
  // A plan without REST has the code of a missing right, but not its status.
  if (error.code == "ACCESS_DENIED") return status == 0 || status == 400;
  if (single) {
    // Any other code may be the one contact's own, and that contact may stand.
    return error.code == "ERROR_METHOD_NOT_FOUND" || error.code == "WRONG_AUTH_TYPE" ||
           error.code == "ALLOWED_ONLY_INTRANET_USER";
  }
  // NOT_FOUND as a whole: this portal's item methods know no contacts.
  return error.code == "ERROR_METHOD_NOT_FOUND" || error.code == "WRONG_AUTH_TYPE" ||
         error.code == "NOT_FOUND" || error.code == "ALLOWED_ONLY_INTRANET_USER" ||
         error.code == "MAX_IMPORT_BATCH_SIZE_EXCEEDED" || error.code == "100" ||
         error.code == "ERROR_ARGUMENT";
}

}  // namespace guestbridge::agent
