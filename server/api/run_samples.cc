#include "server/api/run_samples.h"

#include <algorithm>
#include <string>

#include "absl/strings/str_cat.h"

namespace guestbridge::server {
namespace {

void Join(const std::string& value, std::string* values) {
  if (value.empty()) return;
  absl::StrAppend(values, values->empty() ? "" : "\n", value);
}

bool IsPlanned(const v1::PlannedClient& planned, const std::string& target) {
  const auto& fields = planned.fields();
  return std::find(fields.begin(), fields.end(), target) != fields.end();
}

v1::FieldChange& ChangeOf(const std::string& target, v1::RunSample* sample) {
  for (v1::FieldChange& change : *sample->mutable_fields()) {
    if (change.target() == target) return change;
  }
  v1::FieldChange& change = *sample->add_fields();
  change.set_target(target);
  return change;
}

// Decisions that write nothing.
bool IsLeft(const std::string& decision) {
  return decision == "UNCHANGED" || decision == "SKIP" || decision == "FAIL" ||
         decision == "DEFER";
}

}  // namespace

bool IsWritten(const v1::PlannedClient& planned) {
  return planned.outcome() == "ADDED" || planned.outcome() == "UPDATED" ||
         planned.outcome() == "RECREATED";
}

v1::RunSample MakeRunSample(const v1::PlannedClient& planned,
                            const v1::ExplainedClient& found) {
  v1::RunSample sample;
  sample.set_client(planned.client());
  sample.set_outcome(planned.outcome());
  if (!found.has_explanation()) {
    v1::Explanation& why = *sample.mutable_explanation();
    why.set_reason(found.error().reason());
    *why.mutable_parameters() = found.error().parameters();
    return sample;
  }
  const v1::ClientExplanation& explanation = found.explanation();
  const v1::PortalContact& portal = explanation.portal();
  if (IsLeft(explanation.decision())) {
    *sample.mutable_explanation() = explanation.summary();
    return sample;
  }
  if (portal.state() == v1::PortalContact::UNREAD) {
    *sample.mutable_explanation() = portal.explanation();
    return sample;
  }
  if (portal.state() == v1::PortalContact::READ) sample.set_contact(portal.contact());
  for (const v1::FieldOutcome& field : explanation.fields()) {
    const bool updates = planned.outcome() == "UPDATED";
    if (updates && !IsPlanned(planned, field.target())) continue;
    if (field.portal_value().empty() && field.sent_value().empty() && !updates) {
      continue;
    }
    v1::FieldChange& change = ChangeOf(field.target(), &sample);
    Join(field.portal_value(), change.mutable_before());
    Join(field.sent_value(), change.mutable_after());
  }
  return sample;
}

}  // namespace guestbridge::server
