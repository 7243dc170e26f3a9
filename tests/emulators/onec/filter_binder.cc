// Names and types of a $filter against a set, and the errors 1C answers with.
#include <algorithm>
#include <cstddef>
#include <string>
#include <utility>

#include "tests/emulators/onec/filter.h"
#include "tests/emulators/onec/odata_lexer.h"

namespace guestbridge::testing::onec {
namespace {

constexpr char kIncomparable[] =
    "Нельзя сравнивать поля неограниченной длины и поля несовместимых типов";
constexpr char kIncomparableEn[] =
    "Fields of unlimited length and fields of incompatible types cannot be compared";

bool IsNumber(std::optional<Type> type) {
  return type == Type::kInt16 || type == Type::kInt32 || type == Type::kInt64 ||
         type == Type::kDouble;
}

bool IsOrder(Op op) {
  return op == Op::kGt || op == Op::kGe || op == Op::kLt || op == Op::kLe;
}

Fault OperandError() {
  return {400, "14", "Операнды выражения в $filter имеют несовместимые типы",
          "Operands in $filter have incompatible types"};
}

// "function on an unsuitable field -> 500" (fact sheet 2.2).
Fault ArgumentError(const std::string& function) {
  return {500, "-1", "Неверные параметры функции " + function,
          "Bad arguments of function " + function};
}

std::optional<Type> LiteralType(const Value& value) {
  if (std::holds_alternative<bool>(value)) return Type::kBool;
  if (std::holds_alternative<std::int64_t>(value)) return Type::kInt64;
  if (std::holds_alternative<double>(value)) return Type::kDouble;
  if (std::holds_alternative<std::string>(value)) return Type::kString;
  if (std::holds_alternative<Guid>(value)) return Type::kGuid;
  return Type::kDateTime;
}

class Binder {
 public:
  Binder(const Store& store, const EntityDef& def, const BindOptions& options)
      : store_(store), def_(def), options_(options) {}

  Result<Done> Bind(Expr& e) {
    switch (e.op) {
      case Op::kLiteral:
        e.type = LiteralType(e.literal);
        return Done{};
      case Op::kNull:
        return Done{};
      case Op::kPath:
        return BindPath(e);
      case Op::kAny:
      case Op::kAll:
        return BindLambda(e);
      default:
        break;
    }
    for (auto& arg : e.args) {
      if (auto done = Bind(*arg); !done.ok()) return done;
    }
    if (e.op == Op::kCall) return BindCall(e);
    if (e.op == Op::kNot || e.op == Op::kAnd || e.op == Op::kOr) return BindLogic(e);
    if (e.op == Op::kEq || e.op == Op::kNe || IsOrder(e.op)) return BindComparison(e);
    return BindArithmetic(e);
  }

  bool unknown_field() const { return unknown_field_; }

 private:
  Result<Done> BindPath(Expr& e) {
    if (lambda_section_ && !e.path.empty() && e.path[0] == lambda_name_) {
      return BindSectionPath(e);
    }
    std::string bad;
    auto path = ResolvePath(store_, def_, e.path, bad);
    if (!path) return UnknownField(e, bad);
    e.field = std::move(*path);
    e.type = e.field.property->type;
    return Done{};
  }

  Result<Done> BindSectionPath(Expr& e) {
    const auto& columns = lambda_section_->columns;
    for (std::size_t i = 0; e.path.size() == 2 && i < columns.size(); ++i) {
      if (columns[i].name != e.path[1]) continue;
      e.field.property = &columns[i];
      e.field.index = static_cast<int>(i);
      e.field.in_section_row = true;
      e.type = columns[i].type;
      return Done{};
    }
    return UnknownField(e, e.path.back());
  }

  Result<Done> UnknownField(Expr& e, const std::string& name) {
    if (options_.unknown_field_is_empty) {
      unknown_field_ = true;
      e.op = Op::kNull;
      return Done{};
    }
    return Fault{
        400, "14",
        "Ошибка при разборе опции запроса $filter: поле " + name + " не найдено",
        "Error parsing query option $filter: field " + name + " not found"};
  }

