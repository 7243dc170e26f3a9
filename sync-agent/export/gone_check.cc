#include "sync-agent/export/gone_check.h"

#include <algorithm>
#include <iterator>
#include <memory>
#include <utility>
#include <vector>

#include "sync-agent/export/event_poll.h"
#include "sync-agent/export/hand_link.h"
#include "sync-agent/model/mutant.h"

namespace guestbridge::agent {
namespace {

// Two commands a question and one for the rights of the asker.
constexpr int kMostPerRequest = 20;

}  // namespace

void Follow(const Survivor& survivor, ClientRecord* record) {
  record->link = LinkState::kLive;
  record->contact = survivor.id;
  record->exported.fields_known = false;
  record->exported.hash.clear();
  record->exported.values.insert(survivor.values.begin(), survivor.values.end());
}

ContactCase::Owner GoneCheck::OwnerOf(const ContactRow& row, const Question& question) {
  const auto by_hand = OwnerByHand(row.id, context_.ledger);
  if (!context_.Check(by_hand.status())) return ContactCase::Owner::kAnother;
  const bool others = by_hand->has_value() && **by_hand != question.client;
  // The contact in question has been judged: whose it is decides nothing here.
  if (!others && question.displaced && row.id != question.contact) ProveStranger(row);
  if (!others && IsMadeForAsker(row, question)) return ContactCase::Owner::kNobody;
  if (!context_.IsAnothers(row.id, question.client, question.displaced && !others)) {
    return ContactCase::Owner::kNobody;
  }
  return others ? ContactCase::Owner::kByHand : ContactCase::Owner::kAnother;
}

void GoneCheck::ProveStranger(const ContactRow& row) {
  const auto owner = context_.ledger.ClientOf(row.id);
  if (!context_.Check(owner.status()) || !owner->has_value()) return;
  const ClientKey& key = **owner;
  // What is queued for it, or under way, still goes to this contact.
  if (context_.strangers.count(key) > 0 || context_.busy.count(key) > 0) return;
  const auto record = context_.RecordOf(key);
  if (!context_.Check(record.status()) || !record->has_value()) return;
  ClientRecord known = **record;
  const Stamp mark{context_.settings.originator, key.guid(), ""};
  if (!IsStranger(row, mark, known.dirty)) return;
  // What is skipped is left to the sweep of the next run.
  if (known.problem == Outcome::kSkipped) return;
  context_.strangers.insert(key);
  known.dirty = true;
  if (context_.settings.dry_run) {
    context_.overlay[key] = known;
  } else if (!context_.Check(context_.ledger.Put({known}))) {
    return;
  }
  if (context_.settings.exports()) context_.late_strangers.insert(key);
}

bool GoneCheck::IsMadeForAsker(const ContactRow& row, const Question& question) {
  if (question.displaced || row.id == question.contact) return false;
  const auto owner = context_.ledger.ClientOf(row.id);
  if (!context_.Check(owner.status()) || !owner->has_value()) return false;
  const auto record = context_.RecordOf(question.client);
  return context_.Check(record.status()) && record->has_value() &&
         IsMadeFor(row, **record);
}

bool GoneCheck::IsInUse(ContactId contact, const ClientKey& client) {
  const auto owner = context_.ledger.ClientOf(contact);
  return context_.Check(owner.status()) && owner->has_value() && **owner != client &&
         context_.busy.contains(**owner);
}

std::optional<Returned> GoneCheck::JudgeLost(const Question& question,
                                             const CommandResult& get) {
  if (!question.lost || get.fate != Fate::kDone || get.rows.size() != 1 ||
      get.rows.front().id != question.contact) {
    return std::nullopt;
  }
  const auto pair = context_.ledger.Pair(question.client);
  if (!context_.Check(pair.status())) return std::nullopt;
  const ContactRow& row = get.rows.front();
  const Stamp mark{context_.settings.originator, question.client.guid(), ""};
  const PairNote note = pair->value_or(PairNote{});
  // Then nothing makes it the client's, and whose else it is needs no notice.
  if (!CarriesMark(row, mark) && !IsPairedByHand(note, row.id)) {
    return Returned::kNotTheirs;
  }
  const ContactCase::Owner owner = OwnerOf(row, question);
  if (!context_.failure.ok()) return std::nullopt;
  return JudgeReturned(row, mark, note, owner);
}

std::optional<PortalLane::Job> GoneCheck::Next() {
  if (queue_.empty()) return std::nullopt;
  // A list by origin reads the portal's whole table: it may take seconds.
  const auto most = static_cast<size_t>(std::clamp(
      context_.lane.CommandsPerRequest("crm.contact.list"), 1, kMostPerRequest));
  auto questions = std::make_shared<std::vector<Question>>();
  PortalLane::Job job;
  job.commands.push_back(GetProfile{});
  while (!queue_.empty() && questions->size() < most) {
    if (queue_.front().alone && !questions->empty()) break;
    questions->push_back(std::move(queue_.front()));
    queue_.pop_front();
    const Question& question = questions->back();
    job.commands.push_back(GetContact{question.contact});
    ListContacts by_origin;
    by_origin.origin = Stamp{context_.settings.originator, question.client.guid(), ""};
    by_origin.select.assign(std::begin(kNames), std::end(kNames));
    job.commands.push_back(std::move(by_origin));
    if (question.alone) break;
  }
  job.done = [this, questions](const PortalAnswer& answer) {
    --in_flight_;
    const bool unread = std::all_of(
        answer.results.begin(), answer.results.end(),
        [](const CommandResult& result) { return result.fate == Fate::kUnknown; });
    if (unread && !questions->front().alone) {
      for (Question& question : *questions) {
        question.alone = true;
        queue_.push_back(std::move(question));
      }
      return;
    }
    // Where the portal says nothing about rights, its "not found" is taken at its word:
    // to somebody without rights it says "access denied".
    const CommandResult& profile = answer.results[0];
    if (profile.fate == Fate::kDone && (profile.admin || profile.admin_unsaid)) {
      context_.sight_proven = true;
    }
    for (size_t i = 0; i < questions->size(); ++i) {
      const Question& question = (*questions)[i];
      const CommandResult& get = answer.results[1 + 2 * i];
      const CommandResult& list = answer.results[2 + 2 * i];
      const std::optional<Returned> returned = JudgeLost(question, get);
      if (!context_.failure.ok()) return;
      if (returned == Returned::kTheirs) {
        question.gone(SurvivorOf(get.rows.front()));
        continue;
      }
      // It exists, and is not the client's.
      const bool not_theirs = question.displaced || returned == Returned::kNotTheirs;
      // A page that is not whole, or not what was asked for, may hide a survivor.
      const bool told =
          get.fate == Fate::kGone || (not_theirs && get.fate == Fate::kDone);
      if (!told || list.fate != Fate::kDone ||
          (!list.complete_page && !MutantActive(Mutant::kIgnoredFilterBelieved)) ||
          !context_.sight_proven) {
        question.not_gone(get.fate == Fate::kDone);
        continue;
      }
      const OriginLook look =
          LookThrough(list.rows, get.rows, question.contact,
                      Stamp{context_.settings.originator, question.client.guid(), ""},
                      question.displaced,
                      [&](const ContactRow& row) { return OwnerOf(row, question); });
      if (!context_.failure.ok()) return;
      // One word of the portal is against the other: nothing is made in its place.
      if (look.in_place) {
        question.not_gone(not_theirs);
        continue;
      }
      if (question.displaced && look.linked_elsewhere && !look.own.has_value()) {
        // Its own contact stands there, under a client that nobody has looked at yet:
        // the sweep of the next run does.
        if (context_.settings.writes()) {
          context_.Check(context_.ledger.SetNote(kSweptNote, ""));
        }
        question.not_gone(true);
        continue;
      }
      if (!question.displaced) {
        if (!look.own.has_value()) {
          context_.seen_gone.insert(question.client);
        } else if (IsInUse(look.own->id, question.client)) {
          question.not_gone(true);
          continue;
        } else if (!context_.Reclaim(question.client, look.own->id)) {
          return;
        }
      }
      question.gone(look.own);
    }
  };
  job.take_back = [this, questions] {
    --in_flight_;
    std::move(questions->rbegin(), questions->rend(), std::front_inserter(queue_));
  };
  ++in_flight_;
  return job;
}

}  // namespace guestbridge::agent
