// crm.duplicate.findbycomm and crm.entity.mergeBatch. Source: facts 5.6.
#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "tests/emulators/bitrix24/contact_select.h"
#include "tests/emulators/bitrix24/contact_write.h"
#include "tests/emulators/bitrix24/method.h"

namespace guestbridge::testing::bitrix24 {
namespace {

constexpr size_t kMaxValues = 20;
constexpr size_t kMaxIdsPerValue = 20;

Outcome FindByComm(const MethodCall& call) {
  const Json* type_param = Param(call.params, {"type", "TYPE"});
  const std::string type = type_param == nullptr ? "" : ToUpper(ToText(*type_param));
  if (type != "PHONE" && type != "EMAIL") {
    return LegacyError("Communication type '" + type + "' is not supported.");
  }
  const Json* values = Param(call.params, {"values", "VALUES"});
  if (values == nullptr || !IsArray(*values) || values->empty()) {
    return LegacyError("Parameter 'values' must be array.");
  }
  const Json* entity_param = Param(call.params, {"entity_type", "ENTITY_TYPE"});
  const std::string entity =
      entity_param == nullptr ? "" : ToUpper(ToText(*entity_param));
  // Leads and companies are none on this portal.
  if (!entity.empty() && entity != "CONTACT") return MethodResult{Json::array()};

  std::set<int64_t> ids;
  size_t seen = 0;
  ForEach(*values, [&](const std::string&, const Json& value) {
    if (seen++ >= kMaxValues) return;
    const auto normal = [&](const std::string& text) {
      return type == "PHONE" ? NormalPhone(text) : NormalEmail(text);
    };
    const std::string wanted = normal(ToText(value));
    if (wanted.empty()) return;
    size_t found = 0;
    for (const auto& [id, contact] : call.portal.contacts.all()) {
      if (found == kMaxIdsPerValue) break;
      const bool match =
          std::any_of(contact.multifields.begin(), contact.multifields.end(),
                      [&](const Multifield& row) {
                        return row.type_id == type && normal(row.value) == wanted;
                      });
      if (!match || !MayRead(call.caller, contact)) continue;
      if (!IsListed(call.portal, contact)) continue;
      ids.insert(id);
      ++found;
    }
  });
  if (ids.empty()) return MethodResult{Json::array()};
  return MethodResult{{{"CONTACT", std::vector<int64_t>(ids.begin(), ids.end())}}};
}

// Whether the product would ask a person: a single-valued field filled differently.
bool Conflicts(const Contact& a, const Contact& b) {
  for (const char* name : {"NAME", "SECOND_NAME", "LAST_NAME", "BIRTHDATE", "POST",
                           "ORIGIN_ID", "ORIGINATOR_ID", "COMPANY_ID"}) {
    const std::string left = FieldText(a, name);
    const std::string right = FieldText(b, name);
    if (!left.empty() && !right.empty() && left != right) return true;
  }
  return false;
}

Outcome MergeBatch(const MethodCall& call) {
  const Json* params = Find(call.params, "params");
  const Json& from = params == nullptr ? call.params : *params;
  const Json* type = Find(from, "entityTypeId");
  const Json* ids_param = Find(from, "entityIds");
  if (type == nullptr || ToInt(*type) != 3) {
    return LegacyError("The parameter 'entityTypeId' is required.");
  }
  if (ids_param == nullptr || !IsArray(*ids_param)) {
    return LegacyError("The parameter 'entityIds' is required.");
  }
  std::vector<int64_t> ids;
  ForEach(*ids_param,
          [&](const std::string&, const Json& id) { ids.push_back(ToInt(id)); });
  const auto answer = [](const char* status, const std::vector<int64_t>& deleted) {
    return MethodResult{{{"STATUS", status}, {"ENTITY_IDS", deleted}}};
  };
  if (ids.size() < 2) return answer("ERROR", {});
  for (const int64_t id : ids) {
    const Contact* contact = call.portal.contacts.Find(id);
    if (contact == nullptr || !MayRead(call.caller, *contact)) {
      return answer("ERROR", {});
    }
  }
  const std::vector<int64_t> losers(ids.begin() + 1, ids.end());
  for (const int64_t id : losers) {
    if (Conflicts(*call.portal.contacts.Find(ids[0]), *call.portal.contacts.Find(id))) {
      return answer("CONFLICT", {});
    }
  }
  MergeContacts(call.portal, ids[0], losers, call.effects);
  return answer("SUCCESS", losers);
}

}  // namespace

void AddDuplicateMethods(MethodTable* table) {
  (*table)["crm.duplicate.findbycomm"] = {.scope = "crm", .run = FindByComm};
  (*table)["crm.entity.mergebatch"] = {.scope = "crm", .run = MergeBatch};
}

}  // namespace guestbridge::testing::bitrix24
