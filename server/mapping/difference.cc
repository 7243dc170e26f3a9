#include "server/mapping/difference.h"

#include <algorithm>
#include <map>
#include <string>
#include <utility>

namespace guestbridge::server {
namespace {

using v1::FieldMappingChange;
using v1::FieldMappingEntry;

bool IsSameEntry(const FieldMappingEntry& a, const FieldMappingEntry& b) {
  return a.policy() == b.policy() && a.when_empty() == b.when_empty() &&
         std::equal(a.transforms().begin(), a.transforms().end(),
                    b.transforms().begin(), b.transforms().end());
}

// By target, then by source. Ordered as the entries are.
std::map<std::pair<std::string, std::string>, FieldMappingEntry> ByPair(
    v1::FieldMapping mapping) {
  NamePolicies(&mapping);
  std::map<std::pair<std::string, std::string>, FieldMappingEntry> entries;
  for (const FieldMappingEntry& entry : mapping.entries()) {
    entries.emplace(std::pair(entry.target(), entry.source()), entry);
  }
  return entries;
}

const v1::ContactField* FindField(const v1::FieldMapping& mapping,
                                  const std::string& name) {
  for (const v1::ContactField& field : mapping.contact_fields()) {
    if (field.name() == name) return &field;
  }
  return nullptr;
}

bool IsRetyped(const v1::FieldMapping& before, const v1::FieldMapping& after,
               const std::string& target) {
  const v1::ContactField* const was = FindField(before, target);
  const v1::ContactField* const is = FindField(after, target);
  if (was == nullptr || is == nullptr) return false;
  if (was->type() != is->type()) return true;
  // Phones and the like always hold several.
  return is->type() != "crm_multifield" && was->multiple() != is->multiple();
}

}  // namespace

v1::FieldMappingDiff Difference(const v1::FieldMapping& before,
                                const v1::FieldMapping& after) {
  v1::FieldMappingDiff diff;
  const auto old_entries = ByPair(before);
  auto entries = ByPair(after);
  const auto add = [&](FieldMappingChange::Kind kind, const FieldMappingEntry* was,
                       const FieldMappingEntry* is) {
    FieldMappingChange& change = *diff.add_changes();
    change.set_kind(kind);
    if (was != nullptr) *change.mutable_before() = *was;
    if (is != nullptr) *change.mutable_after() = *is;
  };
  for (const auto& [pair, was] : old_entries) {
    const auto is = entries.find(pair);
    if (is == entries.end()) {
      add(FieldMappingChange::REMOVED, &was, nullptr);
    } else if (!IsSameEntry(was, is->second) ||
               IsRetyped(before, after, was.target())) {
      add(FieldMappingChange::CHANGED, &was, &is->second);
    }
  }
  for (const auto& [pair, is] : entries) {
    if (old_entries.count(pair) == 0) add(FieldMappingChange::ADDED, nullptr, &is);
  }
  const auto key = [](const FieldMappingChange& change) {
    const FieldMappingEntry& entry =
        change.has_after() ? change.after() : change.before();
    return std::pair(entry.target(), entry.source());
  };
  std::sort(diff.mutable_changes()->begin(), diff.mutable_changes()->end(),
            [&](const auto& a, const auto& b) { return key(a) < key(b); });
  diff.set_filter_before(before.filter());
  diff.set_filter_after(after.filter());
  return diff;
}

bool IsSame(const v1::FieldMapping& a, const v1::FieldMapping& b) {
  return a.filter() == b.filter() && Difference(a, b).changes().empty();
}

google::protobuf::RepeatedPtrField<v1::ContactField> MappedFields(
    const v1::FieldMapping& draft) {
  google::protobuf::RepeatedPtrField<v1::ContactField> fields;
  for (const v1::ContactField& field : draft.contact_fields()) {
    const auto& entries = draft.entries();
    if (std::none_of(entries.begin(), entries.end(), [&](const auto& entry) {
          return entry.target() == field.name();
        })) {
      continue;
    }
    v1::ContactField& kept = *fields.Add();
    kept.set_name(field.name());
    kept.set_type(field.type());
    kept.set_multiple(field.multiple());
  }
  return fields;
}

void NamePolicies(v1::FieldMapping* mapping) {
  for (FieldMappingEntry& entry : *mapping->mutable_entries()) {
    if (entry.policy() == FieldMappingEntry::POLICY_UNSPECIFIED) {
      entry.set_policy(FieldMappingEntry::OVERWRITE);
    }
    if (entry.when_empty() == FieldMappingEntry::WHEN_EMPTY_UNSPECIFIED) {
      entry.set_when_empty(FieldMappingEntry::CLEAR);
    }
  }
}

}  // namespace guestbridge::server
