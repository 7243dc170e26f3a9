// The rows of the emulated base.
//
// One thread writes at a time: whoever reads holds `mutex()` shared, whoever writes
// holds it alone. Records never change once stored: a write stores a new record, so a
// reader may keep one after it has let the lock go, and history rows share the client's
// record.
#ifndef GUESTBRIDGE_TESTS_EMULATORS_ONEC_STORE_H_
#define GUESTBRIDGE_TESTS_EMULATORS_ONEC_STORE_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tests/emulators/onec/record.h"
#include "tests/emulators/onec/schema.h"
#include "tests/emulators/onec/table.h"
#include "tests/emulators/onec/value.h"

namespace guestbridge::testing::onec {

// The rows of a set as a list of places. It points into the store and into itself.
class RowList {
 public:
  explicit RowList(const Table* table) : table_(table) {}
  explicit RowList(std::vector<RecordPtr> made) : made_(std::move(made)) {}
  std::size_t size() const { return table_ ? table_->places() : made_.size(); }
  RecordPtr operator[](std::size_t i) const {  // nullptr: removed
    return table_ ? table_->At(i) : made_[i];
  }

 private:
  const Table* table_ = nullptr;
  std::vector<RecordPtr> made_;
};

class Store {
 public:
  explicit Store(Schema schema) : schema_(std::move(schema)) {}

  std::shared_mutex& mutex() const { return mutex_; }
  const Schema& schema() const { return schema_; }
  Schema& mutable_schema() { return schema_; }

  const EntityDef* FindSet(std::string_view name) const;
  // The table that holds the rows of a set; nullptr for rows of a tabular section.
  const Table* TableOf(const EntityDef& def) const;
  // The rows of a set; those of a tabular section are made from the owners' records.
  RowList RowsOf(const EntityDef& def) const;
  RecordPtr Get(const EntityDef& def, const std::string& key) const;
  Table& table(const std::string& set) { return tables_[set]; }
  const Table& table(const std::string& set) const;

  // The catalog item that a reference points to; nullptr when it is broken or empty.
  RecordPtr Referenced(const std::string& set, const Guid& guid) const;
  std::string Presentation(const EntityDef& def, const Record& record) const;

  // Of a base whose versions are counted by the database; the mutex is held.
  std::uint64_t NextRowVersion() { return ++row_version_; }

  using Backup = std::map<std::string, Table>;
  Backup MakeBackup() const { return tables_; }
  void Restore(Backup backup) { tables_ = std::move(backup); }

 private:
  mutable std::shared_mutex mutex_;
  Schema schema_;
  std::map<std::string, Table> tables_;
  std::uint64_t row_version_ = 0x7D0;
};

}  // namespace guestbridge::testing::onec

#endif  // GUESTBRIDGE_TESTS_EMULATORS_ONEC_STORE_H_
