#include "sync-agent/export/updater.h"

#include <algorithm>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/crash_point/crash_point.h"
#include "sync-agent/export/chunk_answer.h"

namespace guestbridge::agent {
namespace {

constexpr char kUpdateMethod[] = "crm.contact.update";
constexpr char kListMethod[] = "crm.contact.list";
constexpr size_t kIdsPerCommand = 50;

UpdateContact MakeCommand(const Decision& decision, const ContactUpdate& update,
                          Stamp stamp) {
  UpdateContact command;
  command.id = decision.contact;
  command.fields = update.fields;
  for (const ContactUpdate::Value& value : update.values) {
    command.multifields.push_back({value.field, value.id, value.value, value.type});
  }
  command.stamp = std::move(stamp);
  return command;
}

std::vector<std::string> FieldsOf(const ContactUpdate& update) {
  std::set<std::string> names;
  for (const auto& [name, value] : update.fields) names.insert(name);
  for (const ContactUpdate::Value& value : update.values) names.insert(value.field);
  return {names.begin(), names.end()};
}

// Whether what the contact holds decides if anything is written at all.
bool ContactDecides(const Decision& decision) {
  if (!decision.read_first || decision.changed.empty()) return decision.read_first;
  return decision.policies != nullptr &&
         std::any_of(decision.changed.begin(), decision.changed.end(),
                     [&](const std::string& target) {
                       return decision.policies->fill_empty.count(target) > 0;
                     });
}

}  // namespace

void Updater::Update(Decision decision, bool adopt, std::optional<ContactRow> row) {
  if (row.has_value()) {
    Ready(std::move(decision), *row, /*compare_fields=*/true, adopt);
    return;
  }
  // What would differ is read also by a dry run.
  if (context_.settings.dry_run && !ContactDecides(decision)) {
    context_.tally.Count(Outcome::kUpdated);
    context_.plan.Write(decision, Outcome::kUpdated, PlanTally::Call::kUpdate,
                        decision.changed, decision.read_first);
    return;
  }
  if (decision.read_first) {
    context_.busy.insert(decision.key);
    to_read_.push_back(std::move(decision));
    reads_ = true;
    return;
  }
  ContactUpdate update = MakeUpdate(decision);
  Queue({std::move(decision), std::move(update), Outcome::kUpdated});
}

void Updater::Queue(Item item) {
  item.claims = item.adopts || context_.settings.has_standby;
  (item.claims ? claims_ : ready_).push_back(std::move(item));
}

void Updater::LookAgain() {
  for (size_t left = claims_.size(); left > 0; --left) {
    Item item = std::move(claims_.front());
    claims_.pop_front();
    if (item.adopts) {
      claims_.push_back(std::move(item));
    } else {
      to_read_.push_back(std::move(item.decision));
      reads_ = true;
    }
  }
}

void Updater::Ready(Decision decision, const ContactRow& row, bool compare_fields,
                    bool adopt) {
  const auto record = context_.RecordOf(decision.key);
  if (!context_.Check(record.status())) return;
  ValueDigests ours;
  if (record->has_value()) ours = (*record)->exported.values;
  ContactUpdate update = MakeUpdate(decision, row, ours, compare_fields);
  const Outcome outcome = update.empty() ? Outcome::kUnchanged : Outcome::kUpdated;
  if (context_.settings.dry_run) {
    context_.busy.erase(decision.key);
    context_.tally.Count(outcome);
    if (update.empty() && !adopt) return;
    // An adopted contact is stamped, though nothing else may differ.
    context_.plan.Write(decision, outcome, PlanTally::Call::kUpdate, FieldsOf(update),
                        /*read_first=*/true);
    return;
  }
  if (update.empty() && !adopt) {
    KeepDigest(decision, outcome);
    return;
  }
  Queue({std::move(decision), std::move(update), outcome, /*stamp_only=*/false, adopt});
}

void Updater::KeepDigest(const Decision& decision, Outcome outcome) {
  context_.busy.erase(decision.key);
  auto record = context_.ledger.Get(decision.key);
  if (!context_.Check(record.status()) || !record->has_value()) return;
  ClientRecord& known = **record;
  known.exported = decision.digest;
  known.version = decision.version;
  known.mapping_version = context_.settings.mapping_version;
  known.dirty = false;
  context_.tally.Mark(&known, outcome);
  context_.Check(context_.ledger.Put({known}));
}

void Updater::StampOnly(const ClientKey& client, ContactId contact) {
  const auto record = context_.ledger.Get(client);
  if (!context_.Check(record.status())) return;
  Decision decision;
  decision.key = client;
  decision.contact = contact;
  decision.digest = DigestContent(client, {});
  if (record->has_value()) decision.revision = (*record)->revision + 1;
  Queue({std::move(decision),
         {},
         Outcome::kUpdated,
         /*stamp_only=*/true,
         /*adopts=*/true});
}

std::optional<PortalLane::Job> Updater::Next(bool more, bool may_claim) {
  // Reading first keeps the ready queue full enough for whole batches.
  const bool may_read = !context_.lane.Waits(kListMethod);
  if (may_read) {
    if (auto job = NextRead(more); job.has_value()) return job;
  }
  if (context_.lane.Waits(kUpdateMethod)) return std::nullopt;
  return NextWrite(more || (may_read && !to_read_.empty()), may_claim);
}

size_t Updater::MostPerRead() const {
  return kIdsPerCommand * static_cast<size_t>(std::max(
                              1, context_.lane.CommandsPerRequest(kListMethod)));
}

std::optional<PortalLane::Job> Updater::NextRead(bool more) {
  const size_t most = MostPerRead();
  if (to_read_.empty() || (more && to_read_.size() < most)) return std::nullopt;
  auto items = std::make_shared<std::map<ContactId, Decision>>();
  PortalLane::Job job;
  ListContacts list;
  std::set<std::string> select;
  size_t together = ReadsApart::kAnyNumber;
  while (!to_read_.empty() && items->size() < most) {
    const ContactId contact = to_read_.front().contact;
    if (items->empty()) together = apart_.Most(contact);
    if (items->size() == together || apart_.Most(contact) != together) break;
    const bool own_command = apart_.OwnCommand(contact);
    if (own_command && !list.ids.empty()) {
      job.commands.push_back(std::exchange(list, ListContacts{}));
    }
    Decision decision = std::move(to_read_.front());
    to_read_.pop_front();
    const bool compare = decision.changed.empty();
    for (std::string& name : FieldsToRead(decision, compare)) {
      select.insert(std::move(name));
    }
    list.ids.push_back(decision.contact);
    items->emplace(decision.contact, std::move(decision));
    if (list.ids.size() == kIdsPerCommand || own_command) {
      job.commands.push_back(std::exchange(list, ListContacts{}));
    }
    if (job.commands.size() * kIdsPerCommand >= most) break;
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
        const auto item = items->find(row.id);
        if (item == items->end()) continue;
        context_.sight_proven = true;
        const ClientKey key = item->second.key;
        if (row.stamp.originator != context_.settings.originator ||
            row.stamp.origin != key.guid()) {
          // Its stamp never arrived, or it is somebody else's by now: looked at like an
          // ID that 1C holds.
          context_.busy.erase(key);
          context_.strangers.insert(key);
          context_.Reconsider(key);
          items->erase(item);
          continue;
        }
        const bool compare = item->second.changed.empty();
        Ready(std::move(item->second), row, compare, /*adopt=*/false);
        items->erase(item);
      }
    }
    const ReadsApart::Unread unread = ReadsApart::In(answer.results);
    for (auto& [id, decision] : *items) {
      if (apart_.Again(id, unread, asked)) {
        to_read_.push_back(std::move(decision));
      } else {
        AskWhetherGone(decision);
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

void Updater::AskWhetherGone(const Decision& decision) {
  const ClientKey key = decision.key;
  context_.busy.erase(key);
  gone_.Ask({key, decision.contact,
             [this, key,
              contact = decision.contact](const std::optional<Survivor>& survivor) {
               const auto record = context_.RecordOf(key);
               if (!context_.Check(record.status()) || !record->has_value()) return;
               ClientRecord known = **record;
               // Asked twice, and the first answer led to another contact.
               if (known.contact != contact) return;
               known.dirty = true;
               if (survivor.has_value()) {
                 Follow(*survivor, &known);
               } else {
                 known.link = LinkState::kLost;
               }
               if (context_.Keep(known)) context_.Reconsider(key);
             },
             [this, key, contact = decision.contact](bool exists) {
               context_.Defer(key,
                              exists ? "CONTACT_READ_INCOMPLETE" : "CONTACT_UNREADABLE",
                              {{"contact", absl::StrCat(contact.value())}});
             },
             /*displaced=*/false, /*lost=*/decision.contact_gone});
}

int Updater::Touches(const Item& item) {
  if (!context_.settings.most_changed.has_value() ||
      item.outcome != Outcome::kUpdated) {
    return 0;
  }
  return context_.HasChanged(item.decision.key) ? 0 : 1;
}

std::optional<PortalLane::Job> Updater::NextWrite(bool more, bool may_claim) {
  const auto limit =
      static_cast<size_t>(context_.lane.CommandsPerRequest(kUpdateMethod));
  const size_t sendable = ready_.size() + (may_claim ? claims_.size() : 0);
  if (sendable == 0 || (more && sendable < limit)) return std::nullopt;
  auto chunk = std::make_shared<std::vector<Item>>();
  auto intents = std::make_shared<std::vector<Intent>>();
  PortalLane::Job job;
  job.read = false;
  while (chunk->size() < limit) {
    const bool claims = may_claim && !claims_.empty();
    std::deque<Item>& queue = claims ? claims_ : ready_;
    if (queue.empty()) break;
    Item& item = queue.front();
    const std::string nonce = MakeNonce(context_.random);
    Command command = MakeCommand(item.decision, item.update,
                                  MakeStamp(context_, item.decision, nonce));
    const bool alone = item.decision.alone || MustTravelAlone(command);
    if (alone && !chunk->empty()) break;
    job.claims = job.claims || claims;
    job.touches += Touches(item);
    intents->push_back({.key = item.decision.key,
                        .kind = AttemptKind::kUpdate,
                        .nonce = nonce,
                        .digest = item.decision.digest,
                        .mapping_version = context_.settings.mapping_version,
                        .version = item.decision.version,
                        .fields = FieldsOf(item.update)});
    job.commands.push_back(std::move(command));
    chunk->push_back(std::move(item));
    queue.pop_front();
    if (alone) break;
  }
  job.prepare = [this, intents] {
    CrashPoint("agent.update.intent");
    const auto committed = context_.ledger.CommitIntents(*intents, context_.high);
    CrashPoint("agent.update.intended");
    if (context_.Check(committed.status())) return true;
    --in_flight_;
    return false;
  };
  job.done = [this, chunk](const PortalAnswer& answer) { Done(chunk, answer); };
  ++in_flight_;
  return job;
}

void Updater::Done(const std::shared_ptr<std::vector<Item>>& chunk,
                   const PortalAnswer& answer) {
  --in_flight_;
  ChunkAnswer outcome(context_, answer);
  std::vector<const Decision*> gone;
  std::vector<ClientKey> stamped;
  for (size_t i = 0; i < chunk->size(); ++i) {
    const Item& item = (*chunk)[i];
    const Decision& decision = item.decision;
    const CommandResult& result = answer.results[i];
    switch (result.fate) {
      case Fate::kDone:
        if (item.stamp_only) stamped.push_back(decision.key);
        outcome.Done(decision, decision.contact, item.outcome);
        break;
      case Fate::kGone:
        outcome.NotExecuted(decision);
        gone.push_back(&decision);
        break;
      case Fate::kNotExecuted:
        outcome.ToRepeat(decision);
        if (answer.fate == RequestFate::kNotSent && item.claims && !item.adopts) {
          // The lease ran out: others may have written since it was read.
          to_read_.push_back(decision);
          reads_ = true;
        } else {
          Queue(item);
        }
        break;
      case Fate::kRefused:
        outcome.Refused(decision, result.reason, result.portal_code);
        break;
      case Fate::kUnknown:
        outcome.Doubtful(decision, result.answered, result.portal_code);
        break;
    }
  }
  if (!outcome.NoteErrors()) return;
  CrashPoint("agent.update.result");
  if (!outcome.Settle()) return;
  CrashPoint("agent.update.settled");
  outcome.Doubt();
  for (const ClientKey& key : stamped) {
    auto record = context_.ledger.Get(key);
    if (!context_.Check(record.status()) || !record->has_value()) return;
    (*record)->dirty = true;
    // Only what really differs is sent then.
    (*record)->exported.fields_known = false;
    (*record)->exported.hash.clear();
    if (!context_.Check(context_.ledger.Put({**record}))) return;
  }
  for (const Decision* decision : gone) AskWhetherGone(*decision);
}

}  // namespace guestbridge::agent
