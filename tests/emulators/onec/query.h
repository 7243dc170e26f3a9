// Runs a query over a set: $filter, RLS, order, count, $skip and $top.
#ifndef GUESTBRIDGE_TESTS_EMULATORS_ONEC_QUERY_H_
#define GUESTBRIDGE_TESTS_EMULATORS_ONEC_QUERY_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "tests/emulators/onec/fault.h"
#include "tests/emulators/onec/query_options.h"
#include "tests/emulators/onec/settings.h"
#include "tests/emulators/onec/store.h"

namespace guestbridge::testing::onec {

struct Selection {
  std::vector<RecordPtr> rows;
  // Before paging. Without inline_count it may be left out: a page that an index gives
  // in order ends before the rest is looked at.
  std::size_t total = 0;
  std::size_t skipped = 0;  // rows built only to be dropped
};

// The caller holds the store's lock. `request` varies the storage order when the switch
// unstable_order is on. A hidden row anywhere in the filtered selection fails it (code
// 20) unless allowedOnly is set.
Result<Selection> RunQuery(const Store& store, const Settings& settings,
                           const EntityDef& def, const QueryOptions& options,
                           std::uint64_t request);

// The same answer without any index: every row is looked at.
Result<Selection> RunQueryPlainly(const Store& store, const Settings& settings,
                                  const EntityDef& def, const QueryOptions& options,
                                  std::uint64_t request);

// How many rows the filter takes; order and page have no say.
Result<std::size_t> CountRows(const Store& store, const Settings& settings,
                              const EntityDef& def, const QueryOptions& options);

// SliceLast / SliceFirst of a periodic register: one row for each set of dimensions,
// the last not later (the first not earlier) than `period`, of rows that `condition`
// takes.
struct SliceCall {
  bool last = true;
  bool has_period = false;
  DateTime period;
  std::string condition;  // empty: none
};
Result<std::vector<RecordPtr>> RunSlice(const Store& store, const Settings& settings,
                                        const EntityDef& def, const SliceCall& call);

// The same paging and filtering over rows that a slice made.
Result<Selection> RunQueryOver(const Store& store, const Settings& settings,
                               const EntityDef& def, const QueryOptions& options,
                               std::vector<RecordPtr> rows, std::uint64_t request);

// True when the user may not see this client (RLS).
bool IsHidden(const Settings& settings, const EntityDef& def, const Record& record);
Fault AccessFault();

}  // namespace guestbridge::testing::onec

#endif  // GUESTBRIDGE_TESTS_EMULATORS_ONEC_QUERY_H_
