#ifndef GUESTBRIDGE_TESTS_EMULATORS_BITRIX24_LATENCY_MODEL_H_
#define GUESTBRIDGE_TESTS_EMULATORS_BITRIX24_LATENCY_MODEL_H_

#include <cstdint>
#include <map>
#include <string>

#include "tests/emulators/bitrix24/settings.h"

namespace guestbridge::testing::bitrix24 {

// How long a command takes on the simulated portal, in seconds. The nth call of a
// method draws the same figure for the same seed, whatever other methods do meanwhile.
// Source: facts 3.2 and checklist 49. One thread at a time.
class LatencyModel {
 public:
  explicit LatencyModel(uint64_t seed) : seed_(seed) {}

  // From settings.cost, else .cost_range, else (documented_costs) the vendor's samples;
  // plus cost_per_item for each element of `data`, plus the scan of all `contacts` when
  // a list is filtered by a field that has no index.
  double Cost(const Settings& settings, const std::string& method, const Json& params,
              size_t contacts);

  // Draws begin anew.
  void Reseed(uint64_t seed);

 private:
  double Draw(const std::string& method);

  uint64_t seed_;
  std::map<std::string, uint64_t> calls_;
};

// Whether the filter of a list names a field without an index. Source: facts 5.1.
bool FiltersUnindexed(const Json& params);

}  // namespace guestbridge::testing::bitrix24

#endif  // GUESTBRIDGE_TESTS_EMULATORS_BITRIX24_LATENCY_MODEL_H_
