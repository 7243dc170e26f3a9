#include "tests/emulators/onec/query.h"

#include <algorithm>
#include <map>
#include <string>
#include <utility>

#include "tests/emulators/onec/filter.h"
#include "tests/emulators/onec/odata_lexer.h"

namespace guestbridge::testing::onec {
namespace {

struct Order {
  FieldPath path;
  bool descending = false;
  // Ordering by a reference is ordering by what it points to looks like.
  const EntityDef* presented = nullptr;
  bool own = false;  // Ref_Key: the row's own presentation
};

Result<std::vector<Order>> BindOrder(const Store& store, const EntityDef& def,
                                     const std::vector<OrderItem>& items) {
  std::vector<Order> orders;
  for (const OrderItem& item : items) {
    std::string bad;
    auto path = ResolvePath(store, def, item.path, bad);
    if (!path) {
      return Fault{400, "6", "Сегмент пути " + bad + " не найден!",
                   "Path segment " + bad + " is not found!"};
    }
    Order order{*path, item.descending};
    if (path->property->id == "Ref_Key") {
      order.own = path->steps.empty();
      order.presented = order.own ? &def : path->steps.back().target;
      if (!order.own) order.path.steps.pop_back();
    } else if (!path->property->target.empty()) {
      order.presented = store.FindSet(path->property->target);
    }
    orders.push_back(std::move(order));
  }
  return orders;
}

Value OrderValue(const Order& order, const Row& row) {
  if (order.own) return row.store->Presentation(*row.def, *row.record);
  const Value value = ReadPath(order.path, row);
  if (!order.presented) return value;
  const auto* guid = std::get_if<Guid>(&value);
  const RecordPtr target =
      guid ? row.store->Referenced(order.presented->name, *guid) : nullptr;
  return target ? row.store->Presentation(*order.presented, *target) : std::string();
}

// Sorts so that the first `needed` rows are in their places; ties keep storage order.
void Sort(const Store& store, const Settings& settings, const EntityDef& def,
          const std::vector<Order>& orders, std::size_t needed,
          std::vector<RecordPtr>& rows) {
  struct Keyed {
    std::vector<Value> keys;
    std::size_t place = 0;
  };
  std::vector<Keyed> keyed(rows.size());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const Row row{&store, &def, rows[i].get()};
    for (const Order& order : orders) keyed[i].keys.push_back(OrderValue(order, row));
    keyed[i].place = i;
  }
  const bool fold = !settings.case_sensitive_collation;
  const auto before = [&](const Keyed& a, const Keyed& b) {
    for (std::size_t i = 0; i < orders.size(); ++i) {
      const int order = CompareValues(a.keys[i], b.keys[i], fold);
      if (order != 0) return orders[i].descending ? order > 0 : order < 0;
    }
    return a.place < b.place;
  };
  const std::size_t count = std::min(needed, keyed.size());
  std::partial_sort(keyed.begin(), keyed.begin() + static_cast<std::ptrdiff_t>(count),
                    keyed.end(), before);
  std::vector<RecordPtr> sorted(rows.size());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    sorted[i] = std::move(rows[keyed[i].place]);
  }
  rows = std::move(sorted);
}

std::uint64_t Mix(std::uint64_t x) {
  x += 0x9E3779B97F4A7C15u;
  x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9u;
  x = (x ^ (x >> 27)) * 0x94D049BB133111EBu;
  return x ^ (x >> 31);
}

// Another order of the same rows for each request; rows that tie in $orderby get it
// too.
void Shuffle(std::uint64_t request, std::vector<RecordPtr>& rows) {
  std::uint64_t state = Mix(request);
  for (std::size_t i = rows.size(); i > 1; --i) {
    state = Mix(state);
    std::swap(rows[i - 1], rows[state % i]);
  }
}

Result<ExprPtr> Bound(const Store& store, const Settings& settings,
                      const EntityDef& def, const std::string& text) {
  auto filter = ParseFilter(text, settings.datetime_fractions);
  if (!filter.ok()) return filter;
  const BindOptions options{settings.unknown_filter_field_empty};
  auto done = BindFilter(store, def, options, **filter);
  if (!done.ok()) return done.fault();
  return filter;
}

}  // namespace

