#include "sync-agent/mapping/mapping.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"
#include "common/text/utf8.h"
#include "sync-agent/mapping/date.h"
#include "sync-agent/mapping/email.h"
#include "sync-agent/mapping/field_rules.h"
#include "sync-agent/mapping/phone.h"
#include "sync-agent/mapping/text_rules.h"

namespace guestbridge::agent {
namespace {

constexpr char kBirthDate[] = "BIRTHDATE";

bool Holds(const std::vector<Transform>& transforms, TransformKind kind) {
  return std::any_of(transforms.begin(), transforms.end(),
                     [&](const Transform& one) { return one.kind == kind; });
}

// Notes of one field; each reason once.
class Notes {
 public:
  // `field` may be null: nobody reads them.
  explicit Notes(MappedField* field) : field_(field) {}
  void Add(const char* reason, Parameters parameters = {}) {
    if (field_ == nullptr) return;
    for (const Note& note : field_->notes) {
      if (note.reason == reason) return;
    }
    parameters.emplace("field", field_->target);
    field_->notes.push_back({reason, std::move(parameters)});
  }

 private:
  MappedField* field_;
};

const std::string& TextOf(const ClientRow& row, const std::string& attribute) {
  static const std::string& none = *new std::string();
  const auto found = row.attributes.find(attribute);
  return found == row.attributes.end() ? none : found->second;
}

std::string CleanText(const std::string& raw, bool keep_lines, Notes* notes) {
  if (IsPlain(raw)) return raw;
  std::string text = ToValidUtf8(raw);
  if (text != raw) notes->Add("INVALID_TEXT_REPLACED");
  std::string clean = RemoveControls(text, keep_lines);
  if (clean.size() != text.size()) notes->Add("CONTROL_CHARACTERS_REMOVED");
  return clean;
}

// What the portal keeps of it: the same text comes back at the next comparison.
std::string FitText(absl::string_view text, Capacity capacity, Notes* notes) {
  const absl::string_view trimmed = TrimEnds(text);
  const absl::string_view cut = capacity.bytes > 0
                                    ? CutUtf8(trimmed, capacity.bytes)
                                    : CutCharacters(trimmed, capacity.characters);
  if (cut.size() < trimmed.size()) {
    notes->Add("VALUE_CUT", {{"kept", absl::StrCat(CountCharacters(cut))},
                             {"length", absl::StrCat(CountCharacters(trimmed))}});
  }
  return std::string(TrimEnds(cut));
}

std::string ApplyDate(const std::string& text, const std::string& target,
                      absl::CivilDay today, Notes* notes, bool* lasting) {
  const DateValue date = ParseDate(text);
  if (date.state == DateValue::State::kEmpty) return "";
  const bool birth = target == kBirthDate;
  if (date.state == DateValue::State::kNotADay) {
    notes->Add(birth ? "BIRTHDATE_NOT_SENT" : "DATE_NOT_SENT");
    return "";
  }
  if (birth && date.day > today) *lasting = false;
  if (birth && (date.day < absl::CivilDay(1900, 1, 1) || date.day > today)) {
    notes->Add("BIRTHDATE_NOT_SENT");
    return "";
  }
  return date.text;
}

// The values of one entry for a multifield, fitted, without repetitions.
class ValueCollector {
 public:
  ValueCollector(const std::string& target, std::vector<MultiValue>* values,
                 Notes* notes)
      : target_(target),
        capacity_(CapacityOf(target)),
        values_(*values),
        first_(values->size()),
        notes_(*notes) {}

  void Add(MultiValue value) {
    if (!IsPlain(value.value)) value.value = RemoveControls(value.value, false);
    value.value = FitText(value.value, capacity_, &notes_);
    if (value.value.empty()) return;
    if (std::any_of(values_.begin(), values_.end(),
                    [&](const MultiValue& other) { return AreSame(other, value); })) {
      notes_.Add("DUPLICATE_VALUE_DROPPED");
      return;
    }
    if (values_.size() >= kMostValues) {
      notes_.Add("VALUES_TOO_MANY", {{"most", absl::StrCat(kMostValues)}});
      return;
    }
    values_.push_back(std::move(value));
  }

  // What this entry added.
  std::string Sent() const {
    return absl::StrJoin(
        values_.begin() + static_cast<std::ptrdiff_t>(first_), values_.end(), ", ",
        [](std::string* out, const MultiValue& value) { out->append(value.value); });
  }

 private:
  bool AreSame(const MultiValue& one, const MultiValue& other) const {
    return target_ == "EMAIL" ? absl::EqualsIgnoreCase(one.value, other.value)
                              : one.value == other.value;
  }

