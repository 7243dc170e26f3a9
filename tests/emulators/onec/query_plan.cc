#include "tests/emulators/onec/query_plan.h"

#include <algorithm>
#include <string>
#include <utility>

namespace guestbridge::testing::onec {
namespace {

// `attribute op literal`, whichever side the literal stands on.
struct Condition {
  int property = -1;
  Op op = Op::kEq;
  const Value* value = nullptr;
};

Op Turned(Op op) {
  switch (op) {
    case Op::kGt:
      return Op::kLt;
    case Op::kGe:
      return Op::kLe;
    case Op::kLt:
      return Op::kGt;
    case Op::kLe:
      return Op::kGe;
    default:
      return op;
  }
}

bool IsOwnAttribute(const Expr& e) {
  return e.op == Op::kPath && e.field.steps.empty() && !e.field.in_section_row &&
         !e.field.property->composite_value && !e.field.property->composite_type;
}

std::optional<Condition> AsCondition(const Expr& e) {
  const bool comparison = e.op == Op::kEq || e.op == Op::kGt || e.op == Op::kGe ||
                          e.op == Op::kLt || e.op == Op::kLe;
  if (!comparison || e.constant) return std::nullopt;
  const Expr& a = *e.args[0];
  const Expr& b = *e.args[1];
  const bool turned = a.op == Op::kLiteral;
  const Expr& attribute = turned ? b : a;
  const Expr& literal = turned ? a : b;
  if (!IsOwnAttribute(attribute) || literal.op != Op::kLiteral) return std::nullopt;
  // Numbers of other kinds compare as doubles: no place in an index says that.
  const bool alike =
      EmptyValue(attribute.field.property->type).index() == literal.literal.index();
  if (!alike) return std::nullopt;
  return Condition{attribute.field.index, turned ? Turned(e.op) : e.op,
                   &literal.literal};
}

// What must hold for the filter to hold.
void AddConjuncts(const Expr& e, std::vector<const Expr*>& out) {
  if (e.constant) return;
  if (e.op != Op::kAnd) {
    out.push_back(&e);
    return;
  }
  for (const auto& arg : e.args) AddConjuncts(*arg, out);
}

// Adds the keys of `Ref_Key eq … or Ref_Key eq …`; false when it is something else.
bool AddKeys(const Expr& e, int key, std::vector<std::string>& keys) {
  if (e.constant) return false;
  if (e.op == Op::kOr) {
    return AddKeys(*e.args[0], key, keys) && AddKeys(*e.args[1], key, keys);
  }
  const auto condition = AsCondition(e);
  if (!condition || condition->op != Op::kEq || condition->property != key)
    return false;
  keys.push_back(KeyText({*condition->value}));
  return true;
}

struct Narrowed {
  IndexRange range;
  std::size_t equal = 0;  // leading attributes of the index that have one value
  bool bounded = false;
};

Narrowed Narrow(const Table& table, const OrderedIndex& index,
                const std::vector<Condition>& conditions) {
  const auto find = [&](int property, std::initializer_list<Op> ops) {
    const auto it =
        std::find_if(conditions.begin(), conditions.end(), [&](const Condition& c) {
          return c.property == property &&
                 std::find(ops.begin(), ops.end(), c.op) != ops.end();
        });
    return it == conditions.end() ? nullptr : &*it;
  };
  Narrowed narrowed;
  std::vector<Value> key;
  const auto& properties = index.properties();
  while (narrowed.equal < properties.size()) {
    const Condition* equal = find(properties[narrowed.equal], {Op::kEq});
    if (!equal) break;
    key.push_back(*equal->value);
    ++narrowed.equal;
  }
  const Condition* low = nullptr;
  const Condition* high = nullptr;
  if (narrowed.equal < properties.size()) {
    low = find(properties[narrowed.equal], {Op::kGt, Op::kGe});
    high = find(properties[narrowed.equal], {Op::kLt, Op::kLe});
  }
  narrowed.bounded = low || high || narrowed.equal > 0;
  const auto bound = [&](const Condition* condition, bool behind) {
    std::vector<Value> whole = key;
    if (condition) whole.push_back(*condition->value);
    return index.Bound(table, whole, behind);
  };
  narrowed.range = {&index, bound(low, low && low->op == Op::kGt),
                    bound(high, !high || high->op == Op::kLe)};
  // Bounds that exclude each other.
  narrowed.range.to = std::max(narrowed.range.from, narrowed.range.to);
  return narrowed;
}

std::vector<Condition> ConditionsOf(const Expr* filter) {
  std::vector<const Expr*> conjuncts;
  if (filter) AddConjuncts(*filter, conjuncts);
  std::vector<Condition> conditions;
  for (const Expr* conjunct : conjuncts) {
    if (const auto condition = AsCondition(*conjunct)) conditions.push_back(*condition);
  }
  return conditions;
}

// Indexes are kept in the order that ignores case.
bool Serves(const EntityDef& def, const OrderedIndex& index, bool fold_case) {
  return fold_case || std::none_of(index.properties().begin(), index.properties().end(),
                                   [&](int property) {
                                     const auto at = static_cast<std::size_t>(property);
                                     return def.properties[at].type == Type::kString;
                                   });
}

}  // namespace

std::optional<std::vector<std::size_t>> KeysNamed(const EntityDef& def,
                                                  const Table& table,
                                                  const Expr* filter) {
  if (!filter || def.kind != SetKind::kCatalog) return std::nullopt;
  std::vector<const Expr*> conjuncts;
  AddConjuncts(*filter, conjuncts);
  for (const Expr* conjunct : conjuncts) {
    std::vector<std::string> keys;
    if (!AddKeys(*conjunct, def.key[0], keys)) continue;
    std::vector<std::size_t> places;
    for (const std::string& key : keys) {
      const std::size_t place = table.Find(key);
      if (place != table.places()) places.push_back(place);
    }
    std::sort(places.begin(), places.end());
    places.erase(std::unique(places.begin(), places.end()), places.end());
    return places;
  }
  return std::nullopt;
}

std::optional<std::vector<std::size_t>> ByValues(const EntityDef& def,
                                                 const Table& table, const Expr* filter,
                                                 bool fold_case) {
  const std::vector<Condition> conditions = ConditionsOf(filter);
  std::optional<Narrowed> best;
  for (const OrderedIndex& index : table.indexes()) {
    if (!Serves(def, index, fold_case)) continue;
    const Narrowed narrowed = Narrow(table, index, conditions);
    if (narrowed.bounded && (!best || narrowed.equal > best->equal)) best = narrowed;
  }
  if (!best) return std::nullopt;
  std::vector<std::size_t> places;
  const IndexRange& range = best->range;
  range.index->Walk(table, range.from, range.to, /*descending=*/false,
                    [&](OrderedIndex::Place place) {
                      places.push_back(place);
                      return true;
                    });
  std::sort(places.begin(), places.end());
  return places;
}

std::optional<IndexRange> InOrder(const EntityDef& def, const Table& table,
                                  const Expr* filter, int property, bool fold_case) {
  const std::vector<Condition> conditions = ConditionsOf(filter);
  std::optional<Narrowed> best;
  for (const OrderedIndex& index : table.indexes()) {
    const auto& properties = index.properties();
    if (!Serves(def, index, fold_case) || properties.back() != property) continue;
    const Narrowed narrowed = Narrow(table, index, conditions);
    // Every attribute before the one that orders must have a single value.
    const bool ordered = narrowed.equal + 1 >= properties.size();
    if (ordered && (!best || narrowed.equal > best->equal)) best = narrowed;
  }
  if (!best) return std::nullopt;
  return best->range;
}

}  // namespace guestbridge::testing::onec
