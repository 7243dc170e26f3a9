// An exchange plan with one node for an integration (fact sheet 4.1, checklist 33):
// what is written is registered for the node, and two functions of the service read the
// registration and clear it.
//
//   POST SelectChanges?DataExchangePoint='ROOT/ExchangePlan_X(guid'NODE')'&MessageNo=N
//   POST NotifyChangesReceived?DataExchangePoint=...&MessageNo=N
//
// A selection gives every registered object, changed ones as entries and physically
// deleted ones as tombstones, and those that belong to no message yet go into message
// N. They stay registered until messages up to N are acknowledged; an object that is
// written after it was selected belongs to no message again.
#ifndef GUESTBRIDGE_TESTS_EMULATORS_ONEC_EXCHANGE_PLAN_H_
#define GUESTBRIDGE_TESTS_EMULATORS_ONEC_EXCHANGE_PLAN_H_

#include <atomic>
#include <cstddef>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "tests/emulators/onec/fault.h"
#include "tests/emulators/onec/render.h"
#include "tests/emulators/onec/settings.h"
#include "tests/emulators/onec/store.h"

namespace guestbridge::testing::onec {

// The node of this base, and the one of an integration, code "GB".
void AddExchangeNodes(Store& store);

// A write of `key` of `def`: registered when the plan is in the composition and its
// content has the set (clients, countries). The caller holds the store's lock alone.
void RegisterChange(Store& store, const Settings& settings, const EntityDef& def,
                    const std::string& key, bool load_mode);

// What is registered: set, key, message (0: none yet). The caller holds the lock.
nlohmann::json RegisteredChanges(const Store& store);

// Thread-safe; takes the store's lock itself.
class ExchangeFunctions {
 public:
  static bool IsOne(const std::string& name);

  struct Answer {
    std::string feed;  // empty: an acknowledgement
    std::size_t objects = 0;
  };
  // `query` is decoded. Errors: code 8 (the plan is not in the composition), 20 (no
  // right to it), 12 (a parameter is missing), 1 (no number), 6 (no URL of a node of
  // this service), 9 (no such node), 21 (the number was acknowledged already); 500 for
  // the node of this base, for a lock, and for text that XML cannot carry.
  Result<Answer> Call(Store& store, const Settings& settings, const std::string& name,
                      const RenderContext& rendering,
                      const std::map<std::string, std::string>& query);

 private:
  Result<Answer> Select(Store& store, const Settings& settings,
                        const RenderContext& rendering,
                        const std::map<std::string, std::string>& query);

  std::atomic<int> selecting_{0};
};

}  // namespace guestbridge::testing::onec

#endif  // GUESTBRIDGE_TESTS_EMULATORS_ONEC_EXCHANGE_PLAN_H_
