#include "sync-agent/export/deleter.h"

#include <algorithm>
#include <map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/crash_point/crash_point.h"
#include "sync-agent/export/chunk_answer.h"

namespace guestbridge::agent {
namespace {

constexpr char kDeleteMethod[] = "crm.contact.delete";
constexpr char kListMethod[] = "crm.contact.list";
constexpr size_t kIdsPerCommand = 50;
// One that has many links takes a portal very long.
constexpr int kMostPerRequest = 10;

Parameters ContactOf(const Decision& decision) {
  return {{"contact", absl::StrCat(decision.contact.value())}};
}

}  // namespace

std::optional<PortalLane::Job> Deleter::Next(bool more) {
  // What was looked at leaves before the next is: a mark is seen right before.
  if (!ready_.empty()) {
    return context_.lane.Waits(kDeleteMethod) ? std::nullopt : NextWrite();
  }
  return context_.lane.Waits(kListMethod) ? std::nullopt : NextRead(more);
}

void Deleter::LookAgain() {
  std::move(ready_.begin(), ready_.end(), std::back_inserter(to_read_));
  ready_.clear();
}

std::optional<PortalLane::Job> Deleter::NextRead(bool more) {
  if (to_read_.empty() || (more && to_read_.size() < kIdsPerCommand)) {
    return std::nullopt;
  }
  auto items = std::make_shared<std::map<ContactId, Decision>>();
  const auto commands =
      static_cast<size_t>(std::max(1, context_.lane.CommandsPerRequest(kListMethod)));
  PortalLane::Job job;
  ListContacts list;
  size_t together = ReadsApart::kAnyNumber;
  while (!to_read_.empty() && items->size() < kIdsPerCommand &&
         job.commands.size() < commands) {
    const ContactId contact = to_read_.front().contact;
    if (items->empty()) together = apart_.Most(contact);
    if (items->size() == together || apart_.Most(contact) != together) break;
    const bool own_command = apart_.OwnCommand(contact);
    if (own_command && !list.ids.empty()) {
      job.commands.emplace_back(std::exchange(list, ListContacts{}));
    }
    list.ids.push_back(to_read_.front().contact);
    items->emplace(list.ids.back(), std::move(to_read_.front()));
    to_read_.pop_front();
    if (own_command) job.commands.emplace_back(std::exchange(list, ListContacts{}));
  }
  if (!list.ids.empty()) job.commands.emplace_back(std::move(list));
  const size_t asked = items->size();
  job.done = [this, items, asked](const PortalAnswer& answer) {
    --in_flight_;
    for (const CommandResult& result : answer.results) {
      if (result.fate != Fate::kDone || !result.complete_page) continue;
      for (const ContactRow& row : result.rows) {
        const auto item = items->find(row.id);
        if (item == items->end()) continue;
        Look(std::move(item->second), row);
        items->erase(item);
      }
    }
    const ReadsApart::Unread unread = ReadsApart::In(answer.results);
    for (auto& [id, decision] : *items) {
      if (apart_.Again(id, unread, asked)) {
        to_read_.push_back(std::move(decision));
      } else {
        updater_.AskWhetherGone(decision);
      }
    }
  };
  job.take_back = [this, items] {
    --in_flight_;
    for (auto& [id, decision] : *items) to_read_.push_back(std::move(decision));
  };
  ++in_flight_;
  return job;
}

void Deleter::Look(Decision decision, const ContactRow& row) {
  if (row.stamp.originator != context_.settings.originator ||
      row.stamp.origin != decision.key.guid()) {
    LeaveAlone(decision);
    return;
  }
  context_.sight_proven = true;
  // Before it leaves: what is deleted is not brought back by stopping.
  if (counted_.insert(decision.key).second) context_.tally.CountDeletion();
  if (!context_.settings.dry_run) {
    ready_.push_back(std::move(decision));
    return;
  }
  context_.busy.erase(decision.key);
  context_.tally.Count(Outcome::kSkipped);
  context_.plan.Delete(decision, "MARKED_CONTACT_TO_DELETE", ContactOf(decision));
}

void Deleter::LeaveAlone(const Decision& decision) {
  constexpr const char* kReason = kMarkedContactNotOurs;
  context_.busy.erase(decision.key);
  if (context_.settings.dry_run) {
    context_.tally.Count(Outcome::kSkipped);
    context_.plan.Leave(decision.key, Outcome::kSkipped, kReason, ContactOf(decision));
    return;
  }
  auto record = context_.ledger.Get(decision.key);
  if (!context_.Check(record.status()) || !record->has_value()) return;
  ClientRecord& known = **record;
  known.dirty = false;
  known.reason = kReason;
  known.parameters = ContactOf(decision);
  known.problem = Outcome::kSkipped;
  known.version = decision.version;
  context_.tally.Mark(&known, Outcome::kSkipped);
  context_.Check(context_.ledger.Put({known}));
}

std::optional<PortalLane::Job> Deleter::NextWrite() {
  const auto limit = static_cast<size_t>(
      std::min(kMostPerRequest, context_.lane.CommandsPerRequest(kDeleteMethod)));
  auto chunk = std::make_shared<Chunk>();
  auto intents = std::make_shared<std::vector<Intent>>();
  PortalLane::Job job;
  job.read = false;
  job.claims = context_.settings.has_standby;
  while (!ready_.empty() && chunk->size() < std::max<size_t>(1, limit)) {
    const Decision& decision = ready_.front();
    intents->push_back({.key = decision.key,
                        .kind = AttemptKind::kDelete,
                        .nonce = MakeNonce(context_.random),
                        .digest = decision.digest,
                        .mapping_version = context_.settings.mapping_version,
                        .version = decision.version});
    job.commands.emplace_back(DeleteContact{decision.contact});
    chunk->push_back(std::move(ready_.front()));
    ready_.pop_front();
  }
  job.prepare = [this, intents] {
    CrashPoint("agent.delete.intent");
    const auto committed = context_.ledger.CommitIntents(*intents, context_.high);
    CrashPoint("agent.delete.intended");
    if (context_.Check(committed.status())) return true;
    --in_flight_;
    return false;
  };
  job.done = [this, chunk](const PortalAnswer& answer) { Done(*chunk, answer); };
  ++in_flight_;
  return job;
}

void Deleter::Done(const Chunk& chunk, const PortalAnswer& answer) {
  --in_flight_;
  ChunkAnswer outcome(context_, answer);
  for (size_t i = 0; i < chunk.size(); ++i) {
    const Decision& decision = chunk[i];
    const CommandResult& result = answer.results[i];
    switch (result.fate) {
      case Fate::kDone:
        outcome.Done(decision, decision.contact, Outcome::kSkipped);
        break;
      case Fate::kNotExecuted:
        outcome.ToRepeat(decision);
        // Its mark is seen right before.
        to_read_.push_back(decision);
        break;
      case Fate::kRefused:
        outcome.Refused(decision, result.reason, result.portal_code);
        break;
      case Fate::kGone:
      case Fate::kUnknown:
        // The same is said of a contact that is gone: a look will tell.
        outcome.Doubtful(decision, result.answered, result.portal_code);
        break;
    }
  }
  if (!outcome.NoteErrors()) return;
  CrashPoint("agent.delete.result");
  if (!outcome.Settle()) return;
  CrashPoint("agent.delete.settled");
  outcome.Doubt();
}

}  // namespace guestbridge::agent
