// The rows of one set, in storage order, with an index by key and ordered ones.
#ifndef GUESTBRIDGE_TESTS_EMULATORS_ONEC_TABLE_H_
#define GUESTBRIDGE_TESTS_EMULATORS_ONEC_TABLE_H_

#include <cstddef>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "tests/emulators/onec/ordered_index.h"
#include "tests/emulators/onec/record.h"

namespace guestbridge::testing::onec {

// A row keeps its place: 0, 1, ... in the order of being added, first those of a
// RowSource. Guarded by the store's mutex.
class Table {
 public:
  // Makes all rows of `source` this table's; the table was empty.
  void Attach(const EntityDef& def, std::shared_ptr<const RowSource> source);

  RecordPtr Get(const std::string& key) const;
  // Adds or replaces. Answers the record as it is stored: of a computed row only what
  // has changed.
  RecordPtr Put(const EntityDef& def, RecordPtr record);
  void Remove(const std::string& key);

  std::size_t size() const { return size_; }  // rows that exist
  std::size_t places() const { return computed_ + added_.size(); }
  RecordPtr At(std::size_t place) const;  // nullptr: removed
  // All that exist; not for a million of them.
  std::vector<RecordPtr> Rows() const;
  // A value that the row holds itself (OwnField); the row exists.
  Value Cell(std::size_t place, int property) const;
  // The place of a row that exists; places() if there is none.
  std::size_t Find(const std::string& key) const;

  // As EntityDef::indexes; empty while no row was added.
  const std::vector<OrderedIndex>& indexes() const { return indexes_; }

 private:
  void MakeIndexes(const EntityDef& def);
  void Store(std::size_t place, RecordPtr record);
  RecordPtr Sparse(const EntityDef& def, std::size_t place, const Record& full) const;

  std::shared_ptr<const RowSource> source_;
  std::size_t computed_ = 0;  // rows of source_
  std::size_t size_ = 0;
  std::unordered_map<std::size_t, RecordPtr> changed_;  // of source_; null: removed
  std::vector<RecordPtr> added_;
  std::unordered_map<std::string, std::size_t> added_keys_;  // -> index in added_
  std::vector<OrderedIndex> indexes_;
};

}  // namespace guestbridge::testing::onec

#endif  // GUESTBRIDGE_TESTS_EMULATORS_ONEC_TABLE_H_
