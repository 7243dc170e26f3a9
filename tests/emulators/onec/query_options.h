// The query string of an OData request (fact sheet 2.1-2.3), as it was written.
//
// A query string is percent-decoded UTF-8 in which '+' is a plus. Names are
// case-sensitive; a name that begins with '$' and is not known is an error (code 0).
#ifndef GUESTBRIDGE_TESTS_EMULATORS_ONEC_QUERY_OPTIONS_H_
#define GUESTBRIDGE_TESTS_EMULATORS_ONEC_QUERY_OPTIONS_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tests/emulators/onec/fault.h"

namespace guestbridge::testing::onec {

enum class Format { kAtom, kJsonMinimal, kJsonNone, kJsonFull };

inline bool IsJson(Format format) { return format != Format::kAtom; }

using NamePath = std::vector<std::string>;  // Nav/Field

struct OrderItem {
  NamePath path;
  bool descending = false;
};

struct QueryOptions {
  std::optional<std::string> filter;
  std::vector<NamePath> select;  // empty: everything
  std::vector<NamePath> expand;
  std::vector<OrderItem> orderby;
  std::optional<std::int64_t> top;
  std::int64_t skip = 0;
  bool inline_count = false;
  bool allowed_only = false;
  std::map<std::string, std::string> others;  // without '$': Period, Condition, ...
};

// name -> value, decoded; the last of a repeated name wins.
std::map<std::string, std::string> SplitQuery(std::string_view raw);

// $format goes before Accept; Atom when neither asks for JSON.
// Errors: code 3 for a $format that is neither.
Result<Format> ChooseFormat(const std::map<std::string, std::string>& query,
                            std::string_view accept);

// Errors: code 0 (unknown option), code 14 (bad value).
Result<QueryOptions> ParseOptions(const std::map<std::string, std::string>& query);

}  // namespace guestbridge::testing::onec

#endif  // GUESTBRIDGE_TESTS_EMULATORS_ONEC_QUERY_OPTIONS_H_
