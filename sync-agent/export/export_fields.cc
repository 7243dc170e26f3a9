// What both sides say of the mapped fields, before a run writes.
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "common/secret/digest.h"
#include "common/status/error.h"
#include "sync-agent/export/export_machine.h"

namespace guestbridge::agent {
namespace {

constexpr char kTextName[] = "string";
constexpr char kTextClass[] = "text";
constexpr char kMultifieldType[] = "crm_multifield";
// After a field's name, in the note of their types.
constexpr char kHoldsOne[] = ":one";
constexpr char kHoldsSeveral[] = ":several";

std::string NameOf(AttributeKind kind) {
  switch (kind) {
    case AttributeKind::kText:
      return kTextName;
    case AttributeKind::kNumber:
      return "number";
    case AttributeKind::kBoolean:
      return "boolean";
    case AttributeKind::kDate:
      return "datetime";
  }
  return "";
}

// Of the types that may be mapped: those that take no text of several values. The
// server refuses such an entry, but not one that was saved before it knew.
bool TakesOneOfItsKind(const std::string& type) {
  for (const char* known : {"date", "datetime", "integer", "double", "money", "char",
                            "boolean", "enumeration", "crm_status"}) {
    if (type == known) return true;
  }
  return false;
}

// Types whose values fit into one another, as the server's ClassOf has them: the portal
// drops those of another class without a word.
absl::string_view ClassOf(absl::string_view type) {
  constexpr std::pair<absl::string_view, absl::string_view> kClasses[] = {
      {"string", kTextClass},     {"text", kTextClass},
      {"url", kTextClass},        {"address", kTextClass},
      {"crm_status", kTextClass}, {"date", "date"},
      {"datetime", "date"},       {"integer", "integer"},
      {"double", "double"},       {"money", "double"},
      {"char", "boolean"},        {"boolean", "boolean"},
      {"enumeration", "list"},    {kMultifieldType, kMultifieldType},
  };
  for (const auto& [known, its_class] : kClasses) {
    if (type == known) return its_class;
  }
  return "link";
}

// Whether values meant for the one may not fit the other. What is not told is not held
// against it.
bool IsUnfit(absl::string_view was, absl::string_view type) {
  if (was == "integer" && ClassOf(type) == "double") return false;
  return !was.empty() && !type.empty() && ClassOf(type) != kTextClass &&
         ClassOf(type) != ClassOf(was);
}

// The type that the note has of a field; empty: none.
std::string NotedType(const std::vector<std::string>& note, const std::string& target) {
  const std::string begin = absl::StrCat(target, "=");
  for (const std::string& part : note) {
    if (absl::StartsWith(part, begin)) return part.substr(begin.size());
  }
  return "";
}

}  // namespace

bool ExportMachine::LearnFields(const CommandResult& result) {
  if (result.fate != Fate::kDone) {
    if (!std::exchange(fields_unsaid_, true)) return false;
    tally_.AddNotice("MAPPED_FIELDS_UNCHECKED",
                     {{"version", absl::StrCat(settings_.mapping_version)}});
    return true;
  }
  CheckMappedFields(result.fields);
  reconciler_.LearnTypes(result.fields);
  if (context_.failure.ok()) RetryRefused(result.fields);
  return true;
}

bool ExportMachine::LearnDictionaries(
    const std::map<std::string, ContactFieldShape>& fields) {
  bool more = false;
  for (const auto& [name, shape] : fields) {
    if (!shape.dictionary.empty()) more |= AddDictionary(name, shape.dictionary);
  }
  return more;
}

bool ExportMachine::AddDictionary(const std::string& field,
                                  const std::string& dictionary) {
  if (settings_.mapping->NamedValues(field).empty()) return false;
  return dictionaries_.emplace(field, dictionary).second;
}

void ExportMachine::CheckMappedFields(
    const std::map<std::string, ContactFieldShape>& fields) {
  if (fields.empty()) return;
  const std::string version = absl::StrCat(settings_.mapping_version);
  const auto noted = context_.ledger.Note(kFieldTypesNote);
  if (!context_.Check(noted.status())) return;
  const std::vector<std::string> parts = absl::StrSplit(*noted, ' ');
  const std::set<std::string> before(parts.begin(), parts.end());
  std::string now = version;
  for (const std::string& target : settings_.mapping->targets()) {
    const auto field = fields.find(target);
    if (field == fields.end() || field->second.read_only) {
      context_.Fail(MakeError(
          field == fields.end() ? "MAPPED_FIELD_GONE" : "MAPPED_FIELD_READ_ONLY",
          {{"contact_field", target}, {"version", version}}));
      return;
    }
    CheckListValues(target, field->second);
    if (TakesOneOfItsKind(field->second.type) &&
        settings_.mapping->LeavesSeveral(target)) {
      tally_.AddNoticeOf("contact_field", "MAPPED_FIELD_HOLDS_ONE",
                         {{"contact_field", target}, {"version", version}});
    }
    const std::string shape = absl::StrCat(target, "=", field->second.type);
    absl::StrAppend(&now, " ", shape);
    std::string was = settings_.mapping->TypeWhenSaved(target);
    if (was.empty() && parts[0] == version) was = NotedType(parts, target);
    if (IsUnfit(was, field->second.type)) {
      // What was noted stays, so that the next run finds the same.
      context_.Fail(MakeError("MAPPED_FIELD_UNFIT", {{"contact_field", target},
                                                     {"type", field->second.type},
                                                     {"was", was},
                                                     {"version", version}}));
      return;
    }
    if (parts[0] == version && before.count(shape) == 0) {
      tally_.AddNoticeOf("contact_field", "MAPPED_FIELD_RETYPED",
                         {{"contact_field", target},
                          {"type", field->second.type},
                          {"version", version}});
    }
    // Phones and the like always hold several; it is not theirs to change.
    if (field->second.type == kMultifieldType) continue;
    const bool multiple = field->second.multiple;
    const char* const other = multiple ? kHoldsOne : kHoldsSeveral;
    if (parts[0] == version && before.count(absl::StrCat(target, other)) > 0) {
      tally_.AddNoticeOf(
          "contact_field",
          multiple ? "MAPPED_FIELD_NOW_MULTIPLE" : "MAPPED_FIELD_NOW_SINGLE",
          {{"contact_field", target}, {"version", version}});
    }
    absl::StrAppend(&now, " ", target, multiple ? kHoldsSeveral : kHoldsOne);
  }
  if (settings_.writes() && now != *noted) {
    context_.Check(context_.ledger.SetNote(kFieldTypesNote, now));
  }
}

void ExportMachine::CheckListValues(const std::string& target,
                                    const ContactFieldShape& field) {
  if (!field.items.has_value()) return;
  std::vector<std::string> gone;
  for (const std::string& value : settings_.mapping->NamedValues(target)) {
    if (field.items->count(value) == 0) gone.push_back(value);
  }
  if (gone.empty()) return;
  tally_.AddNoticeOf("contact_field", "MAPPED_VALUE_GONE",
                     {{"contact_field", target},
                      {"values", absl::StrJoin(gone, ", ")},
                      {"version", absl::StrCat(settings_.mapping_version)}});
}

void ExportMachine::CheckAttributeKinds() {
  if (settings_.attribute_kinds == nullptr || settings_.mapping == nullptr ||
      !settings_.exports() || !context_.failure.ok()) {
    return;
  }
  const std::string version = absl::StrCat(settings_.mapping_version);
  if (!known_kinds_.has_value()) {
    const auto noted = context_.ledger.Note(kAttributeKindsNote);
    if (!context_.Check(noted.status())) return;
    noted_kinds_ = *noted;
    known_kinds_.emplace();
    const std::vector<std::string> parts = absl::StrSplit(noted_kinds_, ' ');
    for (size_t i = 1; i < parts.size() && parts[0] == version; ++i) {
      const std::pair<std::string, std::string> known =
          absl::StrSplit(parts[i], absl::MaxSplits('=', 1));
      (*known_kinds_)[known.first] = absl::StrSplit(known.second, ',');
    }
  }
  const AttributeKinds shown = settings_.attribute_kinds();
  for (const std::string& attribute : settings_.mapping->attributes()) {
    const auto kinds = shown.find(attribute);
    if (kinds == shown.end()) continue;
    AttributeKindSet& seen = seen_kinds_[attribute];
    Widen(kinds->second, &seen);
    // Of one that is new here all kinds are learned: it may be of a composite type.
    const auto known = known_kinds_->find(attribute);
    if (known == known_kinds_->end()) continue;
    for (const AttributeKind kind : seen) {
      if (known->second.count(NameOf(kind)) > 0) continue;
      // Some of the texts look like dates, until all rows have shown dates alone.
      if (kind == AttributeKind::kDate && known->second.count(kTextName) > 0) continue;
      TellRetyped(attribute, kind);
    }
  }
  NoteAttributeKinds(/*all=*/false);
}

void ExportMachine::TellRetyped(const std::string& attribute, AttributeKind kind) {
  tally_.AddNoticeOf("attribute", "MAPPED_ATTRIBUTE_RETYPED",
                     {{"attribute", attribute},
                      {"type", NameOf(kind)},
                      {"version", absl::StrCat(settings_.mapping_version)}});
}

void ExportMachine::NoteAttributeKinds(bool all) {
  if (seen_kinds_.empty() || !settings_.writes()) return;
  std::map<std::string, std::set<std::string>> kinds = *known_kinds_;
  for (const auto& [attribute, seen] : seen_kinds_) {
    std::set<std::string>& types = kinds[attribute];
    const bool texts = types.count(kTextName) > 0;
    if (all && texts && seen == AttributeKindSet{AttributeKind::kDate}) {
      TellRetyped(attribute, AttributeKind::kDate);
    }
    if (all) types.clear();
    for (const AttributeKind kind : seen) {
      if (all || !texts || kind != AttributeKind::kDate) types.insert(NameOf(kind));
    }
  }
  std::string now = absl::StrCat(settings_.mapping_version);
  for (const auto& [attribute, types] : kinds) {
    absl::StrAppend(&now, " ", attribute, "=", absl::StrJoin(types, ","));
  }
  if (now == noted_kinds_) return;
  noted_kinds_ = now;
  context_.Check(context_.ledger.SetNote(kAttributeKindsNote, now));
}

void ExportMachine::RetryRefused(
    const std::map<std::string, ContactFieldShape>& fields) {
  const auto noted = context_.ledger.Note(kRefusedWithNote);
  if (!context_.Check(noted.status())) return;
  const std::pair<std::string, std::string> before =
      absl::StrSplit(*noted, absl::MaxSplits(' ', 1));
  const std::string version = absl::StrCat(settings_.mapping_version);
  std::string shapes;
  for (const auto& [name, shape] : fields) {
    absl::StrAppend(&shapes, name, "=", shape.type, shape.read_only ? " read-only" : "",
                    shape.required ? " required\n" : "\n");
  }
  const bool mapping_is_new = before.first != version;
  // A portal that does not say has the fields that it had.
  const std::string digest = fields.empty() ? before.second : Sha256Hex(shapes);
  if (!mapping_is_new && digest == before.second) return;
  if (!settings_.writes()) {
    retries_refused_ = true;
    retries_dropped_ = mapping_is_new;
    return;
  }
  if (!context_.Check(context_.ledger.RetryRefused(/*dropped=*/mapping_is_new))) return;
  context_.Check(
      context_.ledger.SetNote(kRefusedWithNote, absl::StrCat(version, " ", digest)));
}

}  // namespace guestbridge::agent
