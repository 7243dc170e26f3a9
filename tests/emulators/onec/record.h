// A row of the emulated base: stored value by value, or computed when it is looked at.
#ifndef GUESTBRIDGE_TESTS_EMULATORS_ONEC_RECORD_H_
#define GUESTBRIDGE_TESTS_EMULATORS_ONEC_RECORD_H_

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tests/emulators/onec/schema.h"
#include "tests/emulators/onec/value.h"

namespace guestbridge::testing::onec {

using SectionRow = std::vector<Value>;  // as Section::columns

// Rows that nobody stores: a million guests take no memory until they are edited.
// Immutable, thread-safe; outlives every record that points to it.
class RowSource {
 public:
  virtual ~RowSource() = default;
  virtual std::size_t size() const = 0;
  virtual Value Cell(std::size_t row, int property) const = 0;
  virtual std::optional<std::size_t> Find(std::string_view key_text) const = 0;
};

struct Record {
  // As EntityDef::properties. A history row holds only its first properties here and
  // takes the others from `snapshot`, the client as it was.
  std::vector<Value> values;
  std::vector<std::vector<SectionRow>> sections;  // may be short: the rest is empty
  // Shared: hundreds of history rows may point to one state of a client.
  std::shared_ptr<const Record> snapshot;
  // A computed row has no `values`: it is row `row` of `source`, but for `changed`.
  const RowSource* source = nullptr;
  std::size_t row = 0;
  std::vector<std::pair<int, Value>> changed;
};

using RecordPtr = std::shared_ptr<const Record>;

Value Field(const EntityDef& def, const Record& record, int property);
// The same without what a history row takes from its snapshot; nothing for those.
std::optional<Value> OwnField(const Record& record, int property);
const std::vector<SectionRow>& SectionRows(const Record& record, std::size_t section);
std::string KeyText(const EntityDef& def, const Record& record);
std::string KeyText(const std::vector<Value>& key);
// A record of empty values.
Record MakeEmpty(const EntityDef& def);
// A record that owns all its values.
Record Materialised(const EntityDef& def, const Record& record);

}  // namespace guestbridge::testing::onec

#endif  // GUESTBRIDGE_TESTS_EMULATORS_ONEC_RECORD_H_
