#include "tests/emulators/onec/exchange_plan.h"

#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <nlohmann/json.hpp>
#include <optional>
#include <thread>
#include <utility>

#include "tests/emulators/onec/query.h"
#include "tests/emulators/onec/query_options.h"
#include "tests/emulators/onec/resource_path.h"
#include "tests/emulators/onec/writes.h"

namespace guestbridge::testing::onec {
namespace {

// No set of the service: lies in the store so that a backup has it.
constexpr char kRegistrations[] = "(registered changes)";
enum Registered { kRegisteredSet, kRegisteredKey, kRegisteredMessage };

const EntityDef& RegistrationDef() {
  static const auto* const kDef = [] {
    auto* def = new EntityDef;
    def->name = kRegistrations;
    def->properties.resize(3);
    def->properties[kRegisteredMessage].type = Type::kInt64;
    def->key = {kRegisteredSet, kRegisteredKey};
    return def;
  }();
  return *kDef;
}

std::int64_t MessageOf(const Record& registration) {
  return std::get<std::int64_t>(registration.values[kRegisteredMessage]);
}

Value& NodeValue(const EntityDef& def, Record& node, const char* id) {
  return node.values[static_cast<std::size_t>(def.FindId(id))];
}

void AddNode(Store& store, const char* guid, const std::string& code,
             const std::string& description, bool this_node) {
  const EntityDef& def = *store.FindSet(kExchangePlan);
  auto node = std::make_shared<Record>(MakeEmpty(def));
  NodeValue(def, *node, "Ref_Key") = Guid::Parse(guid).value_or(Guid{});
  NodeValue(def, *node, "DataVersion") = DataVersionText(0);
  NodeValue(def, *node, "Code") = code + std::string(9 - code.size(), ' ');
  NodeValue(def, *node, "Description") = description;
  NodeValue(def, *node, "ThisNode") = this_node;
  store.table(kExchangePlan).Put(def, std::move(node));
}

Fault MissingArgument(const std::string& name) {
  return {400, "12", "Не указан параметр метода: " + name,
          "A method parameter is missing: " + name};
}

Fault NoNodeUrl() {
  return {400, "6", "Неверный URL узла плана обмена в DataExchangePoint",
          "Bad URL of an exchange plan node in DataExchangePoint"};
}

Result<std::int64_t> ReadMessage(const std::map<std::string, std::string>& query) {
  const auto it = query.find("MessageNo");
  if (it == query.end()) return MissingArgument("MessageNo");
  const bool number = !it->second.empty() && it->second.size() <= 10 &&
                      it->second.find_first_not_of("0123456789") == std::string::npos;
  if (!number) {
    return Fault{400, "1", "Не удалось разобрать значение MessageNo",
                 "Cannot parse the value of MessageNo"};
  }
  return std::strtoll(it->second.c_str(), nullptr, 10);
}

Result<RecordPtr> FindNode(const Store& store, const std::string& root,
                           const std::map<std::string, std::string>& query) {
  const auto it = query.find("DataExchangePoint");
  if (it == query.end()) return MissingArgument("DataExchangePoint");
  std::string url = it->second;
  if (url.size() < 2 || url.front() != '\'' || url.back() != '\'') return NoNodeUrl();
  // The path inside may be written either way.
  url = PercentDecode(url.substr(1, url.size() - 2));
  if (!url.starts_with(root + "/")) return NoNodeUrl();
  auto segments = ParsePath(std::string_view(url).substr(root.size() + 1));
  if (!segments.ok()) return NoNodeUrl();
  const bool of_plan = segments->size() == 1 && (*segments)[0].name == kExchangePlan &&
                       (*segments)[0].arguments.has_value();
  if (!of_plan) return NoNodeUrl();
  const EntityDef& def = *store.FindSet(kExchangePlan);
  auto key = ParseKey(def, *(*segments)[0].arguments);
  if (!key.ok()) return key.fault();
  const RecordPtr node = store.Get(def, *key);
  if (!node) return NotFound(def, *key);
  if (std::get<bool>(Field(def, *node, def.FindId("ThisNode")))) {
    return Fault{500, "-1", "Нельзя выполнить обмен данными с собственным узлом базы",
                 "Data exchange with the base's own node is not possible"};
  }
  return node;
}

Result<Done> CheckPlan(const Settings& settings) {
  const std::string plan = kExchangePlan;
  if (settings.unpublished.contains(plan) || settings.unpublished.contains("*")) {
    return Fault{404, "8", "Тип сущности \"" + plan + "\" не найден!",
                 "Entity type \"" + plan + "\" is not found!"};
  }
  for (const auto* denied : {&settings.denied_read, &settings.denied_write}) {
    if (denied->contains(plan) || denied->contains("*")) return AccessFault();
  }
  return Done{};
}

std::int64_t ReceivedBy(const EntityDef& def, const Record& node) {
  return std::get<std::int64_t>(Field(def, node, def.FindId("ReceivedNo")));
}

Fault AcknowledgedAlready() {
  return {400, "21", "Номер сообщения уже принят узлом",
          "The message number was received by the node already"};
}

Result<Done> Acknowledge(Store& store, const std::string& root,
                         const std::map<std::string, std::string>& query) {
  const std::unique_lock lock(store.mutex());
  auto node = FindNode(store, root, query);
  if (!node.ok()) return node.fault();
  auto message = ReadMessage(query);
  if (!message.ok()) return message.fault();
  const EntityDef& def = *store.FindSet(kExchangePlan);
  if (*message < ReceivedBy(def, **node)) return AcknowledgedAlready();
  Table left;
  for (const RecordPtr& row : store.table(kRegistrations).Rows()) {
    const std::int64_t of = MessageOf(*row);
    if (of == 0 || of > *message) left.Put(RegistrationDef(), row);
  }
  store.table(kRegistrations) = std::move(left);
  auto moved = std::make_shared<Record>(**node);
  NodeValue(def, *moved, "ReceivedNo") = *message;
  store.table(kExchangePlan).Put(def, std::move(moved));
  return Done{};
}

}  // namespace

void AddExchangeNodes(Store& store) {
  AddNode(store, "9a7e0000-0000-4000-8000-000000000001", "000", "Эта база", true);
  AddNode(store, "9a7e0000-0000-4000-8000-000000000002", "GB", "Битрикс24", false);
}

void RegisterChange(Store& store, const Settings& settings, const EntityDef& def,
                    const std::string& key, bool load_mode) {
  const bool content = def.name == kClients || def.name == "Catalog_Countries";
  if (!content || (load_mode && !settings.load_mode_registers) ||
      settings.unpublished.contains(kExchangePlan)) {
    return;
  }
  auto row = std::make_shared<Record>();
  row->values = {def.name, key, std::int64_t{0}};
  store.table(kRegistrations).Put(RegistrationDef(), std::move(row));
}

nlohmann::json RegisteredChanges(const Store& store) {
  nlohmann::json changes = nlohmann::json::array();
  for (const RecordPtr& row : store.table(kRegistrations).Rows()) {
    changes.push_back({{"set", PlainText(row->values[kRegisteredSet])},
                       {"key", PlainText(row->values[kRegisteredKey])},
                       {"message", MessageOf(*row)}});
  }
  return changes;
}

bool ExchangeFunctions::IsOne(const std::string& name) {
  return name == "SelectChanges" || name == "NotifyChangesReceived";
}

Result<ExchangeFunctions::Answer> ExchangeFunctions::Call(
    Store& store, const Settings& settings, const std::string& name,
    const RenderContext& rendering, const std::map<std::string, std::string>& query) {
  if (auto plan = CheckPlan(settings); !plan.ok()) return plan.fault();
  if (name != "SelectChanges") {
    auto done = Acknowledge(store, rendering.root, query);
    if (!done.ok()) return done.fault();
    return Answer{};
  }
  const bool alone = selecting_++ == 0;
  Result<Answer> answer = Answer{};
  if (alone || !settings.select_overlap_locks) {
    std::this_thread::sleep_for(std::chrono::milliseconds(settings.select_ms));
    answer = Select(store, settings, rendering, query);
  } else {
    answer = Fault{500, "-1", "Конфликт блокировок при выполнении транзакции",
                   "Lock conflict while the transaction was executed"};
  }
  --selecting_;
  return answer;
}

Result<ExchangeFunctions::Answer> ExchangeFunctions::Select(
    Store& store, const Settings& settings, const RenderContext& rendering,
    const std::map<std::string, std::string>& query) {
  const std::unique_lock lock(store.mutex());
  auto node = FindNode(store, rendering.root, query);
  if (!node.ok()) return node.fault();
  auto message = ReadMessage(query);
  if (!message.ok()) return message.fault();
  if (*message <= ReceivedBy(*store.FindSet(kExchangePlan), **node)) {
    return AcknowledgedAlready();
  }
  Changes changes;
  std::vector<RecordPtr> fresh;
  for (const RecordPtr& row : store.table(kRegistrations).Rows()) {
    const EntityDef& def = *store.FindSet(PlainText(row->values[kRegisteredSet]));
    const std::string key = PlainText(row->values[kRegisteredKey]);
    if (settings.unpublished.contains(def.name)) continue;
    if (MessageOf(*row) == 0) fresh.push_back(row);
    const RecordPtr record = store.Get(def, key);
    if (!record) {
      changes.removed.push_back(def.name + "(guid'" + key + "')");
      continue;
    }
    if (IsHidden(settings, def, *record)) return AccessFault();
    changes.changed.emplace_back(&def, record);
  }
  auto feed = RenderChanges(rendering, changes);
  if (!feed.ok()) return feed.fault();
  for (const RecordPtr& row : fresh) {
    auto stamped = std::make_shared<Record>(*row);
    stamped->values[kRegisteredMessage] = *message;
    store.table(kRegistrations).Put(RegistrationDef(), std::move(stamped));
  }
  return Answer{std::move(*feed), changes.changed.size() + changes.removed.size()};
}

}  // namespace guestbridge::testing::onec