  const std::string& target_;
  const Capacity capacity_;
  std::vector<MultiValue>& values_;
  const size_t first_;
  Notes& notes_;
};

void CollectValues(const std::string& text, const std::string& target, bool phones,
                   bool emails, const std::string& region, Notes* notes,
                   ValueCollector* collector) {
  if (phones) {
    PhoneList list = ParsePhones(text, region);
    if (list.as_written) notes->Add("PHONE_AS_WRITTEN");
    if (list.left_out) notes->Add("PHONE_NOT_SENT");
    for (MultiValue& value : list.values) collector->Add(std::move(value));
  } else if (emails) {
    EmailList list = ParseEmails(text);
    if (list.left_out > 0) {
      notes->Add("EMAIL_NOT_SENT", {{"count", absl::StrCat(list.left_out)}});
    }
    for (std::string& value : list.values) {
      collector->Add({std::move(value), DefaultValueType(target)});
    }
  } else {
    collector->Add({text, DefaultValueType(target)});
  }
}

}  // namespace

std::vector<std::string> DefaultTransforms(const std::string& target) {
  if (target == kBirthDate) return {"date"};
  if (target == "PHONE") return {"phone"};
  if (target == "EMAIL") return {"email"};
  return {"trim"};
}

absl::StatusOr<CompiledMapping> CompiledMapping::Compile(
    const std::vector<MappingEntry>& entries, MappingOptions options) {
  CompiledMapping mapping;
  mapping.options_ = std::move(options);
  FieldPolicies policies;
  std::map<std::string, std::string> taken;
  for (const MappingEntry& entry : entries) {
    Entry compiled;
    compiled.source = entry.source;
    compiled.target = entry.target;
    compiled.capacity = CapacityOf(entry.target);
    const auto [other, first] = taken.emplace(entry.target, entry.source);
    if (!first && !IsMultifield(entry.target)) {
      return MakeError("FIELD_TAKEN",
                       {{"contact_field", entry.target}, {"attribute", other->second}});
    }
    for (const std::string& text : entry.transforms) {
      GB_ASSIGN_OR_RETURN(Transform transform, ParseTransform(text));
      compiled.transforms.push_back(std::move(transform));
    }
    // What the portal demands of these fields is not left to the mapping's author: one
    // bad e-mail fails the whole contact.
    for (const std::string& text : DefaultTransforms(entry.target)) {
      GB_ASSIGN_OR_RETURN(Transform transform, ParseTransform(text));
      if (!Holds(compiled.transforms, transform.kind)) {
        compiled.transforms.push_back(std::move(transform));
      }
    }
    mapping.ReadAttribute(entry.source);
    for (const Transform& transform : compiled.transforms) {
      for (const std::string& name : transform.attributes) mapping.ReadAttribute(name);
    }
    mapping.entries_.push_back(std::move(compiled));
    if (entry.policy == MappingEntry::Policy::kFillEmpty) {
      policies.fill_empty.insert(entry.target);
    }
    if (entry.policy == MappingEntry::Policy::kCreateOnly) {
      policies.create_only.insert(entry.target);
    }
    if (entry.keep_when_empty || entry.policy == MappingEntry::Policy::kFillEmpty) {
      policies.keep.insert(entry.target);
    }
  }
  for (const ClientCondition& condition : mapping.options_.filter.conditions()) {
    mapping.ReadAttribute(condition.attribute);
  }
  if (!policies.keep.empty() || !policies.create_only.empty()) {
    mapping.policies_ = std::make_shared<const FieldPolicies>(std::move(policies));
  }
  return mapping;
}

void CompiledMapping::ReadAttribute(const std::string& name) {
  if (name.empty()) return;
  if (std::find(attributes_.begin(), attributes_.end(), name) == attributes_.end()) {
    attributes_.push_back(name);
  }
}

void CompiledMapping::MapEntry(const Entry& entry, const ClientRow& row,
                               absl::CivilDay today, MappedContact* mapped,
                               MappedField* field) const {
  const std::string& raw = TextOf(row, entry.source);
  if (field != nullptr) {
    field->source = entry.source;
    field->target = entry.target;
    field->source_value = raw;
  }
  Notes notes(field);

  const bool phones = Holds(entry.transforms, TransformKind::kPhone);
  const bool emails = Holds(entry.transforms, TransformKind::kEmail);
  const bool multi = IsMultifield(entry.target);
  // Line breaks separate phones and e-mails: they go with the values' own cleaning.
  const bool keep_lines = IsMultiLine(entry.target) || phones || emails;
  const bool read_lines = keep_lines || Holds(entry.transforms, TransformKind::kSplit);
  std::vector<std::string> values;
  values.push_back(CleanText(raw, read_lines, &notes));
  const auto attribute = [&](const std::string& name) {
    const std::string text = CleanText(TextOf(row, name), read_lines, &notes);
    return std::string(TrimEnds(text));
  };
  for (const Transform& transform : entry.transforms) {
    if (!multi && (transform.kind == TransformKind::kPhone ||
                   transform.kind == TransformKind::kEmail)) {
      // The field holds one text, so that what follows is about the values found.
      std::vector<MultiValue> list;
      ValueCollector collector(entry.target, &list, &notes);
      for (const std::string& value : values) {
        CollectValues(value, entry.target, transform.kind == TransformKind::kPhone,
                      transform.kind == TransformKind::kEmail, options_.default_region,
                      &notes, &collector);
      }
      values.clear();
      for (MultiValue& value : list) values.push_back(std::move(value.value));
      continue;
    }
    if (transform.kind == TransformKind::kDate) {
      for (std::string& value : values) {
        value = ApplyDate(value, entry.target, today, &notes, &mapped->lasting);
      }
      continue;
    }
    const char* note = ApplyTransform(transform, attribute, &values);
    if (note != nullptr) notes.Add(note);
  }
  // The mapping author's own texts may hold anything.
  for (std::string& value : values) {
    if (IsPlain(value)) continue;
    value = RemoveControls(ToValidUtf8(value),
                           multi ? keep_lines : IsMultiLine(entry.target));
  }

  if (multi) {
    ValueCollector collector(entry.target, &mapped->content.multifields[entry.target],
                             &notes);
    for (const std::string& value : values) {
      CollectValues(value, entry.target, phones, emails, options_.default_region,
                    &notes, &collector);
    }
    if (field != nullptr) field->sent_value = collector.Sent();
    return;
  }
  const std::string text =
      values.size() == 1 ? std::move(values.front()) : JoinValues(values, ", ");
  std::string sent = FitText(text, entry.capacity, &notes);
  if (field != nullptr) field->sent_value = sent;
  mapped->content.fields[entry.target] = std::move(sent);
}

void CompiledMapping::Finish(const ClientRow& row, MappedContact* mapped) const {
  const ClientCondition* unmet = options_.filter.Unmet(row);
  if (unmet != nullptr) mapped->unmet = unmet->text;
  if (policies_ == nullptr) return;
  mapped->policies = policies_;
  ContactContent& content = mapped->content;
  for (const std::string& target : policies_->keep) {
    const auto field = content.fields.find(target);
    const auto values = content.multifields.find(target);
    if (field != content.fields.end() && field->second.empty()) {
      content.fields.erase(field);
    } else if (values != content.multifields.end() && values->second.empty()) {
      content.multifields.erase(values);
    } else {
      continue;
    }
    mapped->kept.push_back(target);
  }
}

std::set<std::string> CompiledMapping::targets() const {
  std::set<std::string> targets;
  for (const Entry& entry : entries_) targets.insert(entry.target);
  return targets;
}

std::set<std::string> CompiledMapping::NamedValues(const std::string& target) const {
  std::set<std::string> values;
  for (const Entry& entry : entries_) {
    if (entry.target != target) continue;
    for (auto last = entry.transforms.rbegin(); last != entry.transforms.rend();
         ++last) {
      if (last->kind == TransformKind::kTrim) continue;
      if (last->kind == TransformKind::kConstant) values.insert(last->text);
      if (last->kind == TransformKind::kEnum) {
        for (const auto& [from, to] : last->table.rows) values.insert(to);
        if (last->table.has_otherwise && !last->table.otherwise_as_it_is) {
          values.insert(last->table.otherwise);
        }
      }
      break;
    }
  }
  std::set<std::string> named;
  for (const std::string& value : values) named.emplace(TrimEnds(value));
  named.erase("");
  return named;
}

std::string CompiledMapping::TypeWhenSaved(const std::string& target) const {
  const auto type = options_.types.find(target);
  return type == options_.types.end() ? "" : type->second;
}

bool CompiledMapping::LeavesSeveral(const std::string& target) const {
  for (const Entry& entry : entries_) {
    if (entry.target != target) continue;
    bool several = false;
    for (const Transform& transform : entry.transforms) {
      switch (transform.kind) {
        case TransformKind::kSplit:
        case TransformKind::kAllOf:
          several = true;
          break;
        case TransformKind::kJoin:
        case TransformKind::kConstant:
        case TransformKind::kTemplate:
        case TransformKind::kFirstOf:
          several = false;
          break;
        default:
          break;
      }
    }
    if (several) return true;
  }
  return false;
}

MappedContact CompiledMapping::Map(const ClientRow& row, absl::CivilDay today) const {
  MappedContact mapped;
  for (const Entry& entry : entries_) {
    MapEntry(entry, row, today, &mapped, &mapped.fields.emplace_back());
  }
  Finish(row, &mapped);
  for (const std::string& target : mapped.kept) {
    for (MappedField& field : mapped.fields) {
      if (field.target == target) Notes(&field).Add("EMPTY_KEPT");
    }
  }
  return mapped;
}

MappedContact CompiledMapping::MapContent(const ClientRow& row,
                                          absl::CivilDay today) const {
  MappedContact mapped;
  for (const Entry& entry : entries_) MapEntry(entry, row, today, &mapped, nullptr);
  Finish(row, &mapped);
  return mapped;
}

}  // namespace guestbridge::agent
