#include "tests/emulators/onec/desk.h"

#include <memory>
#include <nlohmann/json.hpp>
#include <shared_mutex>
#include <utility>

#include "tests/emulators/onec/exchange_plan.h"
#include "tests/emulators/onec/writes.h"

namespace guestbridge::testing::onec {
namespace {

using nlohmann::json;

std::string Joined(const json& attributes, std::initializer_list<const char*> names) {
  std::string out;
  for (const char* name : names) {
    const auto it = attributes.find(name);
    if (it == attributes.end() || !it->is_string()) continue;
    if (!out.empty()) out += ' ';
    out += it->get_ref<const std::string&>();
  }
  return out;
}

std::string KeyOf(const std::string& guid) {
  const auto parsed = Guid::Parse(guid);
  return parsed ? parsed->Text() : guid;
}

}  // namespace

Result<std::string> Desk::Add(const json& attributes) {
  json body = attributes;
  if (!body.is_object()) return Fault{400, "2", "attributes: not an object", ""};
  if (!body.contains("Description")) {
    body["Description"] = Joined(body, {"LastName", "FirstName"});
  }
  if (!body.contains("FullName")) {
    body["FullName"] = Joined(body, {"LastName", "FirstName", "SecondName"});
  }
  const auto settings = base_.settings();
  const std::unique_lock lock(base_.store().mutex());
  Settings desk_settings = *settings;
  desk_settings.honour_ref_key_on_create = true;
  const WriteContext context = ByHand(desk_settings);
  const EntityDef& clients = *base_.store().FindSet(kClients);
  auto made = Create(context, clients, body);
  if (!made.ok()) return made.fault();
  return PlainText(Field(clients, **made, 0));
}

WriteContext Desk::ByHand(const Settings& settings) const {
  return {base_.store(),       settings,
          base_.clock().Now(), base_.desk_user(),
          /*load_mode=*/false, /*by_odata=*/false};
}

Result<Done> Desk::EditLocked(DateTime now, const std::string& guid, const json& change,
                              bool history) {
  const auto settings = base_.settings();
  Settings desk_settings = *settings;
  desk_settings.refused.clear();  // the desk is not what a test wants to see refused
  desk_settings.handler_sets.clear();
  desk_settings.if_match_honoured = false;
  const WriteContext context{base_.store(),          desk_settings,     now,
                             base_.desk_user(),
                             /*load_mode=*/!history, /*by_odata=*/false};
  auto written = Update(context, *base_.store().FindSet(kClients), KeyOf(guid), change,
                        BodyRule::kPatch, "");
  if (!written.ok()) return written.fault();
  return Done{};
}

Result<std::string> Desk::AddItem(const std::string& set,
                                  const std::string& description) {
  const auto settings = base_.settings();
  const std::unique_lock lock(base_.store().mutex());
  const EntityDef* def = base_.store().FindSet(set);
  if (def == nullptr) return Fault{404, "8", "no such set", ""};
  const WriteContext context = ByHand(*settings);
  auto made = Create(context, *def, {{"Description", description}});
  if (!made.ok()) return made.fault();
  return PlainText(Field(*def, **made, 0));
}

Result<Done> Desk::Rename(const std::string& set, const std::string& guid,
                          const std::string& description) {
  const auto settings = base_.settings();
  const std::unique_lock lock(base_.store().mutex());
  const EntityDef* def = base_.store().FindSet(set);
  if (def == nullptr) return Fault{404, "8", "no such set", ""};
  const WriteContext context = ByHand(*settings);
  auto written = Update(context, *def, KeyOf(guid), {{"Description", description}},
                        BodyRule::kPatch, "");
  if (!written.ok()) return written.fault();
  return Done{};
}

Result<Done> Desk::Edit(const std::string& guid, const std::vector<json>& changes) {
  const std::unique_lock lock(base_.store().mutex());
  const DateTime now = base_.clock().Now();
  for (const json& change : changes) {
    auto done = EditLocked(now, guid, change, /*history=*/true);
    if (!done.ok()) return done;
  }
  return Done{};
}

Result<Done> Desk::EditLate(const std::string& transaction, const std::string& guid,
                            const json& change) {
  const std::lock_guard lock(late_mutex_);
  late_[transaction].push_back({base_.clock().Now(), guid, change.dump()});
  return Done{};
}

Result<Done> Desk::Commit(const std::string& transaction) {
  std::vector<Late> edits;
  {
    const std::lock_guard lock(late_mutex_);
    const auto it = late_.find(transaction);
    if (it == late_.end()) return Fault{404, "9", "no such transaction", ""};
    edits = std::move(it->second);
    late_.erase(it);
  }
  const std::unique_lock lock(base_.store().mutex());
  for (const Late& late : edits) {
    auto done =
        EditLocked(late.period, late.guid, json::parse(late.change, nullptr, false),
                   /*history=*/true);
    if (!done.ok()) return done;
  }
  return Done{};
}

Result<Done> Desk::Load(const std::string& guid, const json& change) {
  const std::unique_lock lock(base_.store().mutex());
  return EditLocked(base_.clock().Now(), guid, change, /*history=*/false);
}

Result<Done> Desk::Mark(const std::string& guid, bool deleted) {
  const std::unique_lock lock(base_.store().mutex());
  return EditLocked(base_.clock().Now(), guid, {{"DeletionMark", deleted}},
                    /*history=*/true);
}

Result<Done> Desk::Remove(const std::string& guid) {
  const std::unique_lock lock(base_.store().mutex());
  const EntityDef& def = *base_.store().FindSet(kClients);
  if (!base_.store().Get(def, KeyOf(guid))) return NotFound(def, guid);
  base_.store().table(kClients).Remove(KeyOf(guid));
  RegisterChange(base_.store(), *base_.settings(), def, KeyOf(guid),
                 /*load_mode=*/false);
  return Done{};
}

Result<Done> Desk::Merge(const std::string& winner, const std::string& loser,
                         bool history) {
  const std::unique_lock lock(base_.store().mutex());
  Store& store = base_.store();
  const EntityDef& clients = *store.FindSet(kClients);
  for (const std::string& guid : {winner, loser}) {
    if (!store.Get(clients, KeyOf(guid))) return NotFound(clients, guid);
  }
  for (const auto& [name, def] : store.schema()) {
    if (def.kind != SetKind::kRegister || name == kHistory) continue;
    std::vector<std::pair<std::string, Record>> replaced;
    for (const RecordPtr& row : store.table(name).Rows()) {
      Record changed = Materialised(def, *row);
      for (std::size_t i = 0; i < def.properties.size(); ++i) {
        if (def.properties[i].composite_value &&
            changed.values[i] == Value(KeyOf(loser))) {
          changed.values[i] = KeyOf(winner);
          replaced.emplace_back(KeyText(def, *row), changed);
        }
      }
    }
    for (auto& [key, record] : replaced) {
      store.table(name).Remove(key);
      store.table(name).Put(def, std::make_shared<Record>(std::move(record)));
    }
  }
  return EditLocked(base_.clock().Now(), loser, {{"DeletionMark", true}}, history);
}

}  // namespace guestbridge::testing::onec
