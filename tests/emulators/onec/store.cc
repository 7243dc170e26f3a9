#include "tests/emulators/onec/store.h"

#include <array>
#include <utility>

namespace guestbridge::testing::onec {
namespace {

const Value& SharedEmpty(Type type) {
  static const auto* const kEmpty = [] {
    auto* values = new std::array<Value, 8>;
    for (std::size_t i = 0; i < values->size(); ++i) {
      (*values)[i] = EmptyValue(static_cast<Type>(i));
    }
    return values;
  }();
  return (*kEmpty)[static_cast<std::size_t>(type)];
}

// Key strings compare without the padding of fixed-length attributes.
void AppendKeyPart(const Value& value, std::string& out) {
  std::string text = PlainText(value);
  while (!text.empty() && text.back() == ' ') text.pop_back();
  if (!out.empty()) out += '\x1f';
  out += text.empty() ? "\x1e" : text;
}

}  // namespace

const Value& Field(const EntityDef& def, const Record& record, int property) {
  const auto at = static_cast<std::size_t>(property);
  if (at < record.values.size()) return record.values[at];
  const Property& p = def.properties[at];
  if (record.snapshot && p.from_client >= 0) {
    return record.snapshot->values[static_cast<std::size_t>(p.from_client)];
  }
  return SharedEmpty(p.type);
}

std::string KeyText(const EntityDef& def, const Record& record) {
  std::string out;
  for (int i : def.key) AppendKeyPart(Field(def, record, i), out);
  return out;
}

std::string KeyText(const std::vector<Value>& key) {
  std::string out;
  for (const Value& value : key) AppendKeyPart(value, out);
  return out;
}

Record MakeEmpty(const EntityDef& def) {
  Record record;
  for (const Property& p : def.properties) record.values.push_back(EmptyValue(p.type));
  record.sections.resize(def.sections.size());
  return record;
}

Record Materialised(const EntityDef& def, const Record& record) {
  Record full;
  full.sections = record.sections;
  full.sections.resize(def.sections.size());
  for (std::size_t i = 0; i < def.properties.size(); ++i) {
    full.values.push_back(Field(def, record, static_cast<int>(i)));
  }
  return full;
}

RecordPtr Table::Get(const std::string& key) const {
  const auto it = by_key_.find(key);
  return it == by_key_.end() ? nullptr : rows_[it->second];
}

void Table::Put(const EntityDef& def, RecordPtr record) {
  const auto [it, added] = by_key_.try_emplace(KeyText(def, *record), rows_.size());
  if (added) {
    rows_.push_back(std::move(record));
  } else {
    rows_[it->second] = std::move(record);
  }
}

void Table::Remove(const std::string& key) {
  const auto it = by_key_.find(key);
  if (it == by_key_.end()) return;
  rows_[it->second] = nullptr;
  by_key_.erase(it);
}

const EntityDef* Store::FindSet(std::string_view name) const {
  const auto it = schema_.find(std::string(name));
  return it == schema_.end() ? nullptr : &it->second;
}

const Table& Store::table(const std::string& set) const {
  static const auto* const kNone = new Table;
  const auto it = tables_.find(set);
  return it == tables_.end() ? *kNone : it->second;
}

const std::vector<RecordPtr>& Store::RowsOf(const EntityDef& def,
                                            std::vector<RecordPtr>& made) const {
  if (def.kind != SetKind::kSectionRows) {
    return table(def.owner.empty() ? def.name : def.owner).rows();
  }
  made.clear();
  for (const RecordPtr& owner : table(def.owner).rows()) {
    if (!owner) continue;
    for (const SectionRow& row :
         owner->sections[static_cast<std::size_t>(def.section)]) {
      auto record = std::make_shared<Record>();
      record->values = row;
      made.push_back(std::move(record));
    }
  }
  return made;
}

RecordPtr Store::Get(const EntityDef& def, const std::string& key) const {
  if (def.kind != SetKind::kSectionRows) {
    return table(def.owner.empty() ? def.name : def.owner).Get(key);
  }
  std::vector<RecordPtr> made;
  for (const RecordPtr& row : RowsOf(def, made)) {
    if (KeyText(def, *row) == key) return row;
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
