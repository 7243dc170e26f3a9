// Which parts of an entity an answer shows: $select and $expand resolved against a set.
#ifndef GUESTBRIDGE_TESTS_EMULATORS_ONEC_SHAPE_H_
#define GUESTBRIDGE_TESTS_EMULATORS_ONEC_SHAPE_H_

#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "tests/emulators/onec/fault.h"
#include "tests/emulators/onec/query_options.h"
#include "tests/emulators/onec/store.h"

namespace guestbridge::testing::onec {

struct Shape {
  std::vector<bool> properties;  // by property index
  std::vector<bool> links;       // navigation of that reference property is shown
  std::vector<bool> presentations;
  // By section index: nothing, or its columns (empty = all).
  std::vector<std::optional<std::vector<int>>> sections;
  bool own_presentation = false;
  std::map<int, std::shared_ptr<const Shape>> expanded;  // by reference property
};

// `expand` of a navigation that `select` does not name is dropped silently, as 1C does.
// Errors: 400 code 6 for an unknown name.
Result<Shape> MakeShape(const Store& store, const EntityDef& def,
                        const std::vector<NamePath>& select,
                        const std::vector<NamePath>& expand);

}  // namespace guestbridge::testing::onec

#endif  // GUESTBRIDGE_TESTS_EMULATORS_ONEC_SHAPE_H_
