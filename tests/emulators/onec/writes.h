// Writes to the base, from OData and from the reception desk (fact sheet 3).
//
// The caller holds the store's lock alone. A write is a transaction: on an error
// nothing has changed.
#ifndef GUESTBRIDGE_TESTS_EMULATORS_ONEC_WRITES_H_
#define GUESTBRIDGE_TESTS_EMULATORS_ONEC_WRITES_H_

#include <nlohmann/json_fwd.hpp>
#include <set>
#include <string>

#include "tests/emulators/onec/fault.h"
#include "tests/emulators/onec/settings.h"
#include "tests/emulators/onec/store.h"

namespace guestbridge::testing::onec {

struct WriteContext {
  Store& store;
  const Settings& settings;
  DateTime now;            // 1C server time, becomes Period of the history row
  Guid user;               // item of Catalog_Employees
  bool load_mode = false;  // no handlers, no history
  bool by_odata = true;    // the switches that spoil OData writes apply
};

enum class BodyRule { kCreate, kPatch, kPut };

// Reads a JSON body into `record`. Silent, as seen live: unknown properties, read-only
// ones, text for a whole number; long strings are cut. Loud: code 1 for a bad guid,
// boolean or date, 500 code -1 for an array in a string property and for rows without
// LineNumber, 400 for LineNumber that does not start at 1, code 5 for what PUT lacks.
// Answers the configuration names of the properties that the body named.
Result<std::set<std::string>> ApplyBody(const EntityDef& def,
                                        const nlohmann::json& body, BodyRule rule,
                                        Record& record);

Result<RecordPtr> Create(const WriteContext& context, const EntityDef& def,
                         const nlohmann::json& body);
// `if_match`: header as sent, empty when absent.
Result<RecordPtr> Update(const WriteContext& context, const EntityDef& def,
                         const std::string& key, const nlohmann::json& body,
                         BodyRule rule, const std::string& if_match);
Result<Done> Delete(const WriteContext& context, const EntityDef& def,
                    const std::string& key, const std::string& if_match);

// Stores a whole client as given, with its version if it has one: no handler, no
// history.
Result<RecordPtr> Import(Store& store, const nlohmann::json& row);

Guid NewGuid();
Fault NotFound(const EntityDef& def, const std::string& key);

}  // namespace guestbridge::testing::onec

#endif  // GUESTBRIDGE_TESTS_EMULATORS_ONEC_WRITES_H_
