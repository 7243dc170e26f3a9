// The rows of the emulated base, in storage order, with an index by key.
//
// One thread writes at a time: whoever reads holds `mutex()` shared, whoever writes
// holds it alone. Records never change once stored: a write stores a new record, so a
// reader may keep one after it has let the lock go, and history rows share the client's
// record.
#ifndef GUESTBRIDGE_TESTS_EMULATORS_ONEC_STORE_H_
#define GUESTBRIDGE_TESTS_EMULATORS_ONEC_STORE_H_

#include <cstddef>
#include <map>
#include <memory>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "tests/emulators/onec/schema.h"
#include "tests/emulators/onec/value.h"

namespace guestbridge::testing::onec {

using SectionRow = std::vector<Value>;  // as Section::columns

struct Record {
  // As EntityDef::properties. A history row holds only its first properties here and
  // takes the others from `snapshot`, the client as it was.
  std::vector<Value> values;
  std::vector<std::vector<SectionRow>> sections;
  // Shared: hundreds of history rows may point to one state of a client.
  std::shared_ptr<const Record> snapshot;
};

using RecordPtr = std::shared_ptr<const Record>;

const Value& Field(const EntityDef& def, const Record& record, int property);
std::string KeyText(const EntityDef& def, const Record& record);
std::string KeyText(const std::vector<Value>& key);
// A record of empty values.
Record MakeEmpty(const EntityDef& def);
// A record that owns all its values.
Record Materialised(const EntityDef& def, const Record& record);

class Table {
 public:
  RecordPtr Get(const std::string& key) const;
  void Put(const EntityDef& def, RecordPtr record);  // adds or replaces
  void Remove(const std::string& key);
  // Rows in storage order; nullptr where one was removed.
  const std::vector<RecordPtr>& rows() const { return rows_; }
  std::size_t size() const { return by_key_.size(); }

 private:
  std::vector<RecordPtr> rows_;
  std::unordered_map<std::string, std::size_t> by_key_;
};

class Store {
 public:
  explicit Store(Schema schema) : schema_(std::move(schema)) {}

  std::shared_mutex& mutex() const { return mutex_; }
  const Schema& schema() const { return schema_; }
  Schema& mutable_schema() { return schema_; }

  const EntityDef* FindSet(std::string_view name) const;
  // The rows of a set. Those of a tabular section are made from the owners' records and
  // put into `made`, which must outlive the answer.
  const std::vector<RecordPtr>& RowsOf(const EntityDef& def,
                                       std::vector<RecordPtr>& made) const;
  RecordPtr Get(const EntityDef& def, const std::string& key) const;
  Table& table(const std::string& set) { return tables_[set]; }
  const Table& table(const std::string& set) const;

  // The catalog item that a reference points to; nullptr when it is broken or empty.
  RecordPtr Referenced(const std::string& set, const Guid& guid) const;
  std::string Presentation(const EntityDef& def, const Record& record) const;

  using Backup = std::map<std::string, Table>;
  Backup MakeBackup() const { return tables_; }
  void Restore(Backup backup) { tables_ = std::move(backup); }

 private:
  mutable std::shared_mutex mutex_;
  Schema schema_;
  std::map<std::string, Table> tables_;
};

}  // namespace guestbridge::testing::onec

#endif  // GUESTBRIDGE_TESTS_EMULATORS_ONEC_STORE_H_
