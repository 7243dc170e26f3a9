// Dictionaries and what a portal says of itself: crm.status.list, profile,
// user.current, scope, methods, method.get, server.time, app.info, feature.get.
#include <algorithm>
#include <string>
#include <utility>

#include "tests/emulators/bitrix24/method.h"
#include "tests/emulators/bitrix24/portal_time.h"

namespace guestbridge::testing::bitrix24 {
namespace {

struct StatusItem {
  const char* entity;
  const char* id;
  const char* ru;
  const char* en;
};

constexpr StatusItem kStatuses[] = {
    {"SOURCE", "CALL", "Звонок", "Call"},
    {"SOURCE", "EMAIL", "Электронная почта", "E-Mail"},
    {"SOURCE", "WEB", "Веб-сайт", "Website"},
    {"SOURCE", "ADVERTISING", "Реклама", "Advertising"},
    {"SOURCE", "PARTNER", "Существующий клиент", "Existing client"},
    {"SOURCE", "RECOMMENDATION", "По рекомендации", "By recommendation"},
    {"SOURCE", "OTHER", "Другое", "Other"},
    {"CONTACT_TYPE", "CLIENT", "Клиенты", "Clients"},
    {"CONTACT_TYPE", "SUPPLIER", "Поставщики", "Suppliers"},
    {"CONTACT_TYPE", "PARTNER", "Партнёры", "Partners"},
    {"CONTACT_TYPE", "OTHER", "Другое", "Other"},
    {"HONORIFIC", "HNR_RU_1", "г-н", "Mr."},
    {"HONORIFIC", "HNR_RU_2", "г-жа", "Ms."},
};

constexpr const char* kScopes[] = {"crm",  "user",     "user_basic", "user_brief",
                                   "task", "calendar", "booking",    "userfieldconfig"};

Outcome StatusList(const MethodCall& call) {
  const auto filter = LegacyArrayParam(call.params, "filter", /*required=*/false);
  if (auto* error = std::get_if<RestError>(&filter)) return *error;
  Json list = Json::array();
  int64_t id = 0;
  int64_t sort = 0;
  std::string entity;
  for (const StatusItem& item : kStatuses) {
    sort = entity == item.entity ? sort + 10 : 10;
    entity = item.entity;
    const Json row = {
        {"ID", std::to_string(++id)},
        {"ENTITY_ID", item.entity},
        {"STATUS_ID", item.id},
        {"NAME", call.portal.settings.language == "ru" ? item.ru : item.en},
        {"NAME_INIT", ""},
        {"SORT", std::to_string(sort)},
        {"SYSTEM", "N"},
        {"CATEGORY_ID", nullptr},
        {"COLOR", nullptr},
        {"SEMANTICS", nullptr},
        {"EXTRA", Json::array()}};
    bool match = true;
    ForEach(std::get<Json>(filter), [&](const std::string& key, const Json& value) {
      const Json* own = Find(row, key);
      if (own != nullptr) match &= ToText(*own) == ToText(value);
    });
    if (match) list.push_back(row);
  }
  MethodResult result{std::move(list)};
  result.total = static_cast<int64_t>(result.result.size());
  return result;
}

Outcome Profile(const MethodCall& call) {
  const User& user = *call.portal.credentials.FindUser(call.caller.user_id);
  return MethodResult{{{"ID", std::to_string(user.id)},
                       {"ADMIN", user.admin},
                       {"NAME", user.name},
                       {"LAST_NAME", user.last_name},
                       {"PERSONAL_GENDER", ""},
                       {"TIME_ZONE", ""},
                       {"TIME_ZONE_OFFSET", 0}}};
}

Outcome UserCurrent(const MethodCall& call) {
  const User& user = *call.portal.credentials.FindUser(call.caller.user_id);
  return MethodResult{{{"ID", std::to_string(user.id)},
                       {"ACTIVE", user.active},
                       {"NAME", user.name},
                       {"LAST_NAME", user.last_name},
                       {"EMAIL", user.email},
                       {"USER_TYPE", "employee"}}};
}

Outcome Scope(const MethodCall& call) {
  const Json* full = FindIgnoringCase(call.params, "full");
  if (full == nullptr || !ToBool(*full)) return MethodResult{call.caller.scopes};
  Json all = Json::array();
  for (const char* scope : kScopes) all.push_back(scope);
  return MethodResult{all};
}

Outcome MethodNames(const MethodCall& call) {
  const Json* scope = FindIgnoringCase(call.params, "scope");
  Json names = Json::array({"batch"});
  for (const auto& [name, method] : Methods()) {
    const bool wanted = scope == nullptr ? HasScope(call.caller, method.scope)
                                         : method.scope == ToText(*scope);
    if (wanted && !IsMissing(call.portal.settings, name)) names.push_back(name);
  }
  return MethodResult{names};
}

Outcome MethodGet(const MethodCall& call) {
  const Json* name = FindIgnoringCase(call.params, "name");
  const std::string wanted = name == nullptr ? "" : ToLower(ToText(*name));
  const auto it = Methods().find(wanted);
  const bool batch = wanted == "batch";
  const bool exists =
      (batch || it != Methods().end()) && !IsMissing(call.portal.settings, wanted);
  const bool available =
      exists && (batch || (HasScope(call.caller, it->second.scope) &&
                           (!it->second.app_only || call.caller.oauth)));
  return MethodResult{{{"isExisting", exists}, {"isAvailable", available}}};
}

Outcome ServerTime(const MethodCall& call) {
  return MethodResult{PrintTime(call.portal.clock.Now(), call.portal.settings.zone)};
}

Outcome AppInfo(const MethodCall& call) {
  const auto& application = call.portal.credentials.application;
  return MethodResult{{{"ID", 1},
                       {"CODE", application.client_id},
                       {"VERSION", 1},
                       {"STATUS", application.paid ? "L" : "T"},
                       {"INSTALLED", application.installed},
                       {"PAYMENT_EXPIRED", application.paid ? "N" : "Y"},
                       {"DAYS", nullptr},
                       {"LANGUAGE_ID", call.portal.settings.language},
                       {"LICENSE", call.portal.settings.box ? "selfhosted" : "ru_std"},
                       {"SCOPE", application.scopes}}};
}

Outcome FeatureGet(const MethodCall& call) {
  const Json* code = FindIgnoringCase(call.params, "CODE");
  if (code == nullptr || ToText(*code).empty()) {
    return RestError{.code = "ERROR_ARGUMENT",
                     .description = "Argument 'CODE' is null or empty",
                     .extra = {{"argument", "CODE"}}};
  }
  const std::string name = ToText(*code);
  const bool on = name == "rest_offline_extended" || name == "rest_auth_connector";
  return MethodResult{{{"value", on ? "Y" : "N"}}};
}

}  // namespace

void AddPortalMethods(MethodTable* table) {
  (*table)["crm.status.list"] = {.scope = "crm", .run = StatusList};
  (*table)["profile"] = {.run = Profile};
  (*table)["user.current"] = {.scope = "user", .run = UserCurrent};
  (*table)["scope"] = {.run = Scope};
  (*table)["methods"] = {.run = MethodNames};
  (*table)["method.get"] = {.run = MethodGet};
  (*table)["server.time"] = {.run = ServerTime};
  (*table)["app.info"] = {.app_only = true, .run = AppInfo};
  (*table)["feature.get"] = {.run = FeatureGet};
}

}  // namespace guestbridge::testing::bitrix24
