#include "sync-agent/export/adopter.h"

#include <algorithm>
#include <map>
#include <memory>
#include <set>
#include <utility>

#include "common/crash_point/crash_point.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"
#include "sync-agent/export/gone_contact.h"
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
  while (!queue_.empty() && items->size() < kIdsPerCommand * commands) {
    Decision decision = std::move(queue_.front());
    queue_.pop_front();
    for (std::string& name : FieldsToRead(decision, /*compare_fields=*/true)) {
      select.insert(std::move(name));
    }
    if (items->count(decision.contact) == 0) list.ids.push_back(decision.contact);
    items->emplace(decision.contact, std::move(decision));
    if (list.ids.size() == kIdsPerCommand) {
      job.commands.push_back(std::exchange(list, ListContacts{}));
    }
  }
  if (!list.ids.empty()) job.commands.push_back(std::move(list));
  for (Command& command : job.commands) {
    std::get<ListContacts>(command).select.assign(select.begin(), select.end());
  }
  job.done = [this, items](const PortalAnswer& answer) {
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
    for (auto& [id, decision] : *items) {
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
                 [this, shared](bool) {
                   context_.Defer(
                       shared->key, "CONTACT_UNREADABLE",
                       {{"contact", std::to_string(shared->contact.value())}});
                 }});
    }
  };
  ++in_flight_;
  return job;
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

void Adopter::Gone(Decision decision) {
  if (decision.marked) {
    LeaveMarked(decision, /*gone=*/true);
    return;
  }
  const auto earlier =
      context_.ledger.IsOfEarlierPortal(decision.key, decision.contact);
  if (!context_.Check(earlier.status())) return;
  if (*earlier) {
    // Nobody took that contact away: the hotel moved, and the guest is new here.
    AddNew(std::move(decision), PlannedAction::kAdd);
    return;
  }
  const auto pair = context_.ledger.Pair(decision.key);
  if (!context_.Check(pair.status())) return;
  // A person was asked about this very contact and wants a new one.
  const bool answered =
      pair->has_value() && std::count((*pair)->refused.begin(), (*pair)->refused.end(),
                                      decision.contact) > 0;
  const bool recreate = answered || context_.settings.policies.gone_contact ==
                                        GoneContactPolicy::kRecreate;
  // What is switched off says so first.
  if (recreate || !context_.settings.events.contact_deleted) {
    AddNew(std::move(decision), PlannedAction::kRecreate);
  } else {
    LeaveWithoutContact(context_, decision);
  }
}

void Adopter::AddNew(Decision decision, PlannedAction action) {
  if (decision.marked) {
    LeaveMarked(decision, /*gone=*/false);
    return;
  }
  const EventSwitches& events = context_.settings.events;
  const bool wanted = action == PlannedAction::kRecreate ? events.contact_deleted
                                                         : events.client_created;
  if (wanted) {
    decision.action = action;
    adder_.Add(std::move(decision));
    return;
  }
  // The ID in 1C led nowhere: without it the trigger would have stopped the planner.
  context_.busy.erase(decision.key);
  auto known = context_.ledger.Get(decision.key);
  if (!context_.Check(known.status())) return;
  ClientRecord record = known->value_or(ClientRecord{});
  record.key = decision.key;
  record.dirty = true;
  record.reason = "EVENT_OFF";
  record.parameters = {{"event", action == PlannedAction::kRecreate
                                     ? "contact-deleted"
                                     : "client-created"}};
  record.problem = Outcome::kSkipped;
  context_.tally.Mark(&record, Outcome::kSkipped);
  if (!context_.settings.dry_run) context_.Check(context_.ledger.Put({record}));
}

absl::StatusOr<bool> Adopter::IsAccepted(const PairNote& pair, const ClientKey& key,
                                         ContactId contact) {
  if (pair.candidates.size() != 1 || pair.candidates[0] != contact ||
      pair.certainty <= static_cast<int>(Certainty::kReview)) {
    return false;
  }
  GB_ASSIGN_OR_RETURN(const auto record, context_.ledger.Get(key));
  return record.has_value() && record->link == LinkState::kLive &&
         record->contact == contact && record->revision == 0;
}

