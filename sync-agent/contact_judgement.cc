#include "sync-agent/contact_judgement.h"

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/status/status_macros.h"
#include "sync-agent/contact_mark.h"
#include "sync-agent/contact_writes.h"
#include "sync-agent/export/contact_verdict.h"
#include "sync-agent/export/gone_check.h"
#include "sync-agent/export/hand_link.h"
#include "sync-agent/export/rebuilder.h"
#include "sync-agent/export/survivor_verdict.h"
#include "sync-agent/integration_report.h"
#include "sync-agent/ledger_portal.h"
#include "sync-agent/plan/update.h"

namespace guestbridge::agent {

namespace v1 = guestbridge::v1;

namespace {

// The explanation is worth more than this part of it.
constexpr absl::Duration kLongestLook = absl::Seconds(20);
constexpr int kMostWitnesses = 50;  // in one command

bool Has(const std::vector<ContactId>& ids, ContactId id) {
  return std::find(ids.begin(), ids.end(), id) != ids.end();
}

bool IsLive(const KnownClient& known) {
  return known.record.has_value() && known.record->link == LinkState::kLive;
}

Parameters About(ContactId contact) {
  return {{"contact", absl::StrCat(contact.value())}};
}

void Note(const char* rule, const char* reason, Parameters parameters,
          Decision* decision) {
  decision->rules.push_back(
      {rule, RuleTrace::Verdict::kNote, reason, std::move(parameters)});
}

void Stop(const char* rule, const char* reason, Parameters parameters,
          Decision* decision, PlannedAction action = PlannedAction::kSkip) {
  decision->rules.push_back({rule, RuleTrace::Verdict::kStop, reason, parameters});
  decision->action = action;
  decision->reason = reason;
  decision->parameters = std::move(parameters);
  for (FieldDecision& field : decision->fields) field.changed = false;
}

void Make(PlannedAction action, Decision* decision) {
  decision->action = action;
  for (FieldDecision& field : decision->fields) {
    field.changed = !field.field.sent_value.empty();
  }
}

// Runs look at such a client anew (export/export_decisions.cc), and delete nothing of
// somebody else's (export/deleter.h).
void MindStranger(const ContactRow& row, const Stamp& mark, const KnownClient& known,
                  Decision* decision) {
  if (!IsLive(known) || CarriesMark(row, mark)) return;
  const ClientRecord& record = *known.record;
  if (decision->action == PlannedAction::kDelete) {
    Stop("deletion-mark", kMarkedContactNotOurs, About(record.contact), decision);
    return;
  }
  // An update that needs no reading stamps the contact without a look.
  const bool read = decision->action == PlannedAction::kUpdate && decision->read_first;
  if (read || IsStranger(row, mark, record.dirty)) {
    LookAtStranger(record.contact, decision);
  }
}

// Whose the contact is by the ledger. In a run a client whose contact bears another
// client's mark is a stranger to it by then.
absl::StatusOr<ContactCase::Owner> OwnerOf(const ContactRow& row, const ClientKey& key,
                                           const Stamp& mark, const KnownClient& known,
                                           const TaskParts& parts) {
  if (known.elsewhere) return ContactCase::Owner::kNobody;
  GB_ASSIGN_OR_RETURN(const auto owner, parts.ledger.ClientOf(row.id));
  if (!owner.has_value() || *owner == key) return ContactCase::Owner::kNobody;
  GB_ASSIGN_OR_RETURN(const auto by_hand, OwnerByHand(row.id, parts.ledger));
  if (by_hand.has_value()) return ContactCase::Owner::kByHand;
  GB_ASSIGN_OR_RETURN(const auto record, parts.ledger.Get(*owner));
  const bool dirty = record.has_value() && record->dirty;
  const Stamp owners{mark.originator, owner->guid(), ""};
  return IsStranger(row, owners, dirty) ? ContactCase::Owner::kStranger
                                        : ContactCase::Owner::kAnother;
}

// Of a contact that may stand in place of the client's own, which is gone.
absl::StatusOr<ContactCase::Owner> OwnerInPlaceOf(const ContactRow& row,
                                                  const ClientKey& key,
                                                  const Stamp& mark,
                                                  const KnownClient& known,
                                                  const TaskParts& parts) {
  GB_ASSIGN_OR_RETURN(const ContactCase::Owner owner,
                      OwnerOf(row, key, mark, known, parts));
  if (owner != ContactCase::Owner::kStranger || !known.record.has_value()) return owner;
  return IsMadeFor(row, *known.record) ? ContactCase::Owner::kNobody : owner;
}

void FollowTo(const Survivor& survivor, ClientRecord* record) {
  Follow(survivor, record);
  record->dirty = true;
  record->write_back = WriteBackState::kPending;
}

// The answers to one request of at most 50 commands; of none, none. One that did not
// come says of each command that nothing is known.
std::vector<CommandResult> AskTogether(std::vector<Command> commands,
                                       const TaskParts& parts) {
  if (commands.empty()) return {};
  const size_t asked = commands.size();
  PortalAnswer answer = AskToRead(std::move(commands), parts, kLongestLook);
  if (answer.fate != RequestFate::kAnswered || answer.results.size() != asked) {
    return std::vector<CommandResult>(asked);
  }
  return std::move(answer.results);
}

// Contacts of ours: who is shown one of them sees what there is. Of another portal none
// are known.
absl::StatusOr<std::vector<ContactId>> Witnesses(const KnownClient& known,
                                                 const TaskParts& parts) {
  std::vector<ContactId> ids;
  if (known.elsewhere) return ids;
  GB_ASSIGN_OR_RETURN(const auto live,
                      parts.ledger.LiveContacts(ContactId(), kMostWitnesses - 1));
  for (const WriteBackItem& item : live) ids.push_back(item.contact);
  GB_ASSIGN_OR_RETURN(const ContactId newest, parts.ledger.Witness());
  if (newest.exists() && !Has(ids, newest)) ids.push_back(newest);
  return ids;
}

// As a run proves it: export/gone_check.h.
bool SeesAll(const CommandResult& profile, const CommandResult& shown,
             const std::vector<ContactId>& witnesses) {
  if (profile.fate == Fate::kDone && (profile.admin || profile.admin_unsaid)) {
    return true;
  }
  return std::any_of(shown.rows.begin(), shown.rows.end(),
                     [&](const ContactRow& row) { return Has(witnesses, row.id); });
}

// `displaced`: LookThrough's. Nothing: the portal does not tell. A contact that it
// called gone to somebody who may not see all of them is unread.
absl::StatusOr<std::optional<OriginLook>> LookByOrigin(
    const ClientKey& key, const Stamp& mark, const KnownClient& known,
    const TaskParts& parts, bool displaced, SeenContact* seen) {
  GB_ASSIGN_OR_RETURN(const std::vector<ContactId> witnesses, Witnesses(known, parts));
  ListContacts by_origin;
  by_origin.origin = mark;
  by_origin.select.assign(std::begin(kNames), std::end(kNames));
  std::vector<Command> commands = {GetProfile{}, std::move(by_origin)};
  if (!witnesses.empty()) {
    ListContacts ours;
    ours.ids = witnesses;
    commands.emplace_back(std::move(ours));
  }
  std::vector<CommandResult> answers = AskTogether(std::move(commands), parts);
  if (witnesses.empty()) answers.emplace_back();
  const bool exists = seen->state == v1::PortalContact::READ;
  if (!SeesAll(answers[0], answers[2], witnesses)) {
    if (exists) return std::nullopt;
    seen->state = v1::PortalContact::UNREAD;
    seen->why = ToExplanation("CONTACT_UNREADABLE", About(seen->id));
    return std::nullopt;
  }
  const CommandResult& listed = answers[1];
  if (listed.fate != Fate::kDone || !listed.complete_page || !listed.last_page) {
    return std::nullopt;
  }
  std::vector<ContactRow> got;
  if (exists) got.push_back(seen->row);
  absl::Status failure;
  OriginLook look = LookThrough(
      listed.rows, got, seen->id, mark, displaced, [&](const ContactRow& row) {
        const auto owner = displaced || row.id == seen->id
                               ? OwnerOf(row, key, mark, known, parts)
                               : OwnerInPlaceOf(row, key, mark, known, parts);
        failure.Update(owner.status());
        return owner.value_or(ContactCase::Owner::kAnother);
      });
  GB_RETURN_IF_ERROR(failure);
  return look;
}

// What the rules say where the contact is not the client's.
void Tell(ContactVerdict verdict, const SeenContact& seen, const TaskParts& parts,
          Decision* decision) {
  const bool gone = seen.state == v1::PortalContact::GONE;
  const GoneContactPolicy policy = parts.sides.settings.policies.gone_contact;
  switch (verdict) {
    case ContactVerdict::kAdd:
    case ContactVerdict::kCreatedOff:
      // An ID of an earlier portal may lead nowhere here.
      if (!gone) Note("ledger", "CONTACT_NOT_THIS_GUEST", About(seen.id), decision);
      break;
    case ContactVerdict::kRecreate:
    case ContactVerdict::kDeletedOff:
      Note("ledger", "CONTACT_GONE", About(seen.id), decision);
      break;
    case ContactVerdict::kLookAtOwn:
      if (!gone) Note("ledger", "CONTACT_NOT_THIS_GUEST", About(seen.id), decision);
      Note("ledger", "MATCHED_BY_ORIGIN", {}, decision);
      return;
    default:
      break;
  }
  switch (verdict) {
    case ContactVerdict::kAdd:
      Make(PlannedAction::kAdd, decision);
      return;
    case ContactVerdict::kRecreate:
      Make(PlannedAction::kRecreate, decision);
      return;
    case ContactVerdict::kCreatedOff:
      Stop("events", "EVENT_OFF", {{"event", "client-created"}}, decision);
      return;
    case ContactVerdict::kDeletedOff:
      Stop("events", "EVENT_OFF", {{"event", "contact-deleted"}}, decision);
      return;
    case ContactVerdict::kLeftByPolicy:
      Stop("gone-contact", GoneContactReason(policy), About(seen.id), decision,
           policy == GoneContactPolicy::kAsk ? PlannedAction::kDefer
                                             : PlannedAction::kSkip);
      return;
    case ContactVerdict::kMarkedNotOurs:
      Stop("deletion-mark", kMarkedContactNotOurs, About(seen.id), decision);
      return;
    case ContactVerdict::kMarkedGone:
      Stop("deletion-mark", kMarkedContactGone, About(seen.id), decision);
      return;
    case ContactVerdict::kContradicted:
      Stop("ledger", "CONTACT_READ_INCOMPLETE", About(seen.id), decision,
           PlannedAction::kDefer);
      return;
    case ContactVerdict::kUnreadable:
      Stop("ledger", "CONTACT_UNREADABLE", About(seen.id), decision,
           PlannedAction::kDefer);
      return;
    case ContactVerdict::kTheirs:
    case ContactVerdict::kLookByOrigin:
    case ContactVerdict::kLookAtOwn:
      return;
  }
}

// What the rules say once a survivor was looked for.
void Tell(const SurvivorVerdict& verdict, const TaskParts& parts, Decision* decision) {
  const auto drop = [&](const char* rule) {
    std::erase_if(decision->rules,
                  [&](const RuleTrace& trace) { return trace.rule == rule; });
  };
  for (const ContactId survivor : verdict.survivors) {
    Note("gone-contact", "CONTACT_TOOK_OVER", About(survivor), decision);
  }
  switch (verdict.what) {
    case SurvivorVerdict::What::kLinked:
      drop("robots");  // of new contacts
      decision->action = PlannedAction::kRelink;
      return;
    case SurvivorVerdict::What::kLeft:
      drop("gone-contact");
      Stop("gone-contact",
           GoneContactReason(parts.sides.settings.policies.gone_contact),
           About(decision->contact), decision);
      return;
    case SurvivorVerdict::What::kPutOff:
      Stop("gone-contact", "CONTACT_READ_INCOMPLETE", About(decision->contact),
           decision, PlannedAction::kDefer);
      return;
    case SurvivorVerdict::What::kRecreated:
    case SurvivorVerdict::What::kAsked:
      return;  // as was decided
  }
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
  forgotten.mapping_version = known.record->mapping_version;
  known.record = std::move(forgotten);
  return known;
}

absl::Status RestoreLink(const ClientKey& key, const TaskParts& parts,
                         KnownClient* known) {
  GB_ASSIGN_OR_RETURN(const std::string cold, parts.ledger.Note(kColdNote));
  if (!known->elsewhere && cold.empty()) return absl::OkStatus();
  std::optional<ClientRecord>& record = known->record;
  if (record.has_value() &&
      (record->link == LinkState::kErased || record->reason == kClientUnlinked)) {
    return absl::OkStatus();
  }
  GB_ASSIGN_OR_RETURN(const Stamp mark, MarkOf(key, parts));
  auto listed = ListMarked(mark, parts, kLongestLook);
  if (!listed.ok()) return absl::OkStatus();
  // As a scan meets them.
  std::sort(listed->begin(), listed->end(),
            [](const ContactRow& a, const ContactRow& b) { return a.id < b.id; });
  for (const ContactRow& row : *listed) {
    if (IsLive(*known)) {
      Refresh(row, &*record);
      continue;
    }
    GB_ASSIGN_OR_RETURN(const auto owner, parts.ledger.ClientOf(row.id));
    if (!known->elsewhere && owner.has_value() && *owner != key) continue;
    if (!record.has_value()) record.emplace().key = key;
    Restore(row, &*record);
    record->write_back = WriteBackState::kPending;
  }
  return absl::OkStatus();
}

absl::StatusOr<bool> FollowOrLose(const ClientKey& key, const TaskParts& parts,
                                  KnownClient* known, SeenContact* seen) {
  GB_ASSIGN_OR_RETURN(const Stamp mark, MarkOf(key, parts));
  const bool back = seen->state == v1::PortalContact::READ && !IsLive(*known);
  if (back) {
    GB_ASSIGN_OR_RETURN(const ContactCase::Owner owner,
                        OwnerOf(seen->row, key, mark, *known, parts));
    switch (JudgeReturned(seen->row, mark, known->pair, owner)) {
      case Returned::kTheirs:
        FollowTo(SurvivorOf(seen->row), &*known->record);
        return true;
      case Returned::kUntold:
        return false;
      case Returned::kNotTheirs:
        break;
    }
  } else if (seen->state != v1::PortalContact::GONE) {
    return false;
  }
  GB_ASSIGN_OR_RETURN(
      const std::optional<OriginLook> look,
      LookByOrigin(key, mark, *known, parts, /*displaced=*/false, seen));
  if (!look.has_value() || look->in_place) return false;
  if (look->own.has_value()) {
    FollowTo(*look->own, &*known->record);
    *seen = LookAtContact(look->own->id, parts);
  } else {
    known->record->link = LinkState::kLost;
  }
  return true;
}

void PutOff(const SeenContact& seen, Decision* decision) {
  const bool exists = seen.state == v1::PortalContact::READ;
  Stop("ledger", exists ? "CONTACT_READ_INCOMPLETE" : "CONTACT_UNREADABLE",
       About(seen.id), decision, PlannedAction::kDefer);
}

absl::Status ForeseeSurvivor(const KnownClient& known, const TaskParts& parts,
                             SeenContact* seen, Decision* decision) {
  const bool looked_for = decision->action == PlannedAction::kRecreate ||
                          decision->action == PlannedAction::kRelink ||
                          decision->action == PlannedAction::kDefer;
  if (!decision->contact_gone || !looked_for) return absl::OkStatus();
  GB_ASSIGN_OR_RETURN(const Stamp mark, MarkOf(decision->key, parts));
  const ValueDigests& exported = known.record->exported.values;
  SurvivorCase of =
      MakeSurvivorCase(*decision, exported, mark, parts.mapping()->default_region());
  std::vector<Command> find;
  for (FindContacts& one : FindCommands(of)) find.emplace_back(std::move(one));
  for (const CommandResult& found : AskTogether(std::move(find), parts)) {
    TakeFound(found, &of);
  }
  std::map<ContactId, ContactRow> rows;
  if (!of.unanswered) {
    std::set<std::string> select;
    for (std::string& name : FieldsOfCandidates(*decision)) {
      select.insert(std::move(name));
    }
    const std::vector<CommandResult> read =
        AskTogether(ReadCommands(of.candidates, select), parts);
    of.unanswered = !ShowAll(read, of.candidates);
    for (const CommandResult& result : read) {
      for (const ContactRow& row : result.rows) rows.emplace(row.id, row);
    }
  }
  absl::Status failure;
  const SurvivorVerdict verdict =
      JudgeSurvivors(*decision, of, rows, known.pair.refused, [&](ContactId id) {
        const auto owner = parts.ledger.ClientOf(id);
        failure.Update(owner.status());
        return !owner.ok() || (owner->has_value() && **owner != decision->key);
      });
  GB_RETURN_IF_ERROR(failure);
  Tell(verdict, parts, decision);
  if (verdict.what != SurvivorVerdict::What::kLinked) return absl::OkStatus();
  const ContactId survivor = verdict.survivors.front();
  MarkChanged(MakeUpdate(*decision, rows.at(survivor), exported,
                         /*compare_fields=*/true),
              decision);
  decision->contact = survivor;
  *seen = LookAtContact(survivor, parts);
  return absl::OkStatus();
}

absl::Status ForeseeContact(const KnownClient& known, const TaskParts& parts,
                            SeenContact* seen, Decision* decision) {
  const IntegrationSettings& settings = parts.sides.settings;
  const ContactRules rules{settings.events, settings.policies,
                           parts.mapping()->default_region()};
  bool looked_before = false;
  // The contact, and the one that a look by origin shows in its place.
  for (int looks = 0; looks < 2; ++looks) {
    const bool gone = seen->state == v1::PortalContact::GONE;
    if (!gone && seen->state != v1::PortalContact::READ) return absl::OkStatus();
    if (gone && decision->action != PlannedAction::kCheckStored)
      return absl::OkStatus();
    GB_ASSIGN_OR_RETURN(const Stamp mark, MarkOf(decision->key, parts));
    if (!gone) MindStranger(seen->row, mark, known, decision);
    if (decision->action != PlannedAction::kCheckStored) return absl::OkStatus();

    ContactCase of;
    of.mark = mark;
    of.record = known.record;
    of.pair = known.pair;
    of.of_earlier_portal = !IsLive(known) && Has(known.earlier, seen->id);
    of.gone = gone;
    of.looked_before = looked_before;
    if (!gone) {
      of.row = &seen->row;
      GB_ASSIGN_OR_RETURN(of.owner,
                          OwnerOf(seen->row, decision->key, mark, known, parts));
    }
    ContactVerdict verdict = JudgeContact(*decision, of, rules);
    std::optional<OriginLook> look;
    if (verdict == ContactVerdict::kLookByOrigin) {
      GB_ASSIGN_OR_RETURN(look, LookByOrigin(decision->key, mark, known, parts,
                                             /*displaced=*/!gone, seen));
      if (!look.has_value()) {
        PutOff(*seen, decision);
        return absl::OkStatus();
      }
      of.row = nullptr;
      of.by_origin = &*look;
      verdict = JudgeContact(*decision, of, rules);
    }
    Tell(verdict, *seen, parts, decision);
    if (verdict != ContactVerdict::kLookAtOwn) return absl::OkStatus();
    looked_before = looked_before || !gone;
    decision->contact = look->own->id;
    *seen = LookAtContact(look->own->id, parts);
  }
  return absl::OkStatus();
}

}  // namespace guestbridge::agent