Fault AccessFault() {
  return {401, "20", "Недостаточно прав доступа", "Insufficient access rights"};
}

bool IsHidden(const Settings& settings, const EntityDef& def, const Record& record) {
  if (settings.rls_hidden.empty()) return false;
  if (def.name != kClients && def.owner != kClients) return false;
  return settings.rls_hidden.contains(PlainText(Field(def, record, 0)));
}

Result<Selection> RunQueryOver(const Store& store, const Settings& settings,
                               const EntityDef& def, const QueryOptions& options,
                               const std::vector<RecordPtr>& rows,
                               std::uint64_t request) {
  ExprPtr filter;
  if (options.filter) {
    auto bound = Bound(store, settings, def, *options.filter);
    if (!bound.ok()) return bound.fault();
    filter = std::move(*bound);
  }
  auto orders = BindOrder(store, def, options.orderby);
  if (!orders.ok()) return orders.fault();

  Selection selection;
  for (const RecordPtr& record : rows) {
    if (!record) continue;
    const Row row{&store, &def, record.get(), !settings.case_sensitive_collation};
    if (filter && !Matches(*filter, row)) continue;
    if (IsHidden(settings, def, *record)) {
      if (!options.allowed_only) return AccessFault();
      continue;
    }
    selection.rows.push_back(record);
  }
  if (settings.unstable_order) Shuffle(request, selection.rows);
  selection.total = selection.rows.size();
  const bool unpaged = options.inline_count && settings.inlinecount_ignores_paging;
  if (!orders->empty()) {
    const auto needed = options.top && !unpaged
                            ? static_cast<std::size_t>(options.skip + *options.top)
                            : selection.total;
    Sort(store, settings, def, *orders, needed, selection.rows);
  }
  if (unpaged) return selection;
  auto& result = selection.rows;
  selection.skipped = std::min(static_cast<std::size_t>(options.skip), result.size());
  result.erase(result.begin(),
               result.begin() + static_cast<std::ptrdiff_t>(selection.skipped));
  if (options.top && static_cast<std::size_t>(*options.top) < result.size()) {
    result.resize(static_cast<std::size_t>(*options.top));
  }
  return selection;
}

Result<Selection> RunQuery(const Store& store, const Settings& settings,
                           const EntityDef& def, const QueryOptions& options,
                           std::uint64_t request) {
  std::vector<RecordPtr> made;
  return RunQueryOver(store, settings, def, options, store.RowsOf(def, made), request);
}

Result<std::vector<RecordPtr>> RunSlice(const Store& store, const Settings& settings,
                                        const EntityDef& def, const SliceCall& call) {
  ExprPtr condition;
  if (!call.condition.empty()) {
    auto bound = Bound(store, settings, def, call.condition);
    if (!bound.ok()) return bound.fault();
    condition = std::move(*bound);
  }
  const int period = def.FindId("Period");
  std::map<std::string, RecordPtr> slice;
  std::vector<RecordPtr> made;
  for (const RecordPtr& record : store.RowsOf(def, made)) {
    if (!record) continue;
    const DateTime at = std::get<DateTime>(Field(def, *record, period));
    if (call.has_period && (call.last ? at > call.period : at < call.period)) continue;
    const Row row{&store, &def, record.get(), !settings.case_sensitive_collation};
    if (condition && !Matches(*condition, row)) continue;
    std::vector<Value> dimensions;
    for (int i : def.key) {
      if (i != period) dimensions.push_back(Field(def, *record, i));
    }
    RecordPtr& kept = slice[KeyText(dimensions)];
    const bool better =
        !kept || (std::get<DateTime>(Field(def, *kept, period)) < at) == call.last;
    if (better) kept = record;
  }
  std::vector<RecordPtr> rows;
  for (auto& [key, record] : slice) rows.push_back(std::move(record));
  return rows;
}

}  // namespace guestbridge::testing::onec
