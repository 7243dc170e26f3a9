#include "sync-agent/contact_judgement.h"

#include <algorithm>
#include <string>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/status/status_macros.h"
#include "sync-agent/contact_mark.h"
#include "sync-agent/ledger_portal.h"
#include "sync-agent/plan/match.h"
#include "sync-agent/plan/update.h"

namespace guestbridge::agent {

namespace v1 = guestbridge::v1;

namespace {

bool Has(const std::vector<ContactId>& ids, ContactId id) {
  return std::find(ids.begin(), ids.end(), id) != ids.end();
}

bool IsLive(const KnownClient& known) {
  return known.record.has_value() && known.record->link == LinkState::kLive;
}

Parameters About(ContactId contact) {
  return {{"contact", absl::StrCat(contact.value())}};
}

void Stop(const char* rule, const char* reason, Parameters parameters,
          Decision* decision) {
  decision->rules.push_back({rule, RuleTrace::Verdict::kStop, reason, parameters});
  decision->action = PlannedAction::kSkip;
  decision->reason = reason;
  decision->parameters = std::move(parameters);
  for (FieldDecision& field : decision->fields) field.changed = false;
}

// Runs look at such a client anew (export/export_decisions.cc), and delete nothing of
// somebody else's (export/deleter.h).
void MindStranger(const KnownClient& known, Decision* decision) {
  const std::optional<ClientRecord>& record = known.record;
  if (!IsLive(known)) return;
  if (decision->action == PlannedAction::kDelete) {
    Stop("deletion-mark", kMarkedContactNotOurs, About(record->contact), decision);
    return;
  }
  // An update that needs no reading stamps the contact without a look.
  const bool looked_at = decision->action == PlannedAction::kUpdate
                             ? !record->dirty || decision->read_first
                             : decision->action == PlannedAction::kUnchanged;
  if (!looked_at) return;
  decision->action = PlannedAction::kCheckStored;
  decision->contact = record->contact;
}

// As the adopter judges it (export/adopter.h).
absl::StatusOr<bool> IsGuests(const ContactRow& row, const Stamp& mark,
                              const KnownClient& known, const TaskParts& parts,
                              const Decision& decision) {
  if (Has(known.pair.refused, row.id)) return false;
  const bool ours = CarriesMark(row, mark);
  if (!ours && absl::StartsWith(row.stamp.originator, kOriginatorPrefix)) return false;
  if (!known.elsewhere) {
    GB_ASSIGN_OR_RETURN(const auto owner, parts.ledger.ClientOf(row.id));
    if (owner.has_value() && *owner != decision.key) return false;
  }
  if (ours) return true;
  const std::optional<ClientRecord>& record = known.record;
  if (known.pair.candidates == std::vector<ContactId>{row.id}) {
    const bool accepted = IsLive(known) && record->contact == row.id &&
                          record->revision == 0 &&
                          known.pair.certainty > static_cast<int>(Certainty::kReview);
    if (known.pair.found_by == kLinkedByHand || accepted) return true;
  }
  if (!IsLive(known) && Has(known.earlier, row.id))
    return IsSamePerson(decision.content, row);
  return IsPlausible(decision.content, row,
                     parts.sides.settings.mapping->default_region());
}

}  // namespace

absl::StatusOr<KnownClient> FindKnown(const ClientKey& key, const TaskParts& parts) {
  KnownClient known;
  GB_ASSIGN_OR_RETURN(known.record, parts.ledger.Get(key));
  GB_ASSIGN_OR_RETURN(const auto pair, parts.ledger.Pair(key));
  known.pair = pair.value_or(PairNote{});
  GB_ASSIGN_OR_RETURN(known.earlier, parts.ledger.FormerContacts(key));
  GB_ASSIGN_OR_RETURN(known.elsewhere,
                      IsOfAnotherPortal(parts.sides.settings.portal, parts.ledger));
  if (!known.elsewhere || !known.record.has_value() ||
      known.record->link == LinkState::kErased) {
    return known;
  }
  known.earlier.push_back(known.record->contact);
  known.earlier.push_back(known.record->written);
  known.earlier.insert(known.earlier.end(), known.pair.refused.begin(),
                       known.pair.refused.end());
  known.pair = PairNote{};
  ClientRecord forgotten;
  forgotten.key = key;
  known.record = std::move(forgotten);
  return known;
}

absl::Status JudgeContact(const SeenContact& seen, const KnownClient& known,
                          const TaskParts& parts, Decision* decision) {
  if (seen.state == v1::PortalContact::GONE) {
    // It names nobody here; of another that is gone a run first looks for a survivor.
    if (decision->action != PlannedAction::kCheckStored || IsLive(known) ||
        !Has(known.earlier, seen.id)) {
      return absl::OkStatus();
    }
  } else if (seen.state == v1::PortalContact::READ) {
    GB_ASSIGN_OR_RETURN(const Stamp mark, MarkOf(decision->key, parts));
    if (!CarriesMark(seen.row, mark)) MindStranger(known, decision);
    if (decision->action != PlannedAction::kCheckStored) return absl::OkStatus();
    GB_ASSIGN_OR_RETURN(const bool guests,
                        IsGuests(seen.row, mark, known, parts, *decision));
    if (guests) return absl::OkStatus();
  } else {
    return absl::OkStatus();
  }
  if (decision->marked) {
    Stop("deletion-mark", kMarkedContactNotOurs, About(seen.id), decision);
    return absl::OkStatus();
  }
  decision->rules.push_back(
      {"ledger", RuleTrace::Verdict::kNote, "CONTACT_NOT_THIS_GUEST", About(seen.id)});
  if (!parts.sides.settings.events.client_created) {
    Stop("events", "EVENT_OFF", {{"event", "client-created"}}, decision);
    return absl::OkStatus();
  }
  decision->action = PlannedAction::kAdd;
  for (FieldDecision& field : decision->fields) {
    field.changed = !field.field.sent_value.empty();
  }
  return absl::OkStatus();
}

}  // namespace guestbridge::agent
