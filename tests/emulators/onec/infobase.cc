#include "tests/emulators/onec/infobase.h"

#include <cstddef>
#include <nlohmann/json.hpp>
#include <utility>

#include "tests/emulators/onec/exchange_plan.h"

namespace guestbridge::testing::onec {
namespace {

Guid Fixed(const char* text) { return Guid::Parse(text).value_or(Guid{}); }

void AddItem(Store& store, const char* set, const Guid& guid, std::string code,
             const std::string& description, const char* predefined = "") {
  const EntityDef& def = *store.FindSet(set);
  auto record = std::make_shared<Record>(MakeEmpty(def));
  const auto at = [&](const char* id) -> Value& {
    return record->values[static_cast<std::size_t>(def.FindId(id))];
  };
  const auto length = static_cast<std::size_t>(
      def.properties[static_cast<std::size_t>(def.FindId("Code"))].length);
  if (code.size() < length) code.resize(length, ' ');
  at("Ref_Key") = guid;
  at("DataVersion") = DataVersionText(0);
  at("Code") = code;
  at("Description") = description;
  at("Predefined") = *predefined != '\0';
  at("PredefinedDataName") = std::string(predefined);
  store.table(set).Put(def, std::move(record));
}

// A configuration that was updated: attributes renamed, references with more types.
void ApplyDrift(const Settings& settings, const std::string& name, EntityDef& def) {
  const auto renamed = settings.renamed.find(name);
  const auto composite =
      settings.composite.find(def.kind == SetKind::kRecordType ? def.owner : name);
  const std::size_t count = def.properties.size();
  for (std::size_t i = 0; i < count; ++i) {
    Property& p = def.properties[i];
    if (p.type_of >= 0) continue;
    p.name = p.id;
    if (renamed != settings.renamed.end()) {
      const auto it = renamed->second.find(p.id);
      if (it != renamed->second.end()) p.name = it->second;
    }
    if (p.target.empty()) continue;
    def.MakeComposite(
        i, composite != settings.composite.end() && composite->second.contains(p.id));
  }
}

}  // namespace

InfoBase::InfoBase(int zone_minutes, const std::string& user)
    : store_(HotelSchema()),
      clock_(zone_minutes),
      integration_user_(Fixed("5a1d7e00-0000-4000-8000-000000000001")),
      desk_user_(Fixed("5a1d7e00-0000-4000-8000-000000000002")) {
  auto settings = std::make_shared<Settings>();
  settings->unpublished = {kMessages, kExchangePlan};
  settings_ = std::move(settings);
  FillLookups(user);
  AddExchangeNodes(store_);
}

void InfoBase::FillLookups(const std::string& user) {
  AddItem(store_, kEmployees, integration_user_, "000000001", user);
  AddItem(store_, kEmployees, desk_user_, "000000002", "Дежурный администратор");
  AddItem(store_, "Catalog_Hotels", Fixed("4f7e1000-0000-4000-8000-000000000001"),
          "000000001", "Гостиница «Набережная»");
  AddItem(store_, "Catalog_Hotels", Fixed("4f7e1000-0000-4000-8000-000000000002"),
          "000000002", "Гостиница «Парковая»");
  AddItem(store_, "Catalog_Countries", Fixed("c0de0000-0000-4000-8000-000000000643"),
          "643", "РОССИЯ", "Russia");
  AddItem(store_, "Catalog_Countries", Fixed("c0de0000-0000-4000-8000-000000000112"),
          "112", "БЕЛАРУСЬ");
  AddItem(store_, "Catalog_Countries", Fixed("c0de0000-0000-4000-8000-000000000276"),
          "276", "ГЕРМАНИЯ");
  AddItem(store_, "Catalog_Languages", Fixed("1a960000-0000-4000-8000-000000000001"),
          "RU", "Русский");
  AddItem(store_, "Catalog_Languages", Fixed("1a960000-0000-4000-8000-000000000002"),
          "EN", "English");
  AddItem(store_, "Catalog_ExternalSystemInteractions",
          Fixed("e5150000-0000-4000-8000-000000000024"), "000000001", "Битрикс24");
  auto id = std::make_shared<Record>();
  id->values = {std::int64_t{0}, Fixed("0b0e1f00-7e57-4a5e-9d00-000000000001")};
  const EntityDef& constant = *store_.FindSet("Constant_InfoBaseUUID");
  store_.table(constant.name).Put(constant, std::move(id));
}

std::shared_ptr<const Settings> InfoBase::settings() const {
  const std::lock_guard lock(settings_mutex_);
  return settings_;
}

std::string InfoBase::Configure(const nlohmann::json& change) {
  auto next = std::make_shared<Settings>(*settings());
  std::string bad = ApplyChange(change, *next);
  if (!bad.empty()) return bad;
  const std::unique_lock lock(store_.mutex());
  for (auto& [name, def] : store_.mutable_schema()) ApplyDrift(*next, name, def);
  const std::lock_guard settings_lock(settings_mutex_);
  settings_ = std::move(next);
  return "";
}

std::vector<std::string> InfoBase::PublishedSets(const Settings& settings) const {
  std::vector<std::string> sets;
  for (const auto& [name, def] : store_.schema()) {
    const bool out = settings.unpublished.contains(name) ||
                     settings.unpublished.contains("*") ||
                     settings.unpublished.contains(def.owner);
    if (!out) sets.push_back(name);
  }
  return sets;
}

}  // namespace guestbridge::testing::onec
