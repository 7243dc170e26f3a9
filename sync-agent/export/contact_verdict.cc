#include "sync-agent/export/contact_verdict.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "sync-agent/export/hand_link.h"
#include "sync-agent/model/mutant.h"
#include "sync-agent/plan/match.h"
#include "sync-agent/plan/update.h"

namespace guestbridge::agent {
namespace {

bool Has(const std::vector<ContactId>& ids, ContactId id) {
  return std::find(ids.begin(), ids.end(), id) != ids.end();
}

bool IsUnread(const ContactRow& row, const char* field) {
  return std::find(row.unread.begin(), row.unread.end(), field) != row.unread.end();
}

bool IsLive(const ContactCase& known) {
  return known.record.has_value() && known.record->link == LinkState::kLive;
}

// A person's word goes before any mark, as long as the ledger keeps to it.
bool IsLinkedByHand(const ContactCase& known, ContactId contact) {
  return IsPairedByHand(known.pair, contact) && IsLive(known) &&
         known.record->contact == contact;
}

// A person's word, or a pair that was accepted and whose stamp has not arrived: not
// judged anew.
bool IsSettled(const ContactCase& known, ContactId contact) {
  if (IsPairedByHand(known.pair, contact)) return true;
  if (known.pair.candidates != std::vector<ContactId>{contact}) return false;
  return known.pair.certainty > static_cast<int>(Certainty::kReview) && IsLive(known) &&
         known.record->contact == contact && known.record->revision == 0;
}

bool IsTheirs(const Decision& decision, const ContactCase& known,
              const ContactRules& rules) {
  const ContactRow& row = *known.row;
  if (Has(known.pair.refused, row.id)) return false;
  const bool ours = CarriesMark(row, known.mark);
  if (known.owner == ContactCase::Owner::kAnother ||
      known.owner == ContactCase::Owner::kByHand) {
    return false;
  }
  if (known.owner == ContactCase::Owner::kStranger && !ours) return false;
  if (ours) return true;
  if (IsLinkedByHand(known, row.id)) return true;
  if (absl::StartsWith(row.stamp.originator, kOriginatorPrefix)) return false;
  if (IsSettled(known, row.id)) return true;
  // The same number on two portals, and the same family name, is chance.
  return known.of_earlier_portal ? IsSamePerson(decision.content, row)
                                 : IsPlausible(decision.content, row, rules.region);
}

// Nothing but a name that cannot be read speaks against it.
bool MayBeTheirs(const ContactCase& known) {
  const ContactRow& row = *known.row;
  // The same number on two portals is chance.
  return HidesName(row) && !known.of_earlier_portal &&
         known.owner == ContactCase::Owner::kNobody &&
         !Has(known.pair.refused, row.id) &&
         !absl::StartsWith(row.stamp.originator, kOriginatorPrefix);
}

ContactVerdict JudgeDisplaced(const Decision& decision, const ContactCase& known,
                              const EventSwitches& events) {
  if (known.by_origin == nullptr) {
    // IDs of an earlier portal are many, and nothing of ours stands here for them.
    const bool exported =
        IsLive(known) || (known.record.has_value() && known.record->revision > 0);
    if (!exported) return MakeAnother(decision, PlannedAction::kAdd, events);
    // What one answer called the client's own, the next does not.
    return known.looked_before ? ContactVerdict::kContradicted
                               : ContactVerdict::kLookByOrigin;
  }
  const OriginLook& look = *known.by_origin;
  if (look.in_place || (look.linked_elsewhere && !look.own.has_value())) {
    return ContactVerdict::kContradicted;
  }
  if (look.own.has_value() && !Has(known.pair.refused, look.own->id)) {
    return ContactVerdict::kLookAtOwn;
  }
  return MakeAnother(decision, PlannedAction::kAdd, events);
}

ContactVerdict JudgeGone(const Decision& decision, const ContactCase& known,
                         const ContactRules& rules) {
  if (known.by_origin == nullptr) return ContactVerdict::kLookByOrigin;
  if (known.by_origin->own.has_value()) return ContactVerdict::kLookAtOwn;
  if (decision.marked) return ContactVerdict::kMarkedGone;
  if (known.of_earlier_portal) {
    // Nobody took that contact away: the hotel moved, and the guest is new here.
    return MakeAnother(decision, PlannedAction::kAdd, rules.events);
  }
  // A person was asked about this very contact and wants a new one.
  const bool answered = Has(known.pair.refused, decision.contact);
  const bool recreate =
      answered || rules.policies.gone_contact == GoneContactPolicy::kRecreate;
  // What is switched off says so first.
  if (recreate || !rules.events.contact_deleted) {
    return MakeAnother(decision, PlannedAction::kRecreate, rules.events);
  }
  return ContactVerdict::kLeftByPolicy;
}

}  // namespace

bool CarriesMark(const ContactRow& row, const Stamp& mark) {
  return row.stamp.originator == mark.originator && row.stamp.origin == mark.origin;
}

bool HidesName(const ContactRow& row) {
  const auto family = row.fields.find("LAST_NAME");
  const bool none = family == row.fields.end() || family->second.empty();
  return IsUnread(row, "LAST_NAME") || (none && IsUnread(row, "NAME"));
}

bool IsStranger(const ContactRow& row, const Stamp& mark, bool dirty) {
  if (CarriesMark(row, mark)) return false;
  return !dirty || absl::StartsWith(row.stamp.originator, kOriginatorPrefix);
}

bool IsMadeFor(const ContactRow& row, const ClientRecord& client) {
  const auto version = DecodeOriginVersion(row.stamp.version);
  const ContentDigest& sent = client.exported;
  if (!version.ok() || sent.hash.empty() || version->content_hash != sent.hash ||
      !std::includes(sent.values.begin(), sent.values.end(), version->values.begin(),
                     version->values.end())) {
    return false;
  }
  ContactContent named;
  bool says = false;
  for (const char* field : kNames) {
    if (!sent.fields.contains(field)) continue;
    if (IsUnread(row, field)) return false;
    const auto value = row.fields.find(field);
    named.fields[field] = value == row.fields.end() ? "" : value->second;
    says = says || !named.fields[field].empty();
  }
  const Fields shown = DigestContent(client.key, named).fields;
  return says && std::all_of(shown.begin(), shown.end(), [&](const auto& one) {
           return sent.fields.at(one.first) == one.second;
         });
}

void LookAtStranger(ContactId linked, Decision* decision) {
  if (decision->action != PlannedAction::kUpdate &&
      decision->action != PlannedAction::kUnchanged) {
    return;
  }
  decision->action = PlannedAction::kCheckStored;
  decision->contact = linked;
}

Survivor SurvivorOf(const ContactRow& row) {
  const auto version = DecodeOriginVersion(row.stamp.version);
  return {row.id, version.ok() ? version->values : ValueDigests()};
}

OriginLook LookThrough(const std::vector<ContactRow>& listed,
                       const std::vector<ContactRow>& got, ContactId contact,
                       const Stamp& mark, bool displaced,
                       absl::FunctionRef<ContactCase::Owner(const ContactRow&)> owner) {
  using Owner = ContactCase::Owner;
  OriginLook look;
  const auto in_place = [&](const ContactRow& row) {
    return row.id == contact && CarriesMark(row, mark) && owner(row) != Owner::kByHand;
  };
  // One answer says that it is another's, and the next that it is not.
  look.in_place = std::any_of(got.begin(), got.end(), in_place) ||
                  std::any_of(listed.begin(), listed.end(), in_place);
  if (displaced && look.in_place) return look;
  for (const ContactRow& row : listed) {
    if (MutantActive(Mutant::kLostIsAbsent) || !CarriesMark(row, mark) ||
        row.id == contact || (look.own.has_value() && row.id >= look.own->id)) {
      continue;
    }
    switch (owner(row)) {
      case Owner::kByHand:
        break;
      case Owner::kStranger:
        look.linked_elsewhere |= !displaced;
        if (displaced) look.own = SurvivorOf(row);
        break;
      case Owner::kAnother:
        look.linked_elsewhere = true;
        break;
      case Owner::kNobody:
        look.own = SurvivorOf(row);
        break;
    }
  }
  return look;
}

Returned JudgeReturned(const ContactRow& row, const Stamp& mark, const PairNote& pair,
                       ContactCase::Owner owner) {
  const bool marked = CarriesMark(row, mark);
  if (owner == ContactCase::Owner::kByHand) return Returned::kNotTheirs;
  if (owner != ContactCase::Owner::kNobody) {
    return marked ? Returned::kUntold : Returned::kNotTheirs;
  }
  if (marked) return Returned::kTheirs;
  // No link of the ledger stands behind a person's word here: not against a mark.
  const bool by_hand = IsPairedByHand(pair, row.id) &&
                       !absl::StartsWith(row.stamp.originator, kOriginatorPrefix);
  return by_hand ? Returned::kTheirs : Returned::kNotTheirs;
}

ContactVerdict JudgeContact(const Decision& decision, const ContactCase& known,
                            const ContactRules& rules) {
  if (known.gone) return JudgeGone(decision, known, rules);
  if (known.row != nullptr && IsTheirs(decision, known, rules)) {
    return ContactVerdict::kTheirs;
  }
  const ContactVerdict verdict = JudgeDisplaced(decision, known, rules.events);
  if (verdict == ContactVerdict::kAdd && known.row != nullptr && MayBeTheirs(known)) {
    return ContactVerdict::kUnreadable;
  }
  return verdict;
}

ContactVerdict MakeAnother(const Decision& decision, PlannedAction action,
                           const EventSwitches& events) {
  if (decision.marked) return ContactVerdict::kMarkedNotOurs;
  if (action == PlannedAction::kRecreate) {
    return events.contact_deleted ? ContactVerdict::kRecreate
                                  : ContactVerdict::kDeletedOff;
  }
  return events.client_created ? ContactVerdict::kAdd : ContactVerdict::kCreatedOff;
}

}  // namespace guestbridge::agent
