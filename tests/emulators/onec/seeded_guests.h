// Invented guests and their change history, computed from a seed and a number: a
// million of them takes no memory.
#ifndef GUESTBRIDGE_TESTS_EMULATORS_ONEC_SEEDED_GUESTS_H_
#define GUESTBRIDGE_TESTS_EMULATORS_ONEC_SEEDED_GUESTS_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tests/emulators/onec/record.h"
#include "tests/emulators/onec/schema.h"
#include "tests/emulators/onec/value.h"

namespace guestbridge::testing::onec {

// Rows of Catalog_Clients: row n has the code n + 1.
class SeededClients : public RowSource {
 public:
  // `now`: guests were created in the six years before it. `clients` outlives this.
  SeededClients(const EntityDef& clients, std::size_t count, std::uint64_t seed,
                DateTime now);

  std::size_t size() const override { return count_; }
  Value Cell(std::size_t row, int property) const override;
  std::optional<std::size_t> Find(std::string_view key_text) const override;

  // Also of those whose CreateDate is empty.
  DateTime CreatedAt(std::size_t row) const;
  DateTime now() const { return now_; }
  Guid KeyOf(std::size_t row) const;
  // A number of the row's own, another for each `what`.
  std::uint64_t Draw(std::size_t row, std::uint64_t what) const;

 private:
  enum class Role;
  Value Person(std::size_t row, Role role) const;
  bool OneIn(std::uint64_t n, std::size_t row, Role role) const;

  std::vector<Type> types_;  // by property
  std::vector<Role> roles_;
  std::size_t count_;
  std::uint64_t seed_;
  DateTime now_;
};

// Rows of the change history: kVersions for each client, one in each equal part of the
// time since its creation.
class SeededHistory : public RowSource {
 public:
  static constexpr std::size_t kVersions = 5;

  SeededHistory(const EntityDef& history, std::shared_ptr<const SeededClients> clients,
                Guid user);

  std::size_t size() const override { return clients_->size() * kVersions; }
  Value Cell(std::size_t row, int property) const override;
  std::optional<std::size_t> Find(std::string_view key_text) const override;

 private:
  DateTime PeriodOf(std::size_t row) const;

  const EntityDef& history_;
  std::shared_ptr<const SeededClients> clients_;
  Guid user_;
};

}  // namespace guestbridge::testing::onec

#endif  // GUESTBRIDGE_TESTS_EMULATORS_ONEC_SEEDED_GUESTS_H_
