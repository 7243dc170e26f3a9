#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <utility>

#include "tests/emulators/onec/collation.h"
#include "tests/emulators/onec/filter.h"

namespace guestbridge::testing::onec {
namespace {

Value Evaluate(const Expr& e, const Row& row);

bool IsTrue(const Value& value) {
  const auto* b = std::get_if<bool>(&value);
  return b && *b;
}

double AsDouble(const Value& value) {
  if (const auto* i = std::get_if<std::int64_t>(&value)) {
    return static_cast<double>(*i);
  }
  const auto* d = std::get_if<double>(&value);
  return d ? *d : 0;
}

std::int64_t AsInt(const Value& value) {
  if (const auto* i = std::get_if<std::int64_t>(&value)) return *i;
  return static_cast<std::int64_t>(AsDouble(value));
}

std::string AsText(const Value& value) {
  const auto* s = std::get_if<std::string>(&value);
  return s ? *s : std::string();
}

std::vector<char32_t> Folded(const Value& value, bool fold_case) {
  auto points = CodePoints(AsText(value));
  if (fold_case) {
    for (char32_t& c : points) c = FoldCase(c);
  }
  return points;
}

bool Contains(const std::vector<char32_t>& text, const std::vector<char32_t>& part) {
  const std::u32string_view whole(text.data(), text.size());
  return whole.find(std::u32string_view(part.data(), part.size())) !=
         std::u32string_view::npos;
}

// 1C's LIKE: % any run, _ any character, [a-z] and [^a-z] sets.
bool Like(std::u32string_view text, std::u32string_view form) {
  if (form.empty()) return text.empty();
  if (form[0] == U'%') {
    for (std::size_t i = 0; i <= text.size(); ++i) {
      if (Like(text.substr(i), form.substr(1))) return true;
    }
    return false;
  }
  if (text.empty()) return false;
  const std::size_t close = form[0] == U'[' ? form.find(U']', 1) : form.npos;
  if (close != form.npos) {
    std::u32string_view set = form.substr(1, close - 1);
    const bool inverted = !set.empty() && set[0] == U'^';
    if (inverted) set.remove_prefix(1);
    bool found = false;
    for (std::size_t i = 0; i < set.size(); ++i) {
      if (i + 2 < set.size() && set[i + 1] == U'-') {
        found = found || (text[0] >= set[i] && text[0] <= set[i + 2]);
        i += 2;
      } else {
        found = found || text[0] == set[i];
      }
    }
    return found != inverted && Like(text.substr(1), form.substr(close + 1));
  }
  if (form[0] != U'_' && form[0] != text[0]) return false;
  return Like(text.substr(1), form.substr(1));
}

std::int64_t Months(const CivilTime& c) { return c.year * 12LL + c.month - 1; }

DateTime AddMonths(DateTime time, std::int64_t months) {
  CivilTime c = time.Civil();
  const std::int64_t total = Months(c) + months;
  const int day = c.day;
  c.year = static_cast<int>(total / 12);
  c.month = static_cast<int>(total % 12) + 1;
  c.day = 1;
  DateTime first = DateTime::FromCivil(c);
  // The last day of the month when the wanted one does not exist.
  for (int d = day; d > 1; --d) {
    const DateTime candidate{first.seconds + (d - 1) * 86400LL};
    if (candidate.Civil().month == c.month) return candidate;
  }
  return first;
}

std::int64_t PartSeconds(const std::string& part) {
  if (part == "second") return 1;
  if (part == "minute") return 60;
  if (part == "hour") return 3600;
  if (part == "day") return 86400;
  if (part == "week") return 7 * 86400;
  if (part == "tenday") return 10 * 86400;
  return 0;
}

std::int64_t PartMonths(const std::string& part) {
  if (part == "month") return 1;
  if (part == "quarter") return 3;
  if (part == "halfyear") return 6;
  return 12;
}

std::int64_t DatePart(const std::string& name, const CivilTime& c, DateTime time) {
  if (name == "year") return c.year;
  if (name == "quarter") return (c.month - 1) / 3 + 1;
  if (name == "month") return c.month;
  if (name == "day") return c.day;
  if (name == "hour") return c.hour;
  if (name == "minute") return c.minute;
  if (name == "second") return c.second;
  const std::int64_t day = time.seconds / 86400;
  if (name == "dayofweek") return day % 7 + 1;  // 0001-01-01 was a Monday
  const DateTime new_year = DateTime::FromCivil({c.year, 1, 1});
  return day - new_year.seconds / 86400 + 1;
}

Value Substring(const Expr& e, const Row& row) {
  const auto points = CodePoints(AsText(Evaluate(*e.args[0], row)));
  const auto size = static_cast<std::int64_t>(points.size());
  const std::int64_t from = std::max<std::int64_t>(
      1, AsInt(Evaluate(*e.args[1], row)));  // 1-based in the vendor's example
  std::int64_t count = e.args.size() == 3 ? AsInt(Evaluate(*e.args[2], row)) : size;
  count = std::min(count, size - from + 1);
  if (from > size || count <= 0) return std::string();
  const auto first = points.begin() + (from - 1);
  return Utf8(std::vector<char32_t>(first, first + count));
}

Value Cast(const Expr& e, const Row& row) {
  Value value = Evaluate(*e.args[0], row);
  if (!e.cast_set.empty() || !e.type) return value;
  const std::string text = PlainText(value);
  switch (*e.type) {
    case Type::kString:
      return text;
    case Type::kDouble:
      return std::strtod(text.c_str(), nullptr);
    case Type::kInt16:
    case Type::kInt32:
    case Type::kInt64:
      return std::int64_t{std::strtoll(text.c_str(), nullptr, 10)};
    case Type::kGuid:
      return Guid::Parse(text).value_or(Guid{});
    case Type::kDateTime:
      return DateTime::Parse(text, true).value_or(DateTime{});
    case Type::kBool:
      return text == "true";
  }
  return value;
}

std::string WithNamespace(const std::string& type) {
  return type.starts_with("Edm.") || type.starts_with("StandardODATA.")
             ? type
             : "StandardODATA." + type;
}

Value IsOf(const Expr& e, const Row& row) {
  const Expr& subject = *e.args[0];
  const std::string wanted = WithNamespace(AsText(e.args[1]->literal));
  if (subject.op == Op::kPath && subject.field.property->composite_value) {
    FieldPath type = subject.field;
    type.index = type.property->type_at;
    return AsText(ReadPath(type, row)) == wanted;
  }
  if (subject.op == Op::kPath && !subject.field.property->target.empty()) {
    return WithNamespace(subject.field.property->target) == wanted;
  }
  return subject.type && EdmName(*subject.type) == wanted;
}

Value Call(const Expr& e, const Row& row) {
  const std::string& f = e.name;
  if (f == "cast") return Cast(e, row);
  if (f == "isof") return IsOf(e, row);
  if (f == "substring") return Substring(e, row);
  const Value a = Evaluate(*e.args[0], row);
  if (f == "round") {
    const std::int64_t places =
        e.args.size() == 2 ? AsInt(Evaluate(*e.args[1], row)) : 0;
    const double scale = std::pow(10.0, static_cast<double>(places));
    return std::round(AsDouble(a) * scale) / scale;
  }
  if (e.args.size() == 1) {
    const DateTime time = std::get<DateTime>(a);
    return DatePart(f, time.Civil(), time);
  }
  const Value b = Evaluate(*e.args[1], row);
  if (f == "concat") return AsText(a) + AsText(b);
  if (f == "dateadd") {
    const std::string part = AsText(b);
    const std::int64_t n = AsInt(Evaluate(*e.args[2], row));
    const DateTime time = std::get<DateTime>(a);
    if (PartSeconds(part)) return DateTime{time.seconds + n * PartSeconds(part)};
    return AddMonths(time, n * PartMonths(part));
  }
  if (f == "datedifference") {
    const std::string part = AsText(e.args[2]->literal);
    const DateTime from = std::get<DateTime>(a);
    const DateTime to = std::get<DateTime>(b);
    // Counts boundaries that were passed, as 1C's DATEDIFF does.
    if (const std::int64_t unit = PartSeconds(part)) {
      return to.seconds / unit - from.seconds / unit;
    }
    const std::int64_t unit = PartMonths(part);
    return Months(to.Civil()) / unit - Months(from.Civil()) / unit;
  }
  const auto text = Folded(a, row.fold_case);
  const auto other = Folded(b, row.fold_case);
  const std::u32string_view whole(text.data(), text.size());
  const std::u32string_view part(other.data(), other.size());
  if (f == "startswith") return whole.starts_with(part);
  if (f == "endswith") return whole.ends_with(part);
  if (f == "like") return Like(whole, part);
  return Contains(other, text);  // substringof(needle, haystack)
}

Value Compare(const Expr& e, const Row& row) {
  const Expr& left = *e.args[0];
  const Expr& right = *e.args[1];
  if (!left.type || !right.type) return e.op == Op::kNe;  // nothing is null in 1C
  const Value a = Evaluate(left, row);
  const Value b = Evaluate(right, row);
  const Expr* composite = nullptr;
  for (const Expr* side : {&left, &right}) {
    if (side->op == Op::kPath && side->field.property->composite_value) {
      composite = side;
    }
  }
  if (composite) {
    const Expr& other = composite == &left ? right : left;
    bool same = PlainText(a) == PlainText(b);
    if (!other.cast_set.empty()) {
      FieldPath type = composite->field;
      type.index = type.property->type_at;
      same = same && AsText(ReadPath(type, row)) == WithNamespace(other.cast_set);
    }
    return same == (e.op == Op::kEq);
  }
  const int order = CompareValues(a, b, row.fold_case);
  switch (e.op) {
    case Op::kEq:
      return order == 0;
    case Op::kNe:
      return order != 0;
    case Op::kGt:
      return order > 0;
    case Op::kGe:
      return order >= 0;
    case Op::kLt:
      return order < 0;
    default:
      return order <= 0;
  }
}

Value Arithmetic(const Expr& e, const Row& row) {
  const Value a = Evaluate(*e.args[0], row);
  if (e.op == Op::kNegate) {
    if (e.type == Type::kInt64) return -AsInt(a);
    return -AsDouble(a);
  }
  const Value b = Evaluate(*e.args[1], row);
  if (e.type == Type::kInt64) {
    const std::int64_t x = AsInt(a);
    const std::int64_t y = AsInt(b);
    return e.op == Op::kMul ? x * y : e.op == Op::kAdd ? x + y : x - y;
  }
  const double x = AsDouble(a);
  const double y = AsDouble(b);
  if (e.op == Op::kDiv) return y == 0 ? 0 : x / y;
  return e.op == Op::kMul ? x * y : e.op == Op::kAdd ? x + y : x - y;
}

Value AnyOrAll(const Expr& e, const Row& row) {
  const auto& rows = SectionRows(*row.record, static_cast<std::size_t>(e.section));
  if (e.args.empty()) return !rows.empty();
  for (const SectionRow& section_row : rows) {
    Row inner = row;
    inner.section_row = &section_row;
    const bool match = IsTrue(Evaluate(*e.args[0], inner));
    if (match == (e.op == Op::kAny)) return match;
  }
  return e.op == Op::kAll;
}

Value Evaluate(const Expr& e, const Row& row) {
  if (e.constant) return *e.constant;
  switch (e.op) {
    case Op::kLiteral:
      return e.literal;
    case Op::kNull:
      return false;
    case Op::kPath:
      return ReadPath(e.field, row);
    case Op::kNot:
      return !IsTrue(Evaluate(*e.args[0], row));
    case Op::kAnd:
      return IsTrue(Evaluate(*e.args[0], row)) && IsTrue(Evaluate(*e.args[1], row));
    case Op::kOr:
      return IsTrue(Evaluate(*e.args[0], row)) || IsTrue(Evaluate(*e.args[1], row));
    case Op::kAny:
    case Op::kAll:
      return AnyOrAll(e, row);
    case Op::kCall:
      return Call(e, row);
    case Op::kNegate:
    case Op::kMul:
    case Op::kDiv:
    case Op::kAdd:
    case Op::kSub:
      return Arithmetic(e, row);
    default:
      return Compare(e, row);
  }
}

}  // namespace

Value ReadPath(const FieldPath& path, const Row& row) {
  if (path.in_section_row)
    return (*row.section_row)[static_cast<std::size_t>(path.index)];
  const EntityDef* def = row.def;
  RecordPtr held;
  const Record* record = row.record;
  for (const auto& step : path.steps) {
    const Value reference = Field(*def, *record, step.property);
    const Guid* guid = std::get_if<Guid>(&reference);
    held = guid ? row.store->Referenced(step.target->name, *guid) : nullptr;
    if (!held) return EmptyValue(path.property->type);
    record = held.get();
    def = step.target;
  }
  return Field(*def, *record, path.index);
}

bool Matches(const Expr& bound, const Row& row) { return IsTrue(Evaluate(bound, row)); }

int CompareValues(const Value& a, const Value& b, bool fold_case) {
  const auto* x = std::get_if<std::string>(&a);
  const auto* y = std::get_if<std::string>(&b);
  if (x && y) return Collate(*x, *y, fold_case);
  if (a.index() != b.index()) {
    const double left = AsDouble(a);
    const double right = AsDouble(b);
    return left < right ? -1 : left > right ? 1 : 0;
  }
  return a < b ? -1 : b < a ? 1 : 0;
}

}  // namespace guestbridge::testing::onec
