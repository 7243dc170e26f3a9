// What the control endpoint shows.
#include <map>
#include <set>
#include <string>
#include <utility>

#include "tests/emulators/bitrix24/contact_view.h"
#include "tests/emulators/bitrix24/control.h"
#include "tests/emulators/bitrix24/control_json.h"
#include "tests/emulators/bitrix24/php_params.h"

namespace guestbridge::testing::bitrix24 {
namespace {

using control_json::IntOf;
using control_json::NotFound;
using control_json::Reply;

bool WantedContact(const Contact& contact, const Json& query) {
  for (const auto& [parameter, field] :
       {std::pair<const char*, const char*>{"origin_id", "ORIGIN_ID"},
        std::pair<const char*, const char*>{"originator_id", "ORIGINATOR_ID"},
        std::pair<const char*, const char*>{"last_name", "LAST_NAME"}}) {
    const Json* value = Find(query, parameter);
    if (value != nullptr && FieldText(contact, field) != ToText(*value)) return false;
  }
  return true;
}

// How many contacts each ORIGIN_ID has; with `min`, only where there are so many. With
// `originator_id`, only of that source.
Json Origins(const Portal& portal, const Json& query) {
  std::map<std::string, int64_t> counts;
  for (const auto& [id, contact] : portal.contacts.all()) {
    const std::string origin = FieldText(contact, "ORIGIN_ID");
    if (!origin.empty() && WantedContact(contact, query)) ++counts[origin];
  }
  Json out = Json::object();
  const int64_t min = IntOf(query, "min", 1);
  for (const auto& [origin, count] : counts) {
    if (count >= min) out[origin] = count;
  }
  return out;
}

// The id of the oldest contact of each ORIGIN_ID: little even of a million.
Json Ids(const Portal& portal) {
  Json out = Json::object();
  // An ordered object looks for a key one by one: with a million of them too long.
  std::set<std::string> seen;
  for (const auto& [id, contact] : portal.contacts.all()) {
    const std::string origin = FieldText(contact, "ORIGIN_ID");
    if (origin.empty() || !seen.insert(origin).second) continue;
    out.get_ref<Json::object_t&>().push_back({origin, id});
  }
  return out;
}

}  // namespace

HttpReply Control::Read(const std::string& path, const Json& query) {
  std::lock_guard<std::mutex> lock(portal_.mutex);
  if (path == "/contacts" || path == "/bin") {
    const auto& source =
        path == "/bin" ? portal_.contacts.bin() : portal_.contacts.all();
    Json list = Json::array();
    for (const auto& [id, contact] : source) {
      if (WantedContact(contact, query)) list.push_back(StoredContact(contact));
    }
    return Reply(200, list);
  }
  if (path == "/contacts/origins") return Reply(200, Origins(portal_, query));
  if (path == "/contacts/ids") return Reply(200, Ids(portal_));
  if (path == "/contacts/count") {
    int64_t count = 0;
    for (const auto& [id, contact] : portal_.contacts.all()) {
      count += WantedContact(contact, query) ? 1 : 0;
    }
    return Reply(200, {{"count", count}});
  }
  if (path.starts_with("/contacts/")) {
    const Contact* contact = portal_.contacts.Find(ToInt(path.substr(10)));
    return contact == nullptr ? NotFound() : Reply(200, StoredContact(*contact));
  }
  if (path == "/counters") {
    Json counters = portal_.journal.CountersJson();
    counters["late_running"] = portal_.late.running();
    return Reply(200, counters);
  }
  if (path == "/limits") return Limits();
  if (path.starts_with("/records/")) {
    Json list = Json::array();
    for (const auto& [id, row] : portal_.records.All(path.substr(9))) {
      list.push_back(row);
    }
    return Reply(200, list);
  }
  if (path == "/journal") {
    return Reply(200, portal_.journal.ToJson(
                          IntOf(query, "after"),
                          static_cast<size_t>(IntOf(query, "limit", 1000000))));
  }
  if (path == "/config") return Reply(200, SettingsJson(portal_.settings));
  if (path == "/faults") return Reply(200, portal_.faults.ToJson());
  if (path == "/clock") return ClockState();
  if (path == "/oauth/tokens") {
    return Reply(200,
                 {{"last_refresh_token", portal_.credentials.last_refresh()},
                  {"issued", portal_.credentials.issued()},
                  {"client_id", portal_.credentials.application.client_id},
                  {"client_secret", portal_.credentials.application.client_secret}});
  }
  return NotFound();
}

HttpReply Control::ClockState() const {
  return Reply(200,
               {{"now", portal_.clock.Seconds()}, {"speed", portal_.clock.speed()}});
}

HttpReply Control::Limits() {
  const double now = portal_.clock.Seconds();
  Json operating = Json::array();
  for (const auto& account : portal_.operating.List(now)) {
    operating.push_back({{"key", account.key},
                         {"method", account.method},
                         {"total", account.state.total},
                         {"reset_at", account.state.reset_at.value_or(0)}});
  }
  return Reply(
      200, {{"buckets", portal_.buckets.Levels(now, portal_.settings.drain_per_second)},
            {"operating", operating}});
}

}  // namespace guestbridge::testing::bitrix24
