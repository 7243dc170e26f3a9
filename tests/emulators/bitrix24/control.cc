#include "tests/emulators/bitrix24/control.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tests/emulators/bitrix24/contact_view.h"
#include "tests/emulators/bitrix24/contact_write.h"
#include "tests/emulators/bitrix24/control_json.h"
#include "tests/emulators/bitrix24/php_params.h"

namespace guestbridge::testing::bitrix24 {
namespace {

using control_json::Bad;
using control_json::IntOf;
using control_json::NotFound;
using control_json::Reply;
using control_json::TextOf;

// The manager who works in the portal's own pages.
const Caller& Manager() {
  static const Caller* const manager =
      new Caller{.key = "manager", .user_id = 1, .admin = true, .reads_all = true};
  return *manager;
}

// Turns the user, webhook and application entries of /config into state.
void ConfigureAccess(const Json& body, Credentials* credentials) {
  if (const Json* users = Find(body, "users")) {
    ForEach(*users, [&](const std::string&, const Json& given) {
      User* user = credentials->MakeUser(IntOf(given, "id"));
      const std::pair<const char*, bool*> switches[] = {
          {"admin", &user->admin},           {"active", &user->active},
          {"reads_all", &user->reads_all},   {"may_add", &user->may_add},
          {"may_update", &user->may_update}, {"may_delete", &user->may_delete},
          {"may_import", &user->may_import}};
      for (const auto& [name, member] : switches) {
        if (const Json* v = Find(given, name)) *member = ToBool(*v);
      }
    });
  }
  if (const Json* webhooks = Find(body, "webhooks")) {
    std::vector<Webhook> made;
    ForEach(*webhooks, [&](const std::string&, const Json& given) {
      Webhook webhook{.user_id = IntOf(given, "user"), .code = TextOf(given, "code")};
      if (const Json* scopes = Find(given, "scopes")) {
        webhook.scopes.clear();
        ForEach(*scopes, [&](const std::string&, const Json& scope) {
          webhook.scopes.push_back(ToText(scope));
        });
      }
      if (const Json* v = Find(given, "expired")) webhook.expired = ToBool(*v);
      credentials->MakeUser(webhook.user_id);
      made.push_back(std::move(webhook));
    });
    credentials->webhooks = std::move(made);
  }
  if (const Json* given = Find(body, "application")) {
    auto& application = credentials->application;
    if (const Json* v = Find(*given, "installed")) application.installed = ToBool(*v);
    if (const Json* v = Find(*given, "paid")) application.paid = ToBool(*v);
    if (const Json* v = Find(*given, "client_id")) application.client_id = ToText(*v);
    if (const Json* v = Find(*given, "client_secret")) {
      application.client_secret = ToText(*v);
    }
    if (const Json* scopes = Find(*given, "scopes")) {
      application.scopes.clear();
      ForEach(*scopes, [&](const std::string&, const Json& scope) {
        application.scopes.push_back(ToText(scope));
      });
    }
  }
}

}  // namespace

HttpReply Control::Handle(const HttpCall& call) {
  std::string path = call.path;
  while (path.size() > 1 && path.ends_with("/")) path.pop_back();
  if (call.verb == "GET") return Read(path, ParseQuery(call.query));
  if (call.verb == "DELETE") {
    if (path != "/faults") return NotFound();
    std::lock_guard<std::mutex> lock(portal_.mutex);
    portal_.faults.Clear();
    return Reply(200, {{"ok", true}});
  }
  return Write(path, call.body);
}

HttpReply Control::Write(const std::string& path, const Json& body) {
  if (path.starts_with("/clock/")) return Clock(path.substr(7), body);
  std::lock_guard<std::mutex> lock(portal_.mutex);
  if (path == "/reset") return Reset(body);
  if (path == "/config") return Configure(body);
  if (path == "/oauth/tokens") return Tokens(body);
  if (path == "/limits/charge") return ChargeOperating(body);
  if (path == "/faults") {
    Json ids = Json::array();
    const Json rules = body.is_array() ? body : Json::array({body});
    for (const Json& rule : rules) {
      const auto id = portal_.faults.Add(rule, portal_.clock.Now());
      if (!id.ok()) return Bad(std::string(id.status().message()));
      ids.push_back(*id);
    }
    return Reply(200, {{"ids", ids}});
  }
  if (path.starts_with("/contacts/")) return Contacts(path.substr(10), body);
  return NotFound();
}

HttpReply Control::Clock(const std::string& action, const Json& body) {
  if (action == "advance") {
    const Json* seconds = Find(body, "seconds");
    if (seconds == nullptr || !seconds->is_number()) return Bad("seconds is wanted");
    portal_.clock.Advance(absl::Seconds(seconds->get<double>()));
  } else if (action == "speed") {
    const Json* factor = Find(body, "factor");
    if (factor == nullptr || !factor->is_number() || factor->get<double>() <= 0) {
      return Bad("factor, above 0, is wanted");
    }
    portal_.clock.SetSpeed(factor->get<double>());
  } else if (action == "freeze") {
    const Json* frozen = Find(body, "frozen");
    portal_.clock.SetFrozen(frozen == nullptr || ToBool(*frozen));
  } else {
    return NotFound();
  }
  return ClockState();
}

HttpReply Control::ChargeOperating(const Json& body) {
  const std::string method = ToLower(TextOf(body, "method"));
  const Json* seconds = Find(body, "seconds");
  std::string key = TextOf(body, "key");
  if (key.empty() && !portal_.credentials.webhooks.empty()) {
    const Webhook& webhook = portal_.credentials.webhooks.front();
    key = absl::StrCat("webhook:", webhook.user_id, ":", webhook.code.substr(0, 4));
  }
  if (method.empty() || key.empty() || seconds == nullptr || !seconds->is_number()) {
    return Bad("method and seconds are wanted");
  }
  portal_.operating.Charge(key, method, seconds->get<double>(),
                           portal_.clock.Seconds());
  return Limits();
}

HttpReply Control::Contacts(const std::string& action, const Json& body) {
  Effects effects;
  const Json* fields_param = Find(body, "fields");
  const Json fields = fields_param == nullptr ? Json::object() : *fields_param;
  const int64_t id = IntOf(body, "id");
  if (action == "add") {
    Json ids = Json::array();
    for (int64_t i = 0; i < std::max<int64_t>(1, IntOf(body, "count", 1)); ++i) {
      const auto added = AddContact(
          portal_, Manager(), DecodeLegacyFields(portal_, fields, false), {}, &effects);
      if (auto* error = std::get_if<RestError>(&added)) return Bad(error->description);
      ids.push_back(std::get<int64_t>(added));
    }
    return Reply(200, {{"id", ids[0]}, {"ids", ids}});
  }
  if (action == "restore") {
    const auto restored = RestoreContact(portal_, id, &effects);
    return restored.has_value() ? Reply(200, {{"id", *restored}}) : NotFound();
  }
  if (action == "merge") {
    const int64_t main = IntOf(body, "main");
    std::vector<int64_t> losers;
    if (const Json* ids = Find(body, "ids")) {
      ForEach(*ids, [&](const std::string&, const Json& item) {
        losers.push_back(ToInt(item));
      });
    }
    if (portal_.contacts.Find(main) == nullptr) return NotFound();
    MergeContacts(portal_, main, losers, &effects);
    return Reply(200, {{"id", main}});
  }
  if (portal_.contacts.Find(id) == nullptr) return NotFound();
  if (action == "edit") {
    if (auto error =
            UpdateContact(portal_, Manager(), id,
                          DecodeLegacyFields(portal_, fields, false), {}, &effects)) {
      return Bad(error->description);
    }
    return Reply(200, StoredContact(*portal_.contacts.Find(id)));
  }
  if (action == "delete") {
    DeleteContact(portal_, id, {}, &effects);
    const Json* purge = Find(body, "purge");
    if (purge != nullptr && ToBool(*purge)) portal_.contacts.Purge(id);
    return Reply(200, {{"ok", true}});
  }
  return NotFound();
}

HttpReply Control::Configure(const Json& body) {
  if (!body.is_object()) return Bad("an object is wanted");
  Json settings = body;
  for (const char* access : {"users", "webhooks", "application"})
    settings.erase(access);
  if (absl::Status status = ApplySettings(settings, &portal_.settings); !status.ok()) {
    return Bad(std::string(status.message()));
  }
  if (body.contains("cost_seed")) ReseedCosts();
  ConfigureAccess(body, &portal_.credentials);
  return Reply(200, SettingsJson(portal_.settings));
}

void Control::ReseedCosts() {
  const uint64_t seed = portal_.settings.cost_seed;
  portal_.latency.Reseed(seed != 0 ? seed : portal_.seed);
}

HttpReply Control::Tokens(const Json& body) {
  Credentials& credentials = portal_.credentials;
  const absl::Time now = portal_.clock.Now();
  if (const Json* lifetime = Find(body, "lifetime_seconds")) {
    credentials.application.access_lifetime = absl::Seconds(ToInt(*lifetime));
  }
  if (const Json* lifetime = Find(body, "refresh_lifetime_seconds")) {
    credentials.application.refresh_lifetime = absl::Seconds(ToInt(*lifetime));
  }
  const std::string revoke = TextOf(body, "revoke");
  if (revoke == "access" || revoke == "all") credentials.RevokeAccess();
  if (revoke == "refresh" || revoke == "all") credentials.RevokeRefresh();
  const std::string expire = TextOf(body, "expire");
  if (expire == "access") credentials.ExpireAccess(now);
  const Json* issue = Find(body, "issue");
  if (issue != nullptr && !ToBool(*issue)) return Reply(200, {{"ok", true}});
  const int64_t user = IntOf(body, "user_id", 1);
  credentials.MakeUser(user);
  const auto pair = credentials.Issue(user, now);
  return Reply(200, {{"access_token", pair.access},
                     {"refresh_token", pair.refresh},
                     {"expires", absl::ToUnixSeconds(pair.expires)},
                     {"expires_in",
                      absl::ToInt64Seconds(credentials.application.access_lifetime)},
                     {"client_id", credentials.application.client_id},
                     {"client_secret", credentials.application.client_secret},
                     {"client_endpoint", portal_.rest_endpoint},
                     {"server_endpoint", portal_.oauth_endpoint + "/rest/"},
                     {"member_id", portal_.member_id},
                     {"code", credentials.IssueCode(user, now)}});
}

HttpReply Control::Reset(const Json& body) {
  const Json* parts = Find(body, "keep_contacts");
  if (parts == nullptr || !ToBool(*parts)) portal_.contacts = ContactStore();
  portal_.userfields = UserfieldStore();
  portal_.events = EventQueue();
  portal_.records = RecordStore();
  portal_.buckets = RequestBuckets();
  portal_.operating.Clear();
  portal_.faults.Clear();
  portal_.journal.Clear();
  const int64_t in_flight = portal_.journal.counters.in_flight;
  portal_.journal.counters = Counters{};
  portal_.journal.counters.in_flight = in_flight;
  const Json* settings = Find(body, "keep_config");
  if (settings == nullptr || !ToBool(*settings)) {
    portal_.settings = portal_.initial_settings;
    portal_.clock.SetSpeed(1);
    ReseedCosts();
    // Tokens stay: a reset is no reason for a client to lose its authorization.
    portal_.credentials.webhooks = initial_.webhooks;
    portal_.credentials.application = initial_.application;
    for (const auto& [id, user] : initial_.users()) {
      *portal_.credentials.MakeUser(id) = user;
    }
  }
  return Reply(200, {{"ok", true}});
}

}  // namespace guestbridge::testing::bitrix24
