#include "tests/emulators/onec/store.h"

#include <utility>

namespace guestbridge::testing::onec {

const EntityDef* Store::FindSet(std::string_view name) const {
  const auto it = schema_.find(std::string(name));
  return it == schema_.end() ? nullptr : &it->second;
}

const Table& Store::table(const std::string& set) const {
  static const auto* const kNone = new Table;
  const auto it = tables_.find(set);
  return it == tables_.end() ? *kNone : it->second;
}

const Table* Store::TableOf(const EntityDef& def) const {
  if (def.kind == SetKind::kSectionRows) return nullptr;
  return &table(def.owner.empty() ? def.name : def.owner);
}

RowList Store::RowsOf(const EntityDef& def) const {
  if (const Table* stored = TableOf(def)) return RowList(stored);
  std::vector<RecordPtr> made;
  const Table& owners = table(def.owner);
  for (std::size_t place = 0; place < owners.places(); ++place) {
    const RecordPtr owner = owners.At(place);
    if (!owner) continue;
    for (const SectionRow& row :
         SectionRows(*owner, static_cast<std::size_t>(def.section))) {
      auto record = std::make_shared<Record>();
      record->values = row;
      made.push_back(std::move(record));
    }
  }
  return RowList(std::move(made));
}

RecordPtr Store::Get(const EntityDef& def, const std::string& key) const {
  if (const Table* stored = TableOf(def)) return stored->Get(key);
  const RowList rows = RowsOf(def);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (RecordPtr row = rows[i]; KeyText(def, *row) == key) return row;
  }
  return nullptr;
}

RecordPtr Store::Referenced(const std::string& set, const Guid& guid) const {
  return guid.IsEmpty() ? nullptr : table(set).Get(guid.Text());
}

std::string Store::Presentation(const EntityDef& def, const Record& record) const {
  const int description = def.FindId("Description");
  if (description >= 0) return PlainText(Field(def, record, description));
  std::string out;
  for (int i : def.key) {
    if (!out.empty()) out += "; ";
    out += PlainText(Field(def, record, i));
  }
  return out;
}

}  // namespace guestbridge::testing::onec
