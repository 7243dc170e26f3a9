// Which rows of a set a query has to look at, so that a base of a million answers as a
// database with indexes does.
//
// A plan only narrows: every row that the filter takes is among the candidates, and the
// filter is still asked about each of them.
#ifndef GUESTBRIDGE_TESTS_EMULATORS_ONEC_QUERY_PLAN_H_
#define GUESTBRIDGE_TESTS_EMULATORS_ONEC_QUERY_PLAN_H_

#include <cstddef>
#include <optional>
#include <vector>

#include "tests/emulators/onec/filter.h"
#include "tests/emulators/onec/ordered_index.h"
#include "tests/emulators/onec/store.h"

namespace guestbridge::testing::onec {

// Rows of an index between two positions.
struct IndexRange {
  const OrderedIndex* index = nullptr;
  OrderedIndex::Position from;
  OrderedIndex::Position to;
};

// `filter` is bound to `def`, whose rows `table` holds; it may be null. All three
// answer nullopt when the filter's top-level conjuncts (and the order) do not allow it.

// Places of the rows whose keys the filter names (`Ref_Key eq … or Ref_Key eq …`), in
// storage order.
std::optional<std::vector<std::size_t>> KeysNamed(const EntityDef& def,
                                                  const Table& table,
                                                  const Expr* filter);

// Places of the rows with the values that the filter wants of indexed attributes, in
// storage order.
std::optional<std::vector<std::size_t>> ByValues(const EntityDef& def,
                                                 const Table& table, const Expr* filter,
                                                 bool fold_case);

// The part of an index to be walked when rows are wanted in the order of `property`.
std::optional<IndexRange> InOrder(const EntityDef& def, const Table& table,
                                  const Expr* filter, int property, bool fold_case);

}  // namespace guestbridge::testing::onec

#endif  // GUESTBRIDGE_TESTS_EMULATORS_ONEC_QUERY_PLAN_H_
