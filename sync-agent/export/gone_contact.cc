#include "sync-agent/export/gone_contact.h"

#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "sync-agent/plan/match.h"

namespace guestbridge::agent {

void LeaveWithoutContact(RunContext& context, const Decision& decision,
                         std::vector<ContactId> candidates) {
  const GoneContactPolicy policy = context.settings.policies.gone_contact;
  const bool ask = policy == GoneContactPolicy::kAsk;
  const Outcome outcome = ask ? Outcome::kDeferred : Outcome::kSkipped;
  const std::string reason = GoneContactReason(policy);
  const Parameters parameters = {{"contact", absl::StrCat(decision.contact.value())}};
  context.busy.erase(decision.key);
  if (context.settings.dry_run) {
    context.tally.Count(outcome);
    context.plan.Leave(decision.key, outcome, reason, parameters);
    return;
  }
  const auto known = context.ledger.Get(decision.key);
  if (!context.Check(known.status())) return;
  ClientRecord record = known->value_or(ClientRecord{});
  record.key = decision.key;
  record.dirty = false;
  record.reason = reason;
  record.parameters = parameters;
  record.problem = outcome;
  record.version = decision.version;
  // A survivor may turn up though the client's row stays as it is.
  if (policy == GoneContactPolicy::kRelink) record.version.clear();
  if (ask) {
    record.link = LinkState::kReview;
    record.contact = decision.contact;
    record.proposed = ContactId();
    const auto pair = context.ledger.Pair(decision.key);
    if (!context.Check(pair.status())) return;
    PairNote note;
    if (pair->has_value()) note.refused = (*pair)->refused;
    if (!candidates.empty()) {
      note.found_by = "CONTACT_FOLLOWED";
      note.certainty = static_cast<int>(Certainty::kReview);
      note.candidates = std::move(candidates);
    }
    if (!context.Check(context.ledger.SetPair(decision.key, note))) return;
  }
  context.tally.Mark(&record, outcome);
  context.Check(context.ledger.Put({record}));
}

}  // namespace guestbridge::agent
