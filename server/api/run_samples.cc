#include "server/api/run_samples.h"

#include <algorithm>
#include <string>

#include "absl/strings/match.h"

namespace guestbridge::server {
namespace {

// Whether the decision is still what the plan counted.
bool Fits(const std::string& outcome, const std::string& decision) {
  if (outcome == "ADDED") return decision == "ADD";
  if (outcome == "RECREATED") return decision == "RECREATE";
  return decision == "UPDATE" || decision == "RELINK" || decision == "ADOPT";
}

// Of an address the parts are written together, whichever the plan names.
bool IsPlanned(const v1::PlannedClient& planned, const std::string& target) {
  const bool part = absl::StartsWith(target, "ADDRESS");
  const auto& fields = planned.fields();
  return std::any_of(fields.begin(), fields.end(), [&](const std::string& field) {
    return field == target || (part && absl::StartsWith(field, "ADDRESS"));
  });
}

bool HasMoved(const v1::PlannedClient& planned, int mapping_version,
              const v1::ClientExplanation& found) {
  if (found.mapping_version() != mapping_version ||
      !Fits(planned.outcome(), found.decision())) {
    return true;
  }
  if (planned.outcome() != "UPDATED") return false;
  const auto& writes = found.writes();
  return std::any_of(writes.begin(), writes.end(), [&](const v1::FieldChange& change) {
    return !IsPlanned(planned, change.target());
  });
}

}  // namespace

bool IsWritten(const v1::PlannedClient& planned) {
  return planned.outcome() == "ADDED" || planned.outcome() == "UPDATED" ||
         planned.outcome() == "RECREATED";
}

v1::RunSample MakeRunSample(const v1::PlannedClient& planned, int mapping_version,
                            const v1::ExplainedClient& found) {
  v1::RunSample sample;
  sample.set_client(planned.client());
  sample.set_outcome(planned.outcome());
  v1::Explanation why;
  const v1::ClientExplanation& explanation = found.explanation();
  const v1::PortalContact& portal = explanation.portal();
  if (!found.has_explanation()) {
    why.set_reason(found.error().reason());
    *why.mutable_parameters() = found.error().parameters();
  } else if (HasMoved(planned, mapping_version, explanation)) {
    why.set_reason("SAMPLE_MOVED");
  } else if (planned.outcome() != "UPDATED" && explanation.writes().empty()) {
    // A new contact is never written without a field.
    why.set_reason("SAMPLE_UNTOLD");
  } else if (planned.outcome() == "UPDATED") {
    if (portal.state() == v1::PortalContact::READ) sample.set_contact(portal.contact());
    if (portal.state() == v1::PortalContact::UNREAD) why = portal.explanation();
  }
  if (!why.reason().empty()) {
    *sample.mutable_explanation() = why;
    return sample;
  }
  *sample.mutable_fields() = explanation.writes();
  return sample;
}

}  // namespace guestbridge::server
