#include "tests/emulators/onec/sample_data.h"

#include <cstddef>
#include <fstream>
#include <memory>
#include <mutex>
#include <nlohmann/json.hpp>
#include <shared_mutex>
#include <string>
#include <utility>

#include "tests/emulators/onec/seeded_guests.h"
#include "tests/emulators/onec/writes.h"

namespace guestbridge::testing::onec {

using nlohmann::json;

std::string LoadClients(InfoBase& base, const std::string& path) {
  std::ifstream file(path);
  if (!file) return "cannot read " + path;
  const std::unique_lock lock(base.store().mutex());
  std::string line;
  for (int number = 1; std::getline(file, line); ++number) {
    if (line.empty()) continue;
    const json row = json::parse(line, nullptr, /*allow_exceptions=*/false);
    if (row.is_discarded()) return path + ":" + std::to_string(number) + ": not JSON";
    auto stored = Import(base.store(), row);
    if (!stored.ok()) {
      return path + ":" + std::to_string(number) + ": " + stored.fault().text;
    }
  }
  return "";
}

void GenerateClients(InfoBase& base, int count, std::uint64_t seed) {
  Store& store = base.store();
  const std::unique_lock lock(store.mutex());
  const EntityDef& clients = *store.FindSet(kClients);
  const EntityDef& history = *store.FindSet(kHistory);
  auto guests = std::make_shared<SeededClients>(
      clients, static_cast<std::size_t>(count), seed, base.clock().Now());
  auto changes = std::make_shared<SeededHistory>(history, guests, base.desk_user());
  store.table(kClients).Attach(clients, std::move(guests));
  store.table(kHistory).Attach(history, std::move(changes));
}

}  // namespace guestbridge::testing::onec
