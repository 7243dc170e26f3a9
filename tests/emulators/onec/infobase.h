// One emulated 1C base: its rows, its clock, its switches, and who writes into it.
// Thread-safe; rows are guarded by store().mutex().
#ifndef GUESTBRIDGE_TESTS_EMULATORS_ONEC_INFOBASE_H_
#define GUESTBRIDGE_TESTS_EMULATORS_ONEC_INFOBASE_H_

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "tests/emulators/onec/clock.h"
#include "tests/emulators/onec/settings.h"
#include "tests/emulators/onec/store.h"

namespace guestbridge::testing::onec {

class InfoBase {
 public:
  // Fills lookups (hotels, countries, languages, employees) and the base's id; no
  // clients. `user` becomes the employee who stands for the OData login.
  InfoBase(int zone_minutes, const std::string& user);

  Store& store() { return store_; }
  const Store& store() const { return store_; }
  ServerClock& clock() { return clock_; }

  std::shared_ptr<const Settings> settings() const;
  // Empty, or the name in `change` that is wrong; then nothing has changed.
  std::string Configure(const nlohmann::json& change);

  // Names of the sets in the OData composition, in name order.
  std::vector<std::string> PublishedSets(const Settings& settings) const;

  Guid integration_user() const { return integration_user_; }
  Guid desk_user() const { return desk_user_; }
  std::uint64_t NextRequest() { return ++requests_; }

 private:
  void FillLookups(const std::string& user);

  Store store_;
  ServerClock clock_;
  mutable std::mutex settings_mutex_;
  // Shared: a request works with the switches that it began with.
  std::shared_ptr<const Settings> settings_;
  Guid integration_user_;
  Guid desk_user_;
  std::atomic<std::uint64_t> requests_{0};
};

}  // namespace guestbridge::testing::onec

#endif  // GUESTBRIDGE_TESTS_EMULATORS_ONEC_INFOBASE_H_
