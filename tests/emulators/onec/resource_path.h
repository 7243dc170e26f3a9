// What an OData path names, below /odata/standard.odata (fact sheet 1.5, 2.1, 3.2).
//
//   path    = segment *( "/" segment )
//   segment = name [ "(" arguments ")" ]
// A slash or a bracket inside '...' belongs to the arguments.
#ifndef GUESTBRIDGE_TESTS_EMULATORS_ONEC_RESOURCE_PATH_H_
#define GUESTBRIDGE_TESTS_EMULATORS_ONEC_RESOURCE_PATH_H_

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tests/emulators/onec/fault.h"
#include "tests/emulators/onec/query.h"
#include "tests/emulators/onec/schema.h"

namespace guestbridge::testing::onec {

struct Segment {
  std::string name;
  std::optional<std::string> arguments;  // what stands between the brackets
};

// `path` is decoded. Errors: 400 code 6.
Result<std::vector<Segment>> ParsePath(std::string_view path);

// The key text of a set's row from (guid'...'), (Ref_Key=guid'...') or a composite key.
// Errors: code 7 (a part is missing), code 1 (a value cannot be read), code 6.
Result<std::string> ParseKey(const EntityDef& def, const std::string& arguments);

// Parameters of SliceLast in all three call forms; inner apostrophes of Condition may
// be doubled or single. `query` holds Period and Condition given behind '?'. Errors:
// code 6, code 14.
Result<SliceCall> ParseSlice(bool last, const std::string& arguments,
                             const std::map<std::string, std::string>& query);

}  // namespace guestbridge::testing::onec

#endif  // GUESTBRIDGE_TESTS_EMULATORS_ONEC_RESOURCE_PATH_H_
