#include "sync-agent/export/run_context.h"

#include <algorithm>
#include <utility>

#include "sync-agent/export/hand_link.h"
#include "sync-agent/model/origin.h"

namespace guestbridge::agent {

Stamp MakeStamp(const RunContext& context, const Decision& decision,
                const std::string& nonce) {
  OriginVersion version;
  version.nonce = nonce;
  version.revision = decision.revision;
  version.content_hash = decision.digest.hash;
  version.values = ValuesToName(decision.key, decision.content, decision.digest);
  return {context.settings.originator, decision.key.guid(),
          EncodeOriginVersion(version)};
}

ContactId RunContext::SawNewest(const std::vector<ContactRow>& rows) {
  std::vector<ContactId> ids;
  ids.reserve(rows.size());
  for (const ContactRow& row : rows) ids.push_back(row.id);
  std::sort(ids.begin(), ids.end());
  while (ids.size() > 1 &&
         ids.back().value() - ids[ids.size() - 2].value() > kMostIdGap) {
    ids.pop_back();
  }
  const ContactId newest = ids.empty() ? ContactId() : ids.back();
  high = std::max(high, newest);
  return newest;
}

bool RunContext::Settle(absl::Span<const Settlement> settlements) {
  const auto before = ledger.Settle(settlements);
  if (!Check(before.status())) return false;
  for (size_t i = 0; i < settlements.size(); ++i) {
    const Settlement& one = settlements[i];
    if (one.outcome != Outcome::kNone) {
      tally.Moved(one.key, (*before)[i], one.outcome);
    }
  }
  return true;
}

absl::StatusOr<std::optional<ClientRecord>> RunContext::RecordOf(const ClientKey& key) {
  const auto seen = overlay.find(key);
  if (seen != overlay.end()) return std::optional<ClientRecord>(seen->second);
  return ledger.Get(key);
}

bool RunContext::HasChanged(const ClientKey& key) {
  const auto record = ledger.Get(key);
  if (!Check(record.status()) || !record->has_value()) return false;
  return (*record)->run == settings.run && ((*record)->outcome == Outcome::kUpdated ||
                                            (*record)->outcome == Outcome::kRecreated);
}

bool RunContext::IsAnothers(ContactId contact, const ClientKey& client,
                            bool of_strangers) {
  auto owner = ledger.ClientOf(contact);
  if (!Check(owner.status())) return true;
  if (const auto claim = claimed.find(contact); claim != claimed.end()) {
    *owner = claim->second;
  }
  if (!owner->has_value() || **owner == client) return false;
  if (of_strangers && IsStrangerTo(**owner, contact)) return false;
  if (!failure.ok()) return true;
  tally.AddNotice(
      "CONTACT_LINKED_ELSEWHERE",
      {{"contact", std::to_string(contact.value())}, {"client", (*owner)->guid()}});
  return true;
}

bool RunContext::IsStrangerTo(const ClientKey& owner, ContactId contact) {
  if (strangers.count(owner) == 0) return false;
  const auto by_hand = OwnerByHand(contact, ledger);
  return Check(by_hand.status()) && *by_hand != owner;
}

bool RunContext::TakeFrom(const ClientKey& owner, ContactId contact) {
  if (settings.dry_run) return true;
  const auto known = ledger.Get(owner);
  if (!Check(known.status()) || !known->has_value()) return false;
  ClientRecord record = **known;
  // As if 1C held the ID: should this process die now, the next one looks for the
  // client's own contact, too. To 1C the ID is not written any more.
  record.link = LinkState::kNew;
  record.contact = ContactId();
  record.proposed = contact;
  record.dirty = true;
  bool taken = false;
  const absl::Status kept = ledger.Together(
      [&] { taken = Check(ledger.Unlink(owner)) && Check(ledger.Put({record})); });
  return Check(kept) && taken;
}

bool RunContext::Reclaim(const ClientKey& client, ContactId contact) {
  const auto owner = ledger.ClientOf(contact);
  if (!Check(owner.status())) return false;
  if (!owner->has_value() || **owner == client) return true;
  const auto by_hand = OwnerByHand(contact, ledger);
  if (!Check(by_hand.status())) return false;
  if (by_hand->has_value()) return !IsAnothers(contact, client);
  strangers.insert(**owner);
  if (!TakeFrom(**owner, contact)) return false;
  Reconsider(**owner);
  if (settings.exports()) late_strangers.insert(**owner);
  return true;
}

bool RunContext::Keep(const ClientRecord& record) {
  if (settings.dry_run) {
    overlay[record.key] = record;
    return true;
  }
  return Check(record.link == LinkState::kLive
                   ? ledger.Link(record, ContactId(),
                                 Tell(HistoryKind::kAdopted, "CONTACT_FOLLOWED"))
                   : ledger.Put({record}));
}

HistoryEntry RunContext::Tell(HistoryKind kind, std::string reason) const {
  HistoryEntry entry;
  entry.kind = kind;
  entry.unix_time = absl::ToUnixSeconds(now.wall);
  entry.run = settings.run;
  entry.mapping_version = settings.mapping_version;
  entry.reason = std::move(reason);
  return entry;
}

void RunContext::Defer(const ClientKey& key, const std::string& reason,
                       Parameters parameters) {
  busy.erase(key);
  const auto known = ledger.Get(key);
  if (!Check(known.status())) return;
  ClientRecord record = known->value_or(ClientRecord{});
  record.key = key;
  record.dirty = true;
  // What a person was asked stays said: the reason tells what the client waits for.
  if (record.link != LinkState::kReview) {
    record.reason = reason;
    record.parameters = std::move(parameters);
  }
  record.problem = Outcome::kDeferred;
  tally.Mark(&record, Outcome::kDeferred);
  if (!settings.dry_run) Check(ledger.Put({record}));
}

void RunContext::Doubt(const Decision& decision, bool answered) {
  busy.erase(decision.key);
  doubts.Add(decision.key, now.steady + SettleTime());
  auto record = ledger.Get(decision.key);
  if (!Check(record.status()) || !record->has_value()) return;
  ClientRecord& known = **record;
  if (answered && known.answered_refusals > 0 &&
      known.refused_hash == decision.digest.hash) {
    const auto attempt = ledger.AttemptOf(decision.key);
    if (!Check(attempt.status())) return;
    known.reason = "PORTAL_REFUSED";
    known.parameters = attempt->has_value() ? RefusalOf(**attempt) : Parameters();
    if (decision.action == PlannedAction::kDelete) {
      known.reason = kMarkedContactNotDeleted;
      known.parameters = {{"contact", std::to_string(decision.contact.value())}};
    }
    known.problem = Outcome::kFailed;
    tally.Mark(&known, Outcome::kFailed);
    tally.AddFailure(known.key, known.reason, known.parameters);
  } else {
    tally.Mark(&known, Outcome::kDeferred);
  }
  Check(ledger.Put({known}));
}

std::string MakeNonce(Random& random) { return RandomToken(random, 8); }

}  // namespace guestbridge::agent
