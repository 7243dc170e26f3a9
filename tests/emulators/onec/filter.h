// $filter: text -> tree -> tree bound to a set -> answer for a row (fact sheet 2.2).
//
// Parsing knows only the grammar; binding resolves names and checks types, which is
// where 1C answers with its errors; matching cannot fail. A bound tree points into the
// Store's schema and is used under the same lock that it was bound under.
#ifndef GUESTBRIDGE_TESTS_EMULATORS_ONEC_FILTER_H_
#define GUESTBRIDGE_TESTS_EMULATORS_ONEC_FILTER_H_

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tests/emulators/onec/fault.h"
#include "tests/emulators/onec/store.h"
#include "tests/emulators/onec/value.h"

namespace guestbridge::testing::onec {

enum class Op {
  kLiteral,
  kNull,
  kPath,
  kNot,
  kNegate,
  kMul,
  kDiv,
  kAdd,
  kSub,
  kGt,
  kGe,
  kLt,
  kLe,
  kEq,
  kNe,
  kAnd,
  kOr,
  kCall,
  kAny,
  kAll,
};

// Where a path ends. `steps` are reference properties to follow first.
struct FieldPath {
  struct Step {
    int property = -1;
    const EntityDef* target = nullptr;
  };
  std::vector<Step> steps;
  const Property* property = nullptr;
  int index = -1;
  bool in_section_row = false;  // of the lambda variable
};

struct Expr {
  Op op = Op::kLiteral;
  Value literal;
  std::string name;               // function, or lambda variable
  std::vector<std::string> path;  // kPath, and the section of kAny/kAll
  std::vector<std::unique_ptr<Expr>> args;

  // Set by binding.
  std::optional<Type> type;  // none: null
  FieldPath field;
  int section = -1;
  std::string cast_set;  // cast(guid'...','Catalog_X')
  // The node's value whatever the row is.
  std::optional<bool> constant;
};

using ExprPtr = std::unique_ptr<Expr>;

// Errors: code 14 (syntax), code 21 (a function that 1C does not have).
Result<ExprPtr> ParseFilter(std::string_view text, bool fractions);

struct BindOptions {
  bool unknown_field_is_empty = false;  // instead of 400 (fact sheet 2.2, [S4])
};

// Errors: 400 for an unknown field and for operands that do not fit; 500 for order on
// references and unlimited strings, and for a function on an unsuitable field.
Result<Done> BindFilter(const Store& store, const EntityDef& def,
                        const BindOptions& options, Expr& expr);

struct Row {
  const Store* store = nullptr;
  const EntityDef* def = nullptr;
  const Record* record = nullptr;
  bool fold_case = true;                    // collation of string comparison
  const SectionRow* section_row = nullptr;  // of the innermost lambda
};

bool Matches(const Expr& bound, const Row& row);

// Follows a path from a row; empty when a reference on the way is broken.
Value ReadPath(const FieldPath& path, const Row& row);

// Resolves Nav/.../Property from `def`. nullopt when a name is unknown; `bad` names it.
std::optional<FieldPath> ResolvePath(const Store& store, const EntityDef& def,
                                     const std::vector<std::string>& names,
                                     std::string& bad);

// <0, 0, >0; strings by collation, numbers across types.
int CompareValues(const Value& a, const Value& b, bool fold_case);

}  // namespace guestbridge::testing::onec

#endif  // GUESTBRIDGE_TESTS_EMULATORS_ONEC_FILTER_H_
