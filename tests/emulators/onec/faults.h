// Faults on request: which request meets which trouble (checklist 31, 37, 38).
#ifndef GUESTBRIDGE_TESTS_EMULATORS_ONEC_FAULTS_H_
#define GUESTBRIDGE_TESTS_EMULATORS_ONEC_FAULTS_H_

#include <cstdint>
#include <mutex>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <random>
#include <string>
#include <vector>

namespace guestbridge::testing::onec {

struct FaultRule {
  int id = 0;
  std::string kind;    // see FaultKinds()
  std::string url;     // part of the decoded path and query; empty: any
  std::string method;  // empty: any
  int nth = 1;         // the first matching request that is struck
  int count = 0;       // how many are struck, 0 = all from then on
  double probability = 1;
  std::uint64_t seed = 1;
  int status = 0;  // 0: what is usual for the kind
  std::string code = "-1";
  std::string text;
  int delay_ms = 0;  // before the answer; slow_drip: before each piece
  int bytes = 0;     // truncated: how many go out (0: half); slow_drip: size of a piece
  bool after = false;  // the request is carried out first, only its answer is spoiled

  int matched = 0;
  int struck = 0;
  std::mt19937_64 chance;
};

const std::vector<std::string>& FaultKinds();

// Thread-safe.
class Faults {
 public:
  // Empty, or what is wrong with the rule. `id` receives the rule's number.
  std::string Add(const nlohmann::json& rule, int& id);
  void Clear();
  nlohmann::json List() const;
  // The first rule that strikes this request.
  std::optional<FaultRule> Strike(const std::string& method, const std::string& url);

 private:
  mutable std::mutex mutex_;
  std::vector<FaultRule> rules_;
  int last_id_ = 0;
};

}  // namespace guestbridge::testing::onec

#endif  // GUESTBRIDGE_TESTS_EMULATORS_ONEC_FAULTS_H_
