#include "sync-agent/export/adopter.h"

#include <map>
#include <memory>
#include <set>
#include <utility>
#include <vector>

#include "common/crash_point/crash_point.h"
#include "common/status/error.h"
#include "sync-agent/export/gone_contact.h"
#include "sync-agent/export/hand_link.h"
#include "sync-agent/plan/match.h"

namespace guestbridge::agent {
namespace {

constexpr size_t kIdsPerCommand = 50;

}  // namespace

std::optional<PortalLane::Job> Adopter::Next() {
  if (queue_.empty()) return std::nullopt;
  // Several clients may hold one ID (merged cards): each is judged on its own.
  auto items = std::make_shared<std::multimap<ContactId, Decision>>();
  PortalLane::Job job;
  ListContacts list;
  std::set<std::string> select = {"NAME", "LAST_NAME", "SECOND_NAME", "PHONE", "EMAIL"};
  const auto commands =
      static_cast<size_t>(context_.lane.CommandsPerRequest("crm.contact.list"));
  size_t together = ReadsApart::kAnyNumber;
  while (!queue_.empty() && items->size() < kIdsPerCommand * commands &&
         job.commands.size() < commands) {
    const ContactId contact = queue_.front().contact;
    if (items->empty()) together = apart_.Most(contact);
    if (items->size() == together || apart_.Most(contact) != together) break;
    const bool own_command = apart_.OwnCommand(contact);
    if (own_command && !list.ids.empty()) {
      job.commands.push_back(std::exchange(list, ListContacts{}));
    }
    Decision decision = std::move(queue_.front());
    queue_.pop_front();
    for (std::string& name : FieldsToRead(decision, /*compare_fields=*/true)) {
      select.insert(std::move(name));
    }
    if (items->count(decision.contact) == 0) list.ids.push_back(decision.contact);
    items->emplace(decision.contact, std::move(decision));
    if (list.ids.size() == kIdsPerCommand || (own_command && !list.ids.empty())) {
      job.commands.push_back(std::exchange(list, ListContacts{}));
    }
  }
  if (!list.ids.empty()) job.commands.push_back(std::move(list));
  for (Command& command : job.commands) {
    std::get<ListContacts>(command).select.assign(select.begin(), select.end());
  }
  const size_t asked = items->size();
  job.done = [this, items, asked](const PortalAnswer& answer) {
    --in_flight_;
    for (const CommandResult& result : answer.results) {
      if (result.fate != Fate::kDone || !result.complete_page) continue;
      for (const ContactRow& row : result.rows) {
        context_.SawId(row.id);
        const auto [first, last] = items->equal_range(row.id);
        for (auto item = first; item != last; ++item) {
          Judge(std::move(item->second), row);
        }
        items->erase(first, last);
      }
    }
    const ReadsApart::Unread unread = ReadsApart::In(answer.results);
    for (auto item = items->begin(); item != items->end();) {
      const bool again = apart_.Again(item->first, unread, asked);
      for (const auto last = items->upper_bound(item->first); item != last; ++item) {
        if (again) {
          queue_.push_back(std::move(item->second));
        } else {
          AskWhetherGone(std::move(item->second));
        }
      }
    }
  };
  job.take_back = [this, items] {
    --in_flight_;
    for (auto& [id, decision] : *items) queue_.push_back(std::move(decision));
  };
  ++in_flight_;
  return job;
}

void Adopter::AskWhetherGone(Decision decision) {
  auto shared = std::make_shared<Decision>(std::move(decision));
  gone_.Ask({shared->key, shared->contact,
             [this, shared](const std::optional<Survivor>& survivor) {
               if (survivor.has_value()) {
                 shared->contact = survivor->id;
                 queue_.push_back(std::move(*shared));
               } else {
                 Gone(std::move(*shared));
               }
             },
             [this, shared](bool exists) { DeferUnread(*shared, exists); }});
}

// Marked for deletion in 1C, and the contact that it was linked to is not its own, or
// is not there: none is made in its place.
void Adopter::LeaveMarked(const Decision& decision, bool gone) {
  const std::string reason = gone ? kMarkedContactGone : kMarkedContactNotOurs;
  const Parameters parameters = {{"contact", std::to_string(decision.contact.value())}};
  context_.busy.erase(decision.key);
  if (context_.settings.dry_run) {
    context_.tally.Count(Outcome::kSkipped);
    context_.plan.Leave(decision.key, Outcome::kSkipped, reason, parameters);
    return;
  }
  auto record = context_.ledger.Get(decision.key);
  if (!context_.Check(record.status()) || !record->has_value()) return;
  ClientRecord& known = **record;
  if (gone) known.link = LinkState::kLost;
  known.dirty = false;
  known.reason = reason;
  known.parameters = parameters;
  known.problem = Outcome::kSkipped;
  known.version = decision.version;
  context_.tally.Mark(&known, Outcome::kSkipped);
  context_.Check(context_.ledger.Put({known}));
}

std::optional<ContactCase> Adopter::CaseOf(const Decision& decision) {
  ContactCase known;
  known.mark = Stamp{context_.settings.originator, decision.key.guid(), ""};
  const auto record = context_.ledger.Get(decision.key);
  if (!context_.Check(record.status())) return std::nullopt;
  known.record = *record;
  const auto pair = context_.ledger.Pair(decision.key);
  if (!context_.Check(pair.status())) return std::nullopt;
  known.pair = pair->value_or(PairNote{});
  const auto earlier =
      context_.ledger.IsOfEarlierPortal(decision.key, decision.contact);
  if (!context_.Check(earlier.status())) return std::nullopt;
  known.of_earlier_portal = *earlier;
  return known;
}

ContactVerdict Adopter::VerdictOf(const Decision& decision, const ContactCase& known) {
  return JudgeContact(decision, known,
                      {context_.settings.events, context_.settings.policies,
                       context_.settings.mapping->default_region()});
}

void Adopter::Judge(Decision decision, const ContactRow& row) {
  auto known = CaseOf(decision);
  if (!known.has_value()) return;
  const auto owner = context_.ledger.ClientOf(row.id);
  if (!context_.Check(owner.status())) return;
  if (owner->has_value() && **owner != decision.key) {
    known->owner = context_.IsStrangerTo(**owner, row.id)
                       ? ContactCase::Owner::kStranger
                       : ContactCase::Owner::kAnother;
    if (!context_.failure.ok()) return;
  }
  known->row = &row;
  known->looked_before = looked_by_origin_.count(decision.key) > 0;
  const ContactVerdict verdict = VerdictOf(decision, *known);
  if (verdict != ContactVerdict::kTheirs) {
    Conclude(std::move(decision), verdict);
    return;
  }
  if (known->owner == ContactCase::Owner::kStranger &&
      !context_.TakeFrom(**owner, row.id)) {
    return;
  }
  TakeOver(std::move(decision), *std::move(known), row);
}

void Adopter::Gone(Decision decision) {
  auto known = CaseOf(decision);
  if (!known.has_value()) return;
  const OriginLook nobody;
  known->gone = true;
  known->by_origin = &nobody;
  const ContactVerdict verdict = VerdictOf(decision, *known);
  Conclude(std::move(decision), verdict);
}

void Adopter::LookByOrigin(Decision decision) {
  looked_by_origin_.insert(decision.key);
  auto shared = std::make_shared<Decision>(std::move(decision));
  GoneCheck::Question question;
  question.client = shared->key;
  question.contact = shared->contact;
  question.displaced = true;
  question.gone = [this, shared](const std::optional<Survivor>& own) {
    auto known = CaseOf(*shared);
    if (!known.has_value()) return;
    OriginLook look;
    look.own = own;
    known->by_origin = &look;
    const ContactVerdict verdict = VerdictOf(*shared, *known);
    if (verdict == ContactVerdict::kLookAtOwn) {
      shared->contact = own->id;
      queue_.push_back(std::move(*shared));
    } else {
      Conclude(std::move(*shared), verdict);
    }
  };
  question.not_gone = [this, shared](bool exists) { DeferUnread(*shared, exists); };
  gone_.Ask(std::move(question));
}

void Adopter::Conclude(Decision decision, ContactVerdict verdict) {
  switch (verdict) {
    case ContactVerdict::kAdd:
    case ContactVerdict::kRecreate:
      decision.action = verdict == ContactVerdict::kAdd ? PlannedAction::kAdd
                                                        : PlannedAction::kRecreate;
      adder_.Add(std::move(decision));
      return;
    case ContactVerdict::kLookByOrigin:
      LookByOrigin(std::move(decision));
      return;
    case ContactVerdict::kContradicted:
      DeferUnread(decision, /*exists=*/true);
      return;
    case ContactVerdict::kUnreadable:
      DeferUnread(decision, /*exists=*/false);
      return;
    case ContactVerdict::kCreatedOff:
      LeaveSwitchedOff(decision, "client-created");
      return;
    case ContactVerdict::kDeletedOff:
      LeaveSwitchedOff(decision, "contact-deleted");
      return;
    case ContactVerdict::kLeftByPolicy:
      LeaveWithoutContact(context_, decision);
      return;
    case ContactVerdict::kMarkedNotOurs:
      LeaveMarked(decision, /*gone=*/false);
      return;
    case ContactVerdict::kMarkedGone:
      LeaveMarked(decision, /*gone=*/true);
      return;
    case ContactVerdict::kTheirs:
    case ContactVerdict::kLookAtOwn:
      return;  // by who has its row, or its ID
  }
}

// The ID in 1C led nowhere: without it the trigger would have stopped the planner.
void Adopter::LeaveSwitchedOff(const Decision& decision, const char* event) {
  context_.busy.erase(decision.key);
  auto known = context_.ledger.Get(decision.key);
  if (!context_.Check(known.status())) return;
  ClientRecord record = known->value_or(ClientRecord{});
  record.key = decision.key;
  record.dirty = true;
  record.reason = "EVENT_OFF";
  record.parameters = {{"event", event}};
  record.problem = Outcome::kSkipped;
  context_.tally.Mark(&record, Outcome::kSkipped);
  if (!context_.settings.dry_run) context_.Check(context_.ledger.Put({record}));
}

void Adopter::DeferUnread(const Decision& decision, bool exists) {
  context_.Defer(decision.key,
                 exists ? "CONTACT_READ_INCOMPLETE" : "CONTACT_UNREADABLE",
                 {{"contact", std::to_string(decision.contact.value())}});
}

void Adopter::TakeOver(Decision decision, ContactCase known, const ContactRow& row) {
  const bool ours = CarriesMark(row, known.mark);
  if (context_.settings.dry_run) {
    const auto claim = context_.claimed.emplace(row.id, decision.key).first;
    if (claim->second != decision.key) {
      const ContactVerdict another =
          MakeAnother(decision, PlannedAction::kAdd, context_.settings.events);
      Conclude(std::move(decision), another);
      return;
    }
  } else {
    ClientRecord record = std::move(known.record).value_or(ClientRecord{});
    record.key = decision.key;
    record.link = LinkState::kLive;
    record.contact = row.id;
    record.proposed = ContactId();
    record.dirty = true;  // until it is stamped
    record.exported = ContentDigest{};
    record.exported.fields_known = false;
    if (ours) {
      const auto version = DecodeOriginVersion(row.stamp.version);
      if (version.ok()) {
        record.exported.values = version->values;
        record.revision = version->revision;
        decision.revision = record.revision + 1;
      }
    }
    const char* found_by = ours ? "MATCHED_BY_ORIGIN" : "MATCHED_BY_STORED_ID";
    CrashPoint("agent.adopt.link");
    if (!context_.Check(context_.ledger.Link(
            record, decision.stored, context_.Tell(HistoryKind::kAdopted, found_by)))) {
      return;
    }
    PairNote note = std::move(known.pair);
    // A person's word goes before what the two look like.
    if (!IsPairedByHand(note, row.id)) {
      note.found_by = found_by;
      note.certainty = static_cast<int>(Certainty::kCertain);
      note.candidates = {row.id};
      if (!context_.Check(context_.ledger.SetPair(decision.key, note))) return;
    }
    CrashPoint("agent.adopt.linked");
  }
  context_.sight_proven = true;
  decision.contact = row.id;
  updater_.Update(std::move(decision), /*adopt=*/true, row);
}

}  // namespace guestbridge::agent
