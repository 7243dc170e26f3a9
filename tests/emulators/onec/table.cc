#include "tests/emulators/onec/table.h"

#include <utility>

namespace guestbridge::testing::onec {

void Table::MakeIndexes(const EntityDef& def) {
  if (!indexes_.empty()) return;
  for (const auto& properties : def.indexes) indexes_.emplace_back(properties);
}

void Table::Attach(const EntityDef& def, std::shared_ptr<const RowSource> source) {
  MakeIndexes(def);
  source_ = std::move(source);
  computed_ = size_ = source_->size();
  for (OrderedIndex& index : indexes_) index.Build(*this, computed_);
}

std::size_t Table::Find(const std::string& key) const {
  if (source_) {
    if (const auto row = source_->Find(key)) {
      const auto it = changed_.find(*row);
      return it != changed_.end() && !it->second ? places() : *row;
    }
  }
  const auto it = added_keys_.find(key);
  return it == added_keys_.end() ? places() : computed_ + it->second;
}

RecordPtr Table::Get(const std::string& key) const {
  const std::size_t place = Find(key);
  return place == places() ? nullptr : At(place);
}

RecordPtr Table::At(std::size_t place) const {
  if (place >= computed_) return added_[place - computed_];
  const auto it = changed_.find(place);
  if (it != changed_.end()) return it->second;
  auto record = std::make_shared<Record>();
  record->source = source_.get();
  record->row = place;
  return record;
}

std::vector<RecordPtr> Table::Rows() const {
  std::vector<RecordPtr> rows;
  for (std::size_t place = 0; place < places(); ++place) {
    if (RecordPtr record = At(place)) rows.push_back(std::move(record));
  }
  return rows;
}

Value Table::Cell(std::size_t place, int property) const {
  if (place >= computed_) {
    return OwnField(*added_[place - computed_], property).value_or(Value());
  }
  const auto it = changed_.find(place);
  if (it == changed_.end()) return source_->Cell(place, property);
  return OwnField(*it->second, property).value_or(Value());
}

RecordPtr Table::Sparse(const EntityDef& def, std::size_t place,
                        const Record& full) const {
  auto sparse = std::make_shared<Record>();
  sparse->source = source_.get();
  sparse->row = place;
  for (std::size_t i = 0; i < def.properties.size(); ++i) {
    const int property = static_cast<int>(i);
    if (def.properties[i].type_of >= 0) continue;
    Value value = Field(def, full, property);
    if (value == source_->Cell(place, property)) continue;
    sparse->changed.emplace_back(property, std::move(value));
  }
  sparse->changed.shrink_to_fit();
  for (const auto& rows : full.sections) {
    if (!rows.empty()) sparse->sections = full.sections;
  }
  return sparse;
}

void Table::Store(std::size_t place, RecordPtr record) {
  if (place < computed_) {
    changed_[place] = std::move(record);
  } else {
    added_[place - computed_] = std::move(record);
  }
}

RecordPtr Table::Put(const EntityDef& def, RecordPtr record) {
  MakeIndexes(def);
  const std::string key = KeyText(def, *record);
  std::size_t place = Find(key);
  const bool replaces = place != places();
  if (!replaces) {
    // A computed row that was removed comes back to its place.
    const auto row = source_ ? source_->Find(key) : std::nullopt;
    place = row.value_or(places());
    if (!row) {
      added_keys_.emplace(key, added_.size());
      added_.emplace_back();
    }
    ++size_;
  }
  if (place < computed_) record = Sparse(def, place, *record);
  std::vector<bool> moves;
  for (OrderedIndex& index : indexes_) {
    bool differs = !replaces;
    for (const int property : index.properties()) {
      differs = differs || Cell(place, property) != OwnField(*record, property);
    }
    moves.push_back(differs);
    if (differs && replaces) {
      index.Erase(*this, static_cast<OrderedIndex::Place>(place));
    }
  }
  Store(place, record);
  for (std::size_t i = 0; i < indexes_.size(); ++i) {
    if (moves[i]) indexes_[i].Insert(*this, static_cast<OrderedIndex::Place>(place));
  }
  return record;
}

void Table::Remove(const std::string& key) {
  const std::size_t place = Find(key);
  if (place == places()) return;
  for (OrderedIndex& index : indexes_) {
    index.Erase(*this, static_cast<OrderedIndex::Place>(place));
  }
  Store(place, nullptr);
  added_keys_.erase(key);
  --size_;
}

}  // namespace guestbridge::testing::onec
