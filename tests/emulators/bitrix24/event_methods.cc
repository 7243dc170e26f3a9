// events, event.bind, event.unbind, event.get, event.offline.*. Source: facts 6.1.
#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "tests/emulators/bitrix24/method.h"
#include "tests/emulators/bitrix24/portal_time.h"

namespace guestbridge::testing::bitrix24 {
namespace {

constexpr const char* kEvents[] = {"ONCRMCONTACTADD",
                                   "ONCRMCONTACTUPDATE",
                                   "ONCRMCONTACTDELETE",
                                   "ONCRMCONTACTUSERFIELDADD",
                                   "ONCRMCONTACTUSERFIELDUPDATE",
                                   "ONCRMCONTACTUSERFIELDDELETE",
                                   "ONCRMCONTACTUSERFIELDSETENUMVALUES",
                                   "ONCRMDEALADD",
                                   "ONCRMDEALUPDATE",
                                   "ONCRMDEALDELETE"};

std::string TextOf(const Json& params, const char* name) {
  const Json* value = FindIgnoringCase(params, name);
  return value == nullptr || IsArray(*value) ? "" : ToText(*value);
}

RestError NotAdmin() {
  return {.status = 403, .code = "ACCESS_DENIED", .description = "Access denied!"};
}

// The handler that the call describes, or the error.
std::variant<EventHandler, RestError> DecodeHandler(const MethodCall& call) {
  EventHandler handler{.event = ToUpper(TextOf(call.params, "event")),
                       .handler = TextOf(call.params, "handler"),
                       .connector = TextOf(call.params, "auth_connector"),
                       .offline = TextOf(call.params, "event_type") == "offline",
                       .auth_type = ToInt(TextOf(call.params, "auth_type"))};
  if (handler.event.empty()) {
    return RestError{.code = "ERROR_ARGUMENT",
                     .description = "Argument 'event' is null or empty",
                     .extra = {{"argument", "event"}}};
  }
  const bool known =
      std::any_of(std::begin(kEvents), std::end(kEvents),
                  [&](const char* name) { return handler.event == name; });
  if (!known) {
    return RestError{.code = "ERROR_EVENT_NOT_FOUND", .description = "Event not found"};
  }
  return handler;
}

Outcome Bind(const MethodCall& call) {
  auto handler = DecodeHandler(call);
  if (auto* error = std::get_if<RestError>(&handler)) return *error;
  EventHandler& wanted = std::get<EventHandler>(handler);
  const bool foreign = wanted.auth_type != 0 && wanted.auth_type != call.caller.user_id;
  if ((wanted.offline || foreign) && !call.caller.admin) return NotAdmin();
  if (!wanted.offline && wanted.handler.empty()) {
    return RestError{.code = "ERROR_ARGUMENT",
                     .description = "Argument 'handler' is null or empty",
                     .extra = {{"argument", "handler"}}};
  }
  if (!call.portal.events.Bind(std::move(wanted))) {
    return RestError{.code = "ERROR_HANDLER_ALREADY_EXIST",
                     .description = "Handler already binded"};
  }
  return MethodResult{true};
}

Outcome Unbind(const MethodCall& call) {
  auto handler = DecodeHandler(call);
  if (auto* error = std::get_if<RestError>(&handler)) return *error;
  return MethodResult{
      {{"count", call.portal.events.Unbind(std::get<EventHandler>(handler))}}};
}

Outcome GetHandlers(const MethodCall& call) {
  Json list = Json::array();
  for (const EventHandler& handler : call.portal.events.handlers()) {
    if (handler.offline) {
      list.push_back({{"event", handler.event},
                      {"offline", 1},
                      {"connector_id", handler.connector}});
    } else {
      list.push_back({{"event", handler.event},
                      {"handler", handler.handler},
                      {"auth_type", std::to_string(handler.auth_type)},
                      {"offline", 0}});
    }
  }
  return MethodResult{list};
}

Outcome EventNames(const MethodCall&) {
  Json list = Json::array();
  for (const char* name : kEvents) list.push_back(name);
  return MethodResult{list};
}

Json RowJson(const Portal& portal, const OfflineEvent& row) {
  return {{"ID", std::to_string(row.id)},
          {"TIMESTAMP_X", PrintTime(row.time, portal.settings.zone)},
          {"EVENT_NAME", row.event},
          {"EVENT_DATA", {{"FIELDS", {{"ID", row.object_id}}}}},
          {"EVENT_ADDITIONAL", {{"user_id", "0"}}},
          {"MESSAGE_ID", row.message_id}};
}

Outcome OfflineGet(const MethodCall& call) {
  if (!call.caller.admin) return NotAdmin();
  const Json* limit_param = FindIgnoringCase(call.params, "limit");
  const int64_t limit =
      limit_param == nullptr ? 50 : std::clamp<int64_t>(ToInt(*limit_param), 1, 1000);
  const Json* clear_param = FindIgnoringCase(call.params, "clear");
  const bool clear = clear_param == nullptr || ToBool(*clear_param);
  const std::vector<OfflineEvent> rows = call.portal.events.Take(
      static_cast<size_t>(limit), clear, TextOf(call.params, "auth_connector"));
  Json events = Json::array();
  for (const OfflineEvent& row : rows) events.push_back(RowJson(call.portal, row));
  if (!rows.empty()) call.effects->push_back({"event", rows.front().id});
  return MethodResult{
      {{"process_id", clear || rows.empty() ? Json(nullptr) : Json(rows[0].process_id)},
       {"events", events}}};
}

Outcome OfflineList(const MethodCall& call) {
  if (!call.caller.admin) return NotAdmin();
  Json events = Json::array();
  for (const OfflineEvent& row : call.portal.events.List()) {
    Json json = RowJson(call.portal, row);
    json["PROCESS_ID"] = row.process_id;
    json["ERROR"] = row.failed ? "1" : "0";
    events.push_back(std::move(json));
  }
  MethodResult result{std::move(events)};
  result.total = static_cast<int64_t>(result.result.size());
  return result;
}

Outcome Settle(const MethodCall& call, bool failed) {
  if (!call.caller.admin) return NotAdmin();
  const std::string process = TextOf(call.params, "process_id");
  if (process.empty()) {
    return RestError{.code = "ERROR_ARGUMENT",
                     .description = "Argument 'process_id' is null or empty",
                     .extra = {{"argument", "process_id"}}};
  }
  std::vector<std::string> messages;
  std::vector<int64_t> ids;
  if (const Json* list = FindIgnoringCase(call.params, "message_id")) {
    ForEach(*list, [&](const std::string&, const Json& item) {
      messages.push_back(ToText(item));
    });
  }
  if (const Json* list = FindIgnoringCase(call.params, "id")) {
    ForEach(*list,
            [&](const std::string&, const Json& item) { ids.push_back(ToInt(item)); });
  }
  call.portal.events.Settle(process, messages, ids, failed);
  return MethodResult{true};
}

Outcome OfflineClear(const MethodCall& call) { return Settle(call, /*failed=*/false); }
Outcome OfflineError(const MethodCall& call) { return Settle(call, /*failed=*/true); }

}  // namespace

void AddEventMethods(MethodTable* table) {
  (*table)["events"] = {.run = EventNames};
  (*table)["event.bind"] = {.app_only = true, .run = Bind};
  (*table)["event.unbind"] = {.app_only = true, .run = Unbind};
  (*table)["event.get"] = {.app_only = true, .run = GetHandlers};
  (*table)["event.offline.get"] = {.app_only = true, .run = OfflineGet};
  (*table)["event.offline.list"] = {.app_only = true, .run = OfflineList};
  (*table)["event.offline.clear"] = {.app_only = true, .run = OfflineClear};
  (*table)["event.offline.error"] = {.app_only = true, .run = OfflineError};
}

}  // namespace guestbridge::testing::bitrix24
