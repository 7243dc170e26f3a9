#include "tests/emulators/onec/writes.h"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <nlohmann/json.hpp>
#include <random>
#include <utility>

#include "tests/emulators/onec/exchange_plan.h"

namespace guestbridge::testing::onec {
namespace {

using nlohmann::json;

std::size_t At(int index) { return static_cast<std::size_t>(index); }

Value& Own(const EntityDef& def, Record& record, const char* id) {
  return record.values[At(def.FindId(id))];
}

bool HasVersion(const EntityDef& def) { return def.kind == SetKind::kCatalog; }

// Adds one to a counter in the first four of the eight bytes.
std::uint64_t NextHigh(std::uint64_t version, bool little) {
  auto high = static_cast<std::uint32_t>(version >> 32);
  if (little) high = __builtin_bswap32(high);
  ++high;
  if (little) high = __builtin_bswap32(high);
  return std::uint64_t{high} << 32 | (version & 0xFFFF'FFFF);
}

void NextVersion(const WriteContext& context, const EntityDef& def, Record& record) {
  Value& version = Own(def, record, "DataVersion");
  const std::string& shape = context.settings.version_shape;
  std::uint64_t next = DataVersionCounter(PlainText(version)) + 1;
  if (shape == "database") next = context.store.NextRowVersion();
  if (shape == "object-high") next = NextHigh(next - 1, /*little=*/false);
  if (shape == "object-high-little") next = NextHigh(next - 1, /*little=*/true);
  version = DataVersionText(next);
}

// The next number of the set, as wide as the numbers in use.
std::string NextCode(const Store& store, const EntityDef& def) {
  const int code = def.FindId("Code");
  std::int64_t largest = 0;
  std::size_t width = 9;
  const Table& table = store.table(def.name);
  for (std::size_t place = 0; place < table.places(); ++place) {
    const RecordPtr row = table.At(place);
    if (!row) continue;
    std::string text = PlainText(Field(def, *row, code));
    while (!text.empty() && text.back() == ' ') text.pop_back();
    const bool number = !text.empty() && text.size() <= 12 &&
                        text.find_first_not_of("0123456789") == std::string::npos;
    if (!number) continue;
    const std::int64_t value = std::strtoll(text.c_str(), nullptr, 10);
    if (value >= largest) {
      largest = value;
      width = text.size();
    }
  }
  std::string next = std::to_string(largest + 1);
  if (next.size() < width) next.insert(0, width - next.size(), '0');
  const Property& p = def.properties[At(code)];
  next.resize(std::max(next.size(), At(p.length)), ' ');
  return next;
}

bool WritesHistory(const WriteContext& context, const EntityDef& def,
                   const std::set<std::string>& named, bool created) {
  if (def.name != kClients || context.load_mode) return false;
  if (created) return context.settings.history_on_create;
  const bool only_contact_id = named == std::set<std::string>{"B24ContactID"};
  return !only_contact_id || context.settings.contact_id_adds_history;
}

void AddHistory(const WriteContext& context, const RecordPtr& before,
                const RecordPtr& after, const std::set<std::string>& named) {
  const EntityDef& history = *context.store.FindSet(kHistory);
  auto row = std::make_shared<Record>();
  std::string changes;
  for (const std::string& name : named) changes += (changes.empty() ? "" : ", ") + name;
  row->values = {context.now, Field(*context.store.FindSet(kClients), *after, 0),
                 context.user, changes};
  const bool old_values = context.settings.history_before_values && before;
  row->snapshot = old_values ? before : after;
  context.store.table(kHistory).Put(history, std::move(row));
}

// What the object module of the emulated configuration does before a normal write.
Result<Done> RunHandlers(const WriteContext& context, const EntityDef& def,
                         bool created, Record& record) {
  if (def.name != kClients || context.load_mode) return Done{};
  const auto refused = context.settings.refused.find(PlainText(record.values[0]));
  if (refused != context.settings.refused.end()) {
    return Fault{500, "-1", refused->second, ""};
  }
  for (const auto& [id, text] : context.settings.handler_sets) {
    const int at = created ? -1 : def.FindId(id);
    if (at >= 0) record.values[At(at)] = text;
  }
  if (!created) return Done{};
  Value& create_date = Own(def, record, "CreateDate");
  if (create_date == Value(DateTime{})) create_date = context.now;
  Value& author = Own(def, record, "Author_Key");
  if (author == Value(Guid{})) author = context.user;
  return Done{};
}

Result<Done> CheckVersion(const WriteContext& context, const EntityDef& def,
                          const Record& record, std::string if_match) {
  const bool ignored = !context.settings.if_match_honoured || if_match.empty() ||
                       if_match == "*" || !HasVersion(def);
  if (ignored) return Done{};
  if (if_match.starts_with("W/")) if_match.erase(0, 2);
  std::erase(if_match, '"');
  if (if_match == PlainText(Field(def, record, def.FindId("DataVersion")))) {
    return Done{};
  }
  return Fault{412, "-1", "Версия данных не совпадает с переданной в If-Match",
               "The data version does not match If-Match"};
}

// "200, and the value is not there": puts the old values back.
void LoseFields(const WriteContext& context, const EntityDef& def, const Record& before,
                Record& after) {
  for (const std::string& id : context.settings.silent_loss_fields) {
    const int at = def.FindId(id);
    if (at >= 0 && context.by_odata) after.values[At(at)] = Field(def, before, at);
  }
}

}  // namespace

Guid NewGuid() {
  static thread_local std::mt19937_64 bits{std::random_device()()};
  Guid guid;
  for (std::size_t i = 0; i < guid.bytes.size(); ++i) {
    guid.bytes[i] = static_cast<std::uint8_t>(bits());
  }
  guid.bytes[6] = static_cast<std::uint8_t>((guid.bytes[6] & 0x0F) | 0x40);
  guid.bytes[8] = static_cast<std::uint8_t>((guid.bytes[8] & 0x3F) | 0x80);
  return guid;
}

Fault NotFound(const EntityDef& def, const std::string& key) {
  std::string shown = key;
  std::replace(shown.begin(), shown.end(), '\x1f', ',');
  std::erase(shown, '\x1e');
  return {404, "9",
          "Экземпляр сущности \"" + def.name + "(" + shown +
              ")\" не найден по переданному ключу.",
          "Entity instance \"" + def.name + "(" + shown +
              ")\" is not found by the given key."};
}

Result<RecordPtr> Create(const WriteContext& context, const EntityDef& def,
                         const json& body) {
  auto record = std::make_shared<Record>(MakeEmpty(def));
  if (HasVersion(def)) {
    record->values[0] = NewGuid();
    const auto wanted = body.find("Ref_Key");
    if (context.settings.honour_ref_key_on_create && wanted != body.end() &&
        wanted->is_string()) {
      const auto guid = Guid::Parse(wanted->get_ref<const std::string&>());
      if (!guid) return Fault{400, "1", "Ошибка при разборе значения Ref_Key", ""};
      record->values[0] = *guid;
    }
    Own(def, *record, "DataVersion") = DataVersionText(0);
  }
  auto named = ApplyBody(def, body, BodyRule::kCreate, *record);
  if (!named.ok()) return named.fault();
  if (def.kind == SetKind::kRegister) {
    for (int i : def.key) {
      const Property& p = def.properties[At(i)];
      if (!named->contains(p.id)) {
        return Fault{400, "7", "Отсутствует часть ключа сущности: " + p.name,
                     "A part of the entity key is missing: " + p.name};
      }
    }
  }
  if (context.store.Get(def, KeyText(def, *record))) {
    return Fault{400, "15", "Сущность с таким ключом уже существует",
                 "An entity with this key already exists"};
  }
  const bool needs_code =
      HasVersion(def) &&
      PlainText(Own(def, *record, "Code")).find_first_not_of(' ') == std::string::npos;
  if (needs_code) Own(def, *record, "Code") = NextCode(context.store, def);
  auto handled = RunHandlers(context, def, /*created=*/true, *record);
  if (!handled.ok()) return handled.fault();
  const Record empty = MakeEmpty(def);
  if (context.settings.silent_write_loss && context.by_odata) {
    return std::make_shared<const Record>(empty);
  }
  LoseFields(context, def, empty, *record);
  const RecordPtr stored = context.store.table(def.name).Put(def, record);
  RegisterChange(context.store, context.settings, def, KeyText(def, *stored),
                 context.load_mode);
  if (WritesHistory(context, def, *named, /*created=*/true)) {
    AddHistory(context, nullptr, stored, *named);
  }
  return stored;
}

Result<RecordPtr> Update(const WriteContext& context, const EntityDef& def,
                         const std::string& key, const json& body, BodyRule rule,
                         const std::string& if_match) {
  const RecordPtr before = context.store.Get(def, key);
  if (!before) return NotFound(def, key);
  auto version = CheckVersion(context, def, *before, if_match);
  if (!version.ok()) return version.fault();
  auto after = std::make_shared<Record>(Materialised(def, *before));
  auto named = ApplyBody(def, body, rule, *after);
  if (!named.ok()) return named.fault();
  // The key of a record is what the URL names.
  for (int i : def.key) after->values[At(i)] = Field(def, *before, i);
  auto handled = RunHandlers(context, def, /*created=*/false, *after);
  if (!handled.ok()) return handled.fault();
  if (context.settings.silent_write_loss && context.by_odata) return before;
  LoseFields(context, def, *before, *after);
  if (HasVersion(def)) NextVersion(context, def, *after);
  const RecordPtr stored = context.store.table(def.name).Put(def, after);
  RegisterChange(context.store, context.settings, def, key, context.load_mode);
  if (WritesHistory(context, def, *named, /*created=*/false)) {
    AddHistory(context, before, stored, *named);
  }
  return stored;
}

Result<Done> Delete(const WriteContext& context, const EntityDef& def,
                    const std::string& key, const std::string& if_match) {
  const RecordPtr record = context.store.Get(def, key);
  if (!record) return NotFound(def, key);
  auto version = CheckVersion(context, def, *record, if_match);
  if (!version.ok()) return version;
  if (context.settings.silent_write_loss && context.by_odata) return Done{};
  context.store.table(def.name).Remove(key);
  RegisterChange(context.store, context.settings, def, key, context.load_mode);
  return Done{};
}

Result<RecordPtr> Import(Store& store, const json& row) {
  const EntityDef& def = *store.FindSet(kClients);
  auto record = std::make_shared<Record>(MakeEmpty(def));
  if (!row.is_object()) return Fault{400, "2", "Строка не является объектом", ""};
  record->values[0] = NewGuid();
  if (row.contains("Ref_Key") && row["Ref_Key"].is_string()) {
    const auto guid = Guid::Parse(row["Ref_Key"].get_ref<const std::string&>());
    if (!guid) return Fault{400, "1", "Ошибка при разборе значения Ref_Key", ""};
    record->values[0] = *guid;
  }
  std::string version = DataVersionText(0);
  if (row.contains("DataVersion") && row["DataVersion"].is_string()) {
    version = row["DataVersion"].get<std::string>();
  }
  Own(def, *record, "DataVersion") = version;
  auto named = ApplyBody(def, row, BodyRule::kCreate, *record);
  if (!named.ok()) return named.fault();
  if (!named->contains("Code")) Own(def, *record, "Code") = NextCode(store, def);
  return store.table(def.name).Put(def, record);
}

}  // namespace guestbridge::testing::onec
