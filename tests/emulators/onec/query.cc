#include "tests/emulators/onec/query.h"

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "tests/emulators/onec/filter.h"
#include "tests/emulators/onec/odata_lexer.h"
#include "tests/emulators/onec/query_plan.h"

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

namespace {

// What a query came to once its names were resolved.
struct Prepared {
  const Store& store;
  const Settings& settings;
  const EntityDef& def;
  const QueryOptions& options;
  ExprPtr filter;  // may be null
  std::vector<Order> orders;

  bool fold_case() const { return !settings.case_sensitive_collation; }
  bool Takes(const Record& record) const {
    return !filter || Matches(*filter, {&store, &def, &record, fold_case()});
  }
  bool unpaged() const {
    return options.inline_count && settings.inlinecount_ignores_paging;
  }
};

Result<Prepared> Prepare(const Store& store, const Settings& settings,
                         const EntityDef& def, const QueryOptions& options) {
  Prepared query{store, settings, def, options, nullptr, {}};
  if (options.filter) {
    auto bound = Bound(store, settings, def, *options.filter);
    if (!bound.ok()) return bound.fault();
    query.filter = std::move(*bound);
  }
  auto orders = BindOrder(store, def, options.orderby);
  if (!orders.ok()) return orders.fault();
  query.orders = std::move(*orders);
  return query;
}

// Leaves the page that was asked for.
void CutPage(const QueryOptions& options, Selection& selection) {
  auto& result = selection.rows;
  selection.skipped = std::min(static_cast<std::size_t>(options.skip), result.size());
  result.erase(result.begin(),
               result.begin() + static_cast<std::ptrdiff_t>(selection.skipped));
  if (options.top && static_cast<std::size_t>(*options.top) < result.size()) {
    result.resize(static_cast<std::size_t>(*options.top));
  }
}

// The plain way: every row of `rows` is asked, then sorted, then cut.
Result<Selection> SelectFrom(const Prepared& query, const RowList& rows,
                             std::uint64_t request) {
  const QueryOptions& options = query.options;
  Selection selection;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const RecordPtr record = rows[i];
    if (!record || !query.Takes(*record)) continue;
    if (IsHidden(query.settings, query.def, *record)) {
      if (!options.allowed_only) return AccessFault();
      continue;
    }
    selection.rows.push_back(record);
  }
  if (query.settings.unstable_order) Shuffle(request, selection.rows);
  selection.total = selection.rows.size();
  if (!query.orders.empty()) {
    const auto needed = options.top && !query.unpaged()
                            ? static_cast<std::size_t>(options.skip + *options.top)
                            : selection.total;
    Sort(query.store, query.settings, query.def, query.orders, needed, selection.rows);
  }
  if (!query.unpaged()) CutPage(options, selection);
  return selection;
}

// Whether a row that the user may not see is in the filtered selection.
bool MeetsHidden(const Prepared& query, const Table& table) {
  for (const std::string& guid : query.settings.rls_hidden) {
    const RecordPtr record = table.Get(guid);
    const bool hides =
        record && IsHidden(query.settings, query.def, *record) && query.Takes(*record);
    if (hides) return true;
  }
  return false;
}

// In the wanted order already: the page's last row ends the work.
Result<Selection> WalkInOrder(const Prepared& query, const Table& table,
                              const std::optional<IndexRange>& range, bool descending) {
  const QueryOptions& options = query.options;
  if (!options.allowed_only && MeetsHidden(query, table)) return AccessFault();
  const std::size_t enough =
      options.top ? static_cast<std::size_t>(options.skip + *options.top) : SIZE_MAX;
  Selection selection;
  const auto visit = [&](std::size_t place) {
    if (selection.rows.size() >= enough) return false;
    RecordPtr record = table.At(place);
    const bool taken =
        record && query.Takes(*record) && !IsHidden(query.settings, query.def, *record);
    if (taken) selection.rows.push_back(std::move(record));
    return true;
  };
  if (range) {
    range->index->Walk(table, range->from, range->to, descending, visit);
  } else {
    for (std::size_t i = 0; i < table.places() && visit(i); ++i) {
    }
  }
  CutPage(options, selection);
  return selection;
}

