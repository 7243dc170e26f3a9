#include "tests/emulators/onec/record.h"

namespace guestbridge::testing::onec {
namespace {

// Key strings compare without the padding of fixed-length attributes.
void AppendKeyPart(const Value& value, std::string& out) {
  std::string text = PlainText(value);
  while (!text.empty() && text.back() == ' ') text.pop_back();
  if (!out.empty()) out += '\x1f';
  out += text.empty() ? "\x1e" : text;
}

}  // namespace

std::optional<Value> OwnField(const Record& record, int property) {
  const auto at = static_cast<std::size_t>(property);
  if (at < record.values.size()) return record.values[at];
  if (!record.source) return std::nullopt;
  for (const auto& [changed, value] : record.changed) {
    if (changed == property) return value;
  }
  return record.source->Cell(record.row, property);
}

Value Field(const EntityDef& def, const Record& record, int property) {
  const Property& p = def.properties[static_cast<std::size_t>(property)];
  if (p.type_of >= 0) {
    const auto& target = def.properties[static_cast<std::size_t>(p.type_of)].target;
    const bool empty = Field(def, record, p.type_of) == Value(Guid{});
    return empty ? "" : "StandardODATA." + target;
  }
  if (auto own = OwnField(record, property)) return *std::move(own);
  if (record.snapshot && p.from_client >= 0) {
    if (auto then = OwnField(*record.snapshot, p.from_client)) return *std::move(then);
  }
  return EmptyValue(p.type);
}

const std::vector<SectionRow>& SectionRows(const Record& record, std::size_t section) {
  static const auto* const kNone = new std::vector<SectionRow>;
  return section < record.sections.size() ? record.sections[section] : *kNone;
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

}  // namespace guestbridge::testing::onec