void Adopter::LookElsewhere(Decision decision) {
  const auto known = context_.ledger.Get(decision.key);
  if (!context_.Check(known.status())) return;
  // IDs of an earlier portal are many, and nothing of ours stands here for them.
  const bool exported = known->has_value() &&
                        ((*known)->link == LinkState::kLive || (*known)->revision > 0);
  if (!exported) {
    AddNew(std::move(decision), PlannedAction::kAdd);
    return;
  }
  if (!looked_elsewhere_.insert(decision.key).second) {
    // What one answer called the client's own, the next does not.
    DeferUnread(decision, /*exists=*/true);
    return;
  }
  auto shared = std::make_shared<Decision>(std::move(decision));
  GoneCheck::Question question;
  question.client = shared->key;
  question.contact = shared->contact;
  question.displaced = true;
  question.gone = [this, shared](const std::optional<Survivor>& own) {
    const auto pair = context_.ledger.Pair(shared->key);
    if (!context_.Check(pair.status())) return;
    const bool refused =
        own.has_value() && pair->has_value() &&
        std::count((*pair)->refused.begin(), (*pair)->refused.end(), own->id) > 0;
    if (own.has_value() && !refused) {
      shared->contact = own->id;
      queue_.push_back(std::move(*shared));
    } else {
      AddNew(std::move(*shared), PlannedAction::kAdd);
    }
  };
  question.not_gone = [this, shared](bool exists) { DeferUnread(*shared, exists); };
  gone_.Ask(std::move(question));
}

void Adopter::DeferUnread(const Decision& decision, bool exists) {
  context_.Defer(decision.key,
                 exists ? "CONTACT_READ_INCOMPLETE" : "CONTACT_UNREADABLE",
                 {{"contact", std::to_string(decision.contact.value())}});
}

bool Adopter::TakeFromStranger(const ContactRow& row, const ClientKey& owner) {
  if (context_.strangers.count(owner) == 0) return false;
  if (context_.settings.dry_run) return true;
  const auto known = context_.ledger.Get(owner);
  if (!context_.Check(known.status()) || !known->has_value()) return false;
  ClientRecord record = **known;
  // As if 1C held the ID: should this process die now, the next one looks for the
  // client's own contact, too. To 1C the ID is not written any more.
  record.link = LinkState::kNew;
  record.contact = ContactId();
  record.proposed = row.id;
  record.dirty = true;
  bool taken = false;
  const absl::Status kept = context_.ledger.Together([&] {
    taken = context_.Check(context_.ledger.Unlink(owner)) &&
            context_.Check(context_.ledger.Put({record}));
  });
  return context_.Check(kept) && taken;
}

void Adopter::Judge(Decision decision, const ContactRow& row) {
  const bool ours = row.stamp.originator == context_.settings.originator &&
                    row.stamp.origin == decision.key.guid();
  const bool anothers = !ours && row.stamp.originator.rfind(kOriginatorPrefix, 0) == 0;
  const auto pair = context_.ledger.Pair(decision.key);
  if (!context_.Check(pair.status())) return;
  PairNote note = pair->value_or(PairNote{});
  // A person's word goes before what the two look like.
  const bool by_hand = note.found_by == kLinkedByHand && note.candidates.size() == 1 &&
                       note.candidates[0] == row.id;
  const bool refused = std::count(note.refused.begin(), note.refused.end(), row.id) > 0;
  const auto accepted = IsAccepted(note, decision.key, row.id);
  if (!context_.Check(accepted.status())) return;
  bool fits = ours || ((by_hand || *accepted) && !anothers);
  if (!fits && !anothers && !refused) {
    const auto earlier = context_.ledger.IsOfEarlierPortal(decision.key, row.id);
    if (!context_.Check(earlier.status())) return;
    // The same number on two portals, and the same family name, is chance.
    fits = *earlier ? IsSamePerson(decision.content, row)
                    : IsPlausible(decision.content, row,
                                  context_.settings.mapping->default_region());
  }
  if (refused || !fits) {
    LookElsewhere(std::move(decision));
    return;
  }
  const auto owner = context_.ledger.ClientOf(row.id);
  if (!context_.Check(owner.status())) return;
  if (owner->has_value() && **owner != decision.key &&
      !(ours && TakeFromStranger(row, **owner))) {
    LookElsewhere(std::move(decision));
    return;
  }
  if (context_.settings.dry_run) {
    const auto claim = context_.claimed.emplace(row.id, decision.key).first;
    if (claim->second != decision.key) {
      AddNew(std::move(decision), PlannedAction::kAdd);
      return;
    }
  } else {
    auto known = context_.ledger.Get(decision.key);
    if (!context_.Check(known.status())) return;
    ClientRecord record = known->value_or(ClientRecord{});
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
    if (!by_hand) {
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