  Result<Done> BindLambda(Expr& e) {
    const int section = e.path.size() == 1 ? def_.FindSection(e.path[0]) : -1;
    if (section < 0 || lambda_section_) {
      return Fault{400, "21", "Ошибка в лямбда-выражении: " + e.path[0],
                   "Bad lambda expression: " + e.path[0]};
    }
    e.section = section;
    e.type = Type::kBool;
    if (e.args.empty()) return Done{};
    lambda_section_ = &def_.sections[static_cast<std::size_t>(section)];
    lambda_name_ = e.name;
    auto done = Bind(*e.args[0]);
    lambda_section_ = nullptr;
    if (done.ok() && e.args[0]->type && e.args[0]->type != Type::kBool) {
      return OperandError();
    }
    return done;
  }

  Result<Done> BindLogic(Expr& e) {
    for (const auto& arg : e.args) {
      if (arg->type && arg->type != Type::kBool) return OperandError();
    }
    e.type = Type::kBool;
    return Done{};
  }

  Result<Done> BindArithmetic(Expr& e) {
    bool whole = e.op != Op::kDiv;
    for (const auto& arg : e.args) {
      if (arg->type && !IsNumber(arg->type)) return OperandError();
      whole = whole && arg->type && arg->type != Type::kDouble;
    }
    e.type = whole ? Type::kInt64 : Type::kDouble;
    return Done{};
  }

  Result<Done> BindComparison(Expr& e) {
    const Expr& a = *e.args[0];
    const Expr& b = *e.args[1];
    e.type = Type::kBool;
    if (!a.type || !b.type) return Done{};
    const Property* pa = a.op == Op::kPath ? a.field.property : nullptr;
    const Property* pb = b.op == Op::kPath ? b.field.property : nullptr;
    for (const Property* p : {pa, pb}) {
      if (p && p->value_storage)
        return Fault{500, "-1", kIncomparable, kIncomparableEn};
    }
    if (IsOrder(e.op)) {
      for (const Property* p : {pa, pb}) {
        if (p && (p->IsReference() || p->IsUnlimitedString() || p->composite_value)) {
          return Fault{500, "-1", kIncomparable, kIncomparableEn};
        }
      }
      if (a.type == Type::kGuid || b.type == Type::kGuid) {
        return Fault{500, "-1", kIncomparable, kIncomparableEn};
      }
    }
    if ((pa && pa->composite_value) || (pb && pb->composite_value)) {
      return BindComposite(e, pa && pa->composite_value ? b : a);
    }
    if (a.type == b.type || (IsNumber(a.type) && IsNumber(b.type))) return Done{};
    // A datetime against a string is taken without an error, and matches nothing.
    const bool text_and_time = (a.type == Type::kString && b.type == Type::kDateTime) ||
                               (a.type == Type::kDateTime && b.type == Type::kString);
    const bool string_field =
        (pa && a.type == Type::kString) || (pb && b.type == Type::kString);
    if (text_and_time && string_field) {
      e.constant = e.op == Op::kNe;
      return Done{};
    }
    if (IsOrder(e.op)) return Fault{500, "-1", kIncomparable, kIncomparableEn};
    return OperandError();
  }

  // A composite field against a guid without cast never matches, silently.
  Result<Done> BindComposite(Expr& e, const Expr& other) {
    if (other.type == Type::kGuid && other.cast_set.empty()) {
      e.constant = e.op == Op::kNe;
    } else if (other.type != Type::kGuid && other.type != Type::kString) {
      return OperandError();
    }
    return Done{};
  }

