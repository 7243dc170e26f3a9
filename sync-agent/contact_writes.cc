#include "sync-agent/contact_writes.h"

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_join.h"

namespace guestbridge::agent {
namespace {

namespace v1 = guestbridge::v1;

void Put(const std::string& target, const std::vector<std::string>& before,
         const std::vector<std::string>& after, v1::ClientExplanation* explanation) {
  if (before == after) return;
  v1::FieldChange& change = *explanation->add_writes();
  change.set_target(target);
  change.set_before(absl::StrJoin(before, "\n"));
  change.set_after(absl::StrJoin(after, "\n"));
}

std::vector<std::string> OneOrNone(const std::string& value) {
  return value.empty() ? std::vector<std::string>() : std::vector<std::string>{value};
}

std::vector<std::string> Texts(const std::vector<MultiRow>& rows) {
  std::vector<std::string> texts;
  for (const MultiRow& row : rows) texts.push_back(row.value);
  return texts;
}

void Apply(const ContactUpdate::Value& value, std::vector<MultiRow>* rows) {
  if (value.id == 0) {
    rows->push_back({0, value.value, value.type});
    return;
  }
  const auto row = std::find_if(rows->begin(), rows->end(), [&](const MultiRow& one) {
    return one.id == value.id;
  });
  if (row == rows->end()) return;
  if (value.value.empty()) {
    rows->erase(row);
  } else {
    row->value = value.value;
  }
}

}  // namespace

std::optional<ContactUpdate> UpdateOf(const Decision& decision, const SeenContact& seen,
                                      const ValueDigests& ours) {
  if (seen.state != v1::PortalContact::READ) return std::nullopt;
  switch (decision.action) {
    case PlannedAction::kUpdate:
      return MakeUpdate(decision, seen.row, ours,
                        /*compare_fields=*/decision.changed.empty());
    case PlannedAction::kRelink:
    case PlannedAction::kCheckStored:
      return MakeUpdate(decision, seen.row, ours, /*compare_fields=*/true);
    default:
      return std::nullopt;
  }
}

void MarkChanged(const ContactUpdate& update, Decision* decision) {
  std::set<std::string> targets;
  for (const auto& [target, value] : update.fields) targets.insert(target);
  for (const ContactUpdate::Value& value : update.values) targets.insert(value.field);
  for (FieldDecision& field : decision->fields) {
    field.changed = targets.count(field.field.target) > 0;
  }
  for (RuleTrace& trace : decision->rules) {
    if (trace.reason == "CONTENT_CHANGED") {
      trace.parameters["fields"] = std::to_string(targets.size());
    }
  }
}

void PutWrites(const Decision& decision, const std::optional<ContactUpdate>& update,
               const SeenContact& seen, v1::ClientExplanation* explanation) {
  if (decision.action == PlannedAction::kAdd ||
      decision.action == PlannedAction::kRecreate) {
    for (const auto& [target, value] : decision.content.fields) {
      Put(target, {}, OneOrNone(value), explanation);
    }
    for (const auto& [target, values] : decision.content.multifields) {
      std::vector<std::string> texts;
      for (const MultiValue& value : values) texts.push_back(value.value);
      Put(target, {}, texts, explanation);
    }
    return;
  }
  if (!update.has_value()) return;
  for (const auto& [target, value] : update->fields) {
    const auto held = seen.row.fields.find(target);
    Put(target, OneOrNone(held == seen.row.fields.end() ? "" : held->second),
        OneOrNone(value), explanation);
  }
  std::map<std::string, std::vector<MultiRow>> rows;
  for (const ContactUpdate::Value& value : update->values) {
    const auto held = seen.row.multifields.find(value.field);
    const bool fresh = rows.find(value.field) == rows.end();
    std::vector<MultiRow>& then = rows[value.field];
    if (fresh && held != seen.row.multifields.end()) then = held->second;
    Apply(value, &then);
  }
  for (const auto& [target, then] : rows) {
    const auto held = seen.row.multifields.find(target);
    Put(target,
        held == seen.row.multifields.end() ? std::vector<std::string>()
                                           : Texts(held->second),
        Texts(then), explanation);
  }
}

}  // namespace guestbridge::agent