// Rows at these places.
RowList RowsAt(const Table& table, const std::vector<std::size_t>& places) {
  std::vector<RecordPtr> rows;
  rows.reserve(places.size());
  for (const std::size_t place : places) rows.push_back(table.At(place));
  return RowList(std::move(rows));
}

// How the indexes alone answer a query: nullopt when they don't. A key goes first, then
// an order that can be walked, then a range of values.
std::optional<Result<Selection>> RunIndexed(const Prepared& query, const Table& table,
                                            std::uint64_t request) {
  const Expr* filter = query.filter.get();
  if (const auto keys = KeysNamed(query.def, table, filter)) {
    return SelectFrom(query, RowsAt(table, *keys), request);
  }
  const bool walkable = !query.settings.unstable_order && !query.options.inline_count;
  if (walkable && query.orders.size() == 1) {
    const Order& order = query.orders[0];
    const bool own_value = !order.own && !order.presented && order.path.steps.empty();
    const auto range = own_value ? InOrder(query.def, table, filter, order.path.index,
                                           query.fold_case())
                                 : std::nullopt;
    if (range) return WalkInOrder(query, table, range, order.descending);
  }
  if (const auto range = ByValues(query.def, table, filter, query.fold_case())) {
    return SelectFrom(query, RowsAt(table, *range), request);
  }
  if (walkable && query.orders.empty() && query.options.top) {
    return WalkInOrder(query, table, std::nullopt, /*descending=*/false);
  }
  return std::nullopt;
}

}  // namespace

Result<Selection> RunQueryOver(const Store& store, const Settings& settings,
                               const EntityDef& def, const QueryOptions& options,
                               std::vector<RecordPtr> rows, std::uint64_t request) {
  auto query = Prepare(store, settings, def, options);
  if (!query.ok()) return query.fault();
  return SelectFrom(*query, RowList(std::move(rows)), request);
}

Result<Selection> RunQuery(const Store& store, const Settings& settings,
                           const EntityDef& def, const QueryOptions& options,
                           std::uint64_t request) {
  auto query = Prepare(store, settings, def, options);
  if (!query.ok()) return query.fault();
  if (const Table* table = store.TableOf(def)) {
    if (auto indexed = RunIndexed(*query, *table, request)) return *std::move(indexed);
  }
  return SelectFrom(*query, store.RowsOf(def), request);
}

Result<Selection> RunQueryPlainly(const Store& store, const Settings& settings,
                                  const EntityDef& def, const QueryOptions& options,
                                  std::uint64_t request) {
  auto query = Prepare(store, settings, def, options);
  if (!query.ok()) return query.fault();
  return SelectFrom(*query, store.RowsOf(def), request);
}

Result<std::size_t> CountRows(const Store& store, const Settings& settings,
                              const EntityDef& def, const QueryOptions& options) {
  auto query = Prepare(store, settings, def, options);
  if (!query.ok()) return query.fault();
  const Table* table = store.TableOf(def);
  std::optional<std::vector<std::size_t>> places;
  if (table) {
    if (!query->filter && settings.rls_hidden.empty()) return table->size();
    places = KeysNamed(def, *table, query->filter.get());
    if (!places)
      places = ByValues(def, *table, query->filter.get(), query->fold_case());
  }
  const RowList rows = places ? RowsAt(*table, *places) : store.RowsOf(def);
  std::size_t count = 0;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const RecordPtr record = rows[i];
    if (!record || !query->Takes(*record)) continue;
    if (!IsHidden(settings, def, *record)) {
      ++count;
    } else if (!options.allowed_only) {
      return AccessFault();
    }
  }
  return count;
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
  const RowList all = store.RowsOf(def);
  for (std::size_t i = 0; i < all.size(); ++i) {
    const RecordPtr record = all[i];
    if (!record) continue;
    const DateTime at = std::get<DateTime>(Field(def, *record, period));
    if (call.has_period && (call.last ? at > call.period : at < call.period)) continue;
    const Row row{&store, &def, record.get(), !settings.case_sensitive_collation};
    if (condition && !Matches(*condition, row)) continue;
    std::vector<Value> dimensions;
    for (int part : def.key) {
      if (part != period) dimensions.push_back(Field(def, *record, part));
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
