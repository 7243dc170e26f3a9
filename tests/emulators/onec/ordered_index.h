// The places of a table's rows in the order of some of their attributes.
//
// Order: CompareValues with letters' case folded, attribute by attribute; rows that tie
// stand in storage order, as a sort of the whole table would leave them. An entry is
// four bytes: what a row holds is read from the table, which every call therefore
// takes.
#ifndef GUESTBRIDGE_TESTS_EMULATORS_ONEC_ORDERED_INDEX_H_
#define GUESTBRIDGE_TESTS_EMULATORS_ONEC_ORDERED_INDEX_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <utility>
#include <vector>

#include "tests/emulators/onec/value.h"

namespace guestbridge::testing::onec {

class Table;

// Not thread-safe; guarded as its table is.
class OrderedIndex {
 public:
  using Place = std::uint32_t;
  struct Position {
    std::size_t chunk = 0;
    std::size_t at = 0;
    auto operator<=>(const Position&) const = default;
  };

  // Attributes that a row holds itself (OwnField).
  explicit OrderedIndex(std::vector<int> properties)
      : properties_(std::move(properties)) {}
  const std::vector<int>& properties() const { return properties_; }

  // All `count` rows of a table at once; the index was empty.
  void Build(const Table& table, std::size_t count);
  // The row is stored, at both moments.
  void Insert(const Table& table, Place place);
  void Erase(const Table& table, Place place);

  Position begin() const { return {}; }
  Position end() const { return {chunks_.size(), 0}; }
  // The first row that does not stand before `key`, the values of the first attributes;
  // with `behind` the first that stands behind it.
  Position Bound(const Table& table, const std::vector<Value>& key, bool behind) const;
  // Visits rows between two positions until `visit` says false. Descending goes from
  // `to` to `from`; rows that tie stay in storage order.
  void Walk(const Table& table, Position from, Position to, bool descending,
            const std::function<bool(Place)>& visit) const;

 private:
  bool Before(const Table& table, Place a, Place b) const;
  int CompareToKey(const Table& table, Place place,
                   const std::vector<Value>& key) const;
  // The first position that `stands_before` is false for.
  template <typename Predicate>
  Position Partition(const Predicate& stands_before) const;

  std::vector<int> properties_;
  std::vector<std::vector<Place>> chunks_;  // none is empty
};

}  // namespace guestbridge::testing::onec

#endif  // GUESTBRIDGE_TESTS_EMULATORS_ONEC_ORDERED_INDEX_H_
