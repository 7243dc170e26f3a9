#ifndef GUESTBRIDGE_TESTS_EMULATORS_BITRIX24_COMMAND_RUNNER_H_
#define GUESTBRIDGE_TESTS_EMULATORS_BITRIX24_COMMAND_RUNNER_H_

#include <functional>
#include <optional>
#include <string>

#include "tests/emulators/bitrix24/batch.h"
#include "tests/emulators/bitrix24/portal.h"

namespace guestbridge::testing::bitrix24 {

// What became of one command or of a whole batch.
struct Performed {
  Outcome outcome = MethodResult{};
  Json time = Json::object();
  bool executed = false;
  Effects effects = {};
  double seconds = 0;                                // charged to the 60 s cap
  std::optional<FaultRule> delivery = std::nullopt;  // the answer is spoilt like this
  std::string fault = "";
  std::string missing_key = "";  // to be left out of the answer's top level too
};

// Runs authorized commands: scope, operating limit, latency, cost, commit, time block.
// Thread-safe; takes the portal's mutex itself and never waits while holding it.
class CommandRunner {
 public:
  explicit CommandRunner(Portal& portal) : portal_(portal) {}

  // One command without faults.
  Performed Run(const std::string& method, const Json& params, const Caller& caller,
                bool in_batch);

  // `work` under the plan's decision: not at all, later, or with another outcome.
  // `when_late` hears of work that was done after the answer.
  Performed RunUnder(const FaultDecision& decision,
                     const std::function<Performed()>& work,
                     std::function<void(const Performed&)> when_late);

  // A whole batch; its commands are journalled under `request`.
  Performed RunBatch(const Json& params, const Caller& caller, int64_t request,
                     const FaultDecision& decision);

  // Enters into the journal what was done after the answer.
  void NoteLate(int64_t sequence, const Performed& performed);

 private:
  // A batch under way.
  struct BatchRun {
    Caller caller;
    int64_t request = 0;
    double cap = 0;    // seconds; nothing runs beyond
    int64_t done = 0;  // commands
    std::optional<FaultRule> error_from = std::nullopt;
  };

  CommandAnswer RunBatchCommand(const BatchRun& batch, const std::string& key,
                                const std::string& method, const Json& command,
                                Performed* whole);
  std::optional<RestError> Refuse(const std::string& method, const Caller& caller,
                                  const std::string& account);

  Portal& portal_;
};

// The time block of an answer. `operating` is absent in a box and for batch itself.
Json TimeBlock(const Settings& settings, absl::Time start, double seconds,
               const std::optional<OperatingAccounts::State>& operating);

}  // namespace guestbridge::testing::bitrix24

#endif  // GUESTBRIDGE_TESTS_EMULATORS_BITRIX24_COMMAND_RUNNER_H_
