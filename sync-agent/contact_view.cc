#include "sync-agent/contact_view.h"

#include <algorithm>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_join.h"
#include "sync-agent/contact_mark.h"
#include "sync-agent/integration_report.h"
#include "sync-agent/plan/portal_form.h"
#include "sync-agent/plan/update.h"

namespace guestbridge::agent {

namespace v1 = guestbridge::v1;

namespace {

// The explanation is worth more than this part of it.
constexpr absl::Duration kLongestRead = absl::Seconds(20);

std::string FieldOf(const ContactRow& row, const std::string& name) {
  const auto field = row.fields.find(name);
  return field == row.fields.end() ? "" : field->second;
}

std::vector<std::string> HeldValues(const ContactRow& row, const std::string& target) {
  std::vector<std::string> held;
  if (const auto rows = row.multifields.find(target); rows != row.multifields.end()) {
    for (const MultiRow& one : rows->second) held.push_back(one.value);
  } else if (std::string value = FieldOf(row, target); !value.empty()) {
    held.push_back(std::move(value));
  }
  return held;
}

bool Has(const FieldPolicies::Targets& targets, const std::string& target) {
  return targets.count(target) > 0;
}

// Whether an export of everything would write the field.
bool Differs(const Decision& decision, const std::string& target,
             const std::vector<std::string>& held) {
  if (decision.policies != nullptr) {
    if (Has(decision.policies->create_only, target)) return false;
    if (Has(decision.policies->fill_empty, target) && !held.empty()) return false;
  }
  const ContactContent& content = decision.content;
  if (const auto field = content.fields.find(target); field != content.fields.end()) {
    return !IsSameField(target, held.empty() ? "" : held[0], field->second);
  }
  const auto multifield = content.multifields.find(target);
  if (multifield == content.multifields.end()) return false;  // left as it is
  // What managers added stays.
  return std::any_of(multifield->second.begin(), multifield->second.end(),
                     [&](const MultiValue& value) {
                       return std::none_of(
                           held.begin(), held.end(), [&](const std::string& one) {
                             return IsSameValue(target, one, value.value);
                           });
                     });
}

}  // namespace

SeenContact LookAtContact(ContactId contact, const TaskParts& parts) {
  SeenContact seen;
  seen.id = contact;
  if (!contact.exists()) return seen;
  auto read = AskPortal(GetContact{contact}, parts, kLongestRead);
  if (!read.ok()) {
    seen.state = v1::PortalContact::UNREAD;
    seen.why = ToExplanation(read.status());
  } else if (read->fate == Fate::kGone) {
    seen.state = v1::PortalContact::GONE;
    seen.why =
        ToExplanation("CONTACT_GONE", {{"contact", std::to_string(contact.value())}});
  } else if (read->rows.empty()) {
    seen.state = v1::PortalContact::UNREAD;
    seen.why = ToExplanation("PORTAL_ANSWER_BROKEN", {});
  } else {
    seen.state = v1::PortalContact::READ;
    seen.row = std::move(read->rows[0]);
  }
  return seen;
}

void PutPortalContact(const SeenContact& seen, const Decision& decision,
                      v1::ClientExplanation* explanation) {
  v1::PortalContact& portal = *explanation->mutable_portal();
  portal.set_contact(seen.id.value());
  portal.set_state(seen.state);
  if (!seen.why.reason().empty()) *portal.mutable_explanation() = seen.why;
  if (seen.state != v1::PortalContact::READ) return;
  std::set<std::string> targets;
  for (int i = 0; i < explanation->fields_size(); ++i) {
    v1::FieldOutcome& field = *explanation->mutable_fields(i);
    // Of several that feed one field the first shows what it holds.
    if (!targets.insert(field.target()).second) continue;
    const std::vector<std::string> held = HeldValues(seen.row, field.target());
    field.set_portal_value(absl::StrJoin(held, "\n"));
    if (!Differs(decision, field.target(), held)) continue;
    field.set_differs(true);
    portal.add_differing_fields(field.target());
  }
}

}  // namespace guestbridge::agent