  Result<Done> BindCall(Expr& e) {
    const auto arg = [&](std::size_t i) { return e.args[i]->type; };
    const auto all = [&](std::size_t from, Type type) {
      for (std::size_t i = from; i < e.args.size(); ++i) {
        if (arg(i) && arg(i) != type) return false;
      }
      return true;
    };
    const std::string& f = e.name;
    if (f == "cast" || f == "isof") return BindCast(e);
    if (f == "concat" || f == "startswith" || f == "endswith" || f == "substringof" ||
        f == "like") {
      if (!all(0, Type::kString)) return ArgumentError(f);
      e.type = f == "concat" ? Type::kString : Type::kBool;
    } else if (f == "substring") {
      if (arg(0) != Type::kString || !all(1, Type::kInt64)) return ArgumentError(f);
      e.type = Type::kString;
    } else if (f == "round") {
      if (!IsNumber(arg(0))) return ArgumentError(f);
      e.type = Type::kDouble;
    } else if (f == "dateadd") {
      if (arg(0) != Type::kDateTime || arg(1) != Type::kString || !IsNumber(arg(2)) ||
          !IsDatePart(*e.args[1])) {
        return ArgumentError(f);
      }
      e.type = Type::kDateTime;
    } else if (f == "datedifference") {
      if (arg(0) != Type::kDateTime || arg(1) != Type::kDateTime ||
          arg(2) != Type::kString || !IsDatePart(*e.args[2])) {
        return ArgumentError(f);
      }
      e.type = Type::kInt64;
    } else {
      if (arg(0) != Type::kDateTime) return ArgumentError(f);
      e.type = Type::kInt64;
    }
    return Done{};
  }

  static bool IsDatePart(const Expr& e) {
    const auto* text = std::get_if<std::string>(&e.literal);
    static constexpr std::string_view kParts[] = {
        "second", "minute",  "hour", "day",    "week",
        "month",  "quarter", "year", "tenday", "halfyear"};
    return text &&
           std::find(std::begin(kParts), std::end(kParts), *text) != std::end(kParts);
  }

  Result<Done> BindCast(Expr& e) {
    const auto* name = std::get_if<std::string>(&e.args[1]->literal);
    if (e.args[1]->op != Op::kLiteral || !name) {
      return Fault{400, "21", "Неверный тип аргумента функции " + e.name,
                   "Bad argument type of function " + e.name};
    }
    if (e.name == "isof") {
      e.type = Type::kBool;
      return Done{};
    }
    static constexpr Type kTypes[] = {Type::kBool,  Type::kInt16,   Type::kInt32,
                                      Type::kInt64, Type::kDouble,  Type::kString,
                                      Type::kGuid,  Type::kDateTime};
    for (Type type : kTypes) {
      if (*name == EdmName(type)) {
        e.type = type;
        return Done{};
      }
    }
    std::string set = *name;
    if (set.starts_with("StandardODATA.")) set = set.substr(14);
    if (!store_.FindSet(set) || (e.args[0]->type && e.args[0]->type != Type::kGuid)) {
      return Fault{400, "21", "Неверный тип в функции cast: " + *name,
                   "Bad type in function cast: " + *name};
    }
    e.cast_set = set;
    e.type = Type::kGuid;
    return Done{};
  }

  const Store& store_;
  const EntityDef& def_;
  const BindOptions& options_;
  const Section* lambda_section_ = nullptr;
  std::string lambda_name_;
  bool unknown_field_ = false;
};

}  // namespace

std::optional<FieldPath> ResolvePath(const Store& store, const EntityDef& def,
                                     const std::vector<std::string>& names,
                                     std::string& bad) {
  FieldPath path;
  const EntityDef* at = &def;
  for (std::size_t i = 0; i < names.size(); ++i) {
    bad = names[i];
    if (i + 1 == names.size()) {
      int found = at->Find(names[i]);
      if (found < 0) found = at->FindNavigation(names[i]);
      if (found < 0) return std::nullopt;
      path.property = &at->properties[static_cast<std::size_t>(found)];
      path.index = found;
      return path;
    }
    const int step = at->FindNavigation(names[i]);
    if (step < 0) return std::nullopt;
    at = store.FindSet(at->properties[static_cast<std::size_t>(step)].target);
    if (!at) return std::nullopt;
    path.steps.push_back({step, at});
  }
  return std::nullopt;
}

Result<Done> BindFilter(const Store& store, const EntityDef& def,
                        const BindOptions& options, Expr& expr) {
  Binder binder(store, def, options);
  auto done = binder.Bind(expr);
  if (!done.ok()) return done;
  if (binder.unknown_field()) expr.constant = false;
  if (expr.type && expr.type != Type::kBool) return OperandError();
  return done;
}

}  // namespace guestbridge::testing::onec
