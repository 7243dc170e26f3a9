#ifndef GUESTBRIDGE_TESTS_EMULATORS_BITRIX24_BATCH_H_
#define GUESTBRIDGE_TESTS_EMULATORS_BITRIX24_BATCH_H_

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "tests/emulators/bitrix24/answer.h"

namespace guestbridge::testing::bitrix24 {

// What one command gave. `time` is its time block.
struct CommandAnswer {
  Outcome outcome;
  Json time = Json::object();
  bool stop = false;  // the request is over: nothing after this command runs
};

using RunCommand = std::function<CommandAnswer(
    const std::string& key, const std::string& method, const Json& params)>;

struct BatchOptions {
  bool nested_allowed = false;                       // old boxes
  std::optional<int64_t> drop_after = std::nullopt;  // stop after so many commands
  bool sticky_exception = false;                     // facts 7.6
};

struct BatchAnswer {
  Json result;           // result, result_error, result_total, result_next, result_time
  bool stopped = false;  // by drop_after or CommandAnswer::stop
};

// Runs the string commands of `params` (cmd, halt) in order: each is parsed as a URL,
// decoded once, its references are replaced. At most 50 run. Source: facts section 4.
BatchAnswer RunBatch(const Json& params, const BatchOptions& options,
                     const RunCommand& run);

// `value` with $result[key][…] and its like replaced from `roots` (result, next, total,
// time, error): typed when the text is one reference and nothing else, as text when the
// reference leads to a scalar, untouched otherwise. A path that breaks midway yields
// what it reached.
Json ResolveReferences(const Json& value, const Json& roots);

}  // namespace guestbridge::testing::bitrix24

#endif  // GUESTBRIDGE_TESTS_EMULATORS_BITRIX24_BATCH_H_
