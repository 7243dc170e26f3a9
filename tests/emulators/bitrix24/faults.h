#ifndef GUESTBRIDGE_TESTS_EMULATORS_BITRIX24_FAULTS_H_
#define GUESTBRIDGE_TESTS_EMULATORS_BITRIX24_FAULTS_H_

#include <cstdint>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "tests/emulators/bitrix24/php_value.h"

namespace guestbridge::testing::bitrix24 {

// One rule of the fault plan. README.md lists the kinds.
struct FaultRule {
  int64_t id = 0;
  std::string kind = "";
  std::string method = "*";  // lower case; "*": any request; "crm.contact.*": by prefix
  // When: every matching call unless one of these is set.
  int64_t nth = 0;         // only the nth matching call
  int64_t every = 0;       // each nth
  int64_t from = 0;        // from the nth on
  double probability = 1;  // drawn from `seed`
  int64_t times = 0;       // at most so often; 0: no bound
  double seconds = 0;      // only so long after its addition; 0: no bound
  // What.
  bool commit = false;  // the work is done although the answer is the fault
  int status = 0;       // 0: by kind
  std::string error = "";
  std::string description = "";
  std::string body = "";  // instead of the kind's own
  int64_t ms = 0;
  int64_t ms_to = 0;    // above ms: drawn between the two for each call
  int64_t hold_ms = 0;  // silence: the connection stays open so long; 0: two minutes
  int64_t before_ms = 0;
  int64_t after_ms = 0;
  int64_t bytes = 0;
  int64_t count = 0;
  int64_t after = 0;       // commands of the batch that are done first
  std::string field = "";  // refuse
  std::string value = "";
  bool contains = false;
  // State.
  absl::Time added = absl::UnixEpoch();
  int64_t seen = 0;
  int64_t fired = 0;
};

// What the plan holds for one call.
struct FaultDecision {
  int64_t before_ms = 0;
  int64_t after_ms = 0;
  std::optional<FaultRule> rule;  // the first that fires, delays apart
};

// Rules in order of addition. One thread at a time.
class FaultPlan {
 public:
  // Errors: INVALID_ARGUMENT for an unknown kind, member or type.
  absl::StatusOr<int64_t> Add(const Json& json, absl::Time now = absl::UnixEpoch());
  void Clear() { rules_.clear(); }
  Json ToJson() const;
  int64_t fired() const { return fired_; }

  // Counts the call with every rule that matches it. `sub_command`: inside a batch,
  // where the method "*" does not match.
  FaultDecision Decide(const std::string& method, const Json& params, bool sub_command,
                       absl::Time now = absl::UnixEpoch());

  // The rule of kind "away" that is in force: nothing behind the gateway is reached.
  std::optional<FaultRule> Away(absl::Time now);

 private:
  struct Seeded {
    FaultRule rule;
    std::mt19937_64 random;
  };
  static bool Fires(Seeded* seeded, const Json& params, absl::Time now);

  std::vector<Seeded> rules_;
  int64_t next_id_ = 1;
  int64_t fired_ = 0;
};

}  // namespace guestbridge::testing::bitrix24

#endif  // GUESTBRIDGE_TESTS_EMULATORS_BITRIX24_FAULTS_H_
