#include "sync-agent/export/adder.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/crash_point/crash_point.h"
#include "sync-agent/export/event_poll.h"
#include "sync-agent/model/mutant.h"

namespace guestbridge::agent {
namespace {

constexpr char kImportMethod[] = "crm.item.batchImport";
constexpr char kItemMethod[] = "crm.item.import";
constexpr char kAddMethod[] = "crm.contact.add";
constexpr size_t kMostCommands = 50;  // in a batch
// Full requests between two that leave room for a look: 0.2 % more requests.
constexpr int kFullBetweenLooks = 10;
constexpr int kMostPerImport = 20;

// A look may be why no answer comes, or none that can be read.
constexpr int kMostUnheardLooks = 2;
constexpr int kRequestsWithoutLook = 20;

ContactContent WithoutEmpties(const ContactContent& content) {
  ContactContent sent;
  for (const auto& [name, value] : content.fields) {
    if (!value.empty()) sent.fields.emplace_hint(sent.fields.end(), name, value);
  }
  for (const auto& [name, values] : content.multifields) {
    if (!values.empty()) {
      sent.multifields.emplace_hint(sent.multifields.end(), name, values);
    }
  }
  return sent;
}

Outcome OutcomeOf(const Decision& decision) {
  return decision.action == PlannedAction::kRecreate ? Outcome::kRecreated
                                                     : Outcome::kAdded;
}

}  // namespace

bool Adder::IsQuiet(const Decision& decision) const {
  const RobotsPolicy policy = context_.settings.policies.robots;
  if (policy != RobotsPolicy::kNewGuests) return policy == RobotsPolicy::kNever;
  // Robots greet new guests, not the thousands that a first export brings, and nobody
  // a second time.
  return context_.settings.first_export || decision.action == PlannedAction::kRecreate;
}

void Adder::Add(Decision decision) {
  const bool import = may_batch_import_ && IsQuiet(decision) && !decision.alone &&
                      CanBeImported(decision.content);
  if (context_.settings.dry_run) {
    const Outcome outcome = OutcomeOf(decision);
    context_.tally.Count(outcome);
    context_.plan.Write(decision, outcome,
                        import ? PlanTally::Call::kImport : PlanTally::Call::kAdd, {},
                        /*read_first=*/false, /*robots=*/!IsQuiet(decision));
    return;
  }
  if (held_) return Wait(decision);
  (import ? imports_ : singles_).push_back(std::move(decision));
}

size_t Adder::MostPerRequest() const {
  const RequestSize size = context_.lane.SizeFor(kImportMethod, kMostPerImport);
  return static_cast<size_t>(size.commands) *
         static_cast<size_t>(size.units_per_command);
}

std::optional<PortalLane::Job> Adder::Next(bool more) {
  if (pending() == 0) return std::nullopt;
  if (!witnessed_) {
    const auto witness = context_.ledger.Witness();
    if (!context_.Check(witness.status())) return std::nullopt;
    witnessed_ = witness->exists();
    newest_ = std::max(newest_, *witness);
  }
  if (SendsAlone() && in_flight_ > 0) return std::nullopt;
  if (auto job = NextImport(more); job.has_value()) return job;
  return NextSingles(more);
}

Adder::Member Adder::TakeFront(std::deque<Decision>* queue) {
  Member member;
  member.decision = std::move(queue->front());
  member.nonce = MakeNonce(context_.random);
  queue->pop_front();
  return member;
}

Stamp Adder::StampOf(const Member& member) const {
  return MakeStamp(context_, member.decision, member.nonce);
}

bool Adder::MaySpread() const {
  return context_.settings.spread_imports && may_spread_ && may_import_ &&
         !SendsAlone();
}

RequestSize Adder::SizeOf(Way way) const {
  if (SendsAlone()) return RequestSize{};
  RequestSize size = context_.lane.SizeFor(
      MethodOf(way), way == Way::kBatchImport ? kMostPerImport : 1);
  if (unlooked_ >= kFullBetweenLooks && looks_left_out_ == 0) {
    size.commands = std::min(size.commands, static_cast<int>(kMostCommands) - 1);
  }
  return size;
}

const char* Adder::MethodOf(Way way) {
  switch (way) {
    case Way::kBatchImport:
      return kImportMethod;
    case Way::kItemImport:
      return kItemMethod;
    case Way::kAdd:
      break;
  }
  return kAddMethod;
}

Adder::Way Adder::QuickestWay() const {
  if (!MaySpread()) return Way::kBatchImport;
  const auto start = [&](Way way, const char* method) {
    const RequestSize size = SizeOf(way);
    const MethodLoad load = {size.commands, size.commands * size.units_per_command};
    return context_.lane.StartOf({{method, load}}, context_.now);
  };
  Way quickest = Way::kBatchImport;
  absl::Duration least = start(quickest, kImportMethod);
  for (const auto& [way, method] :
       {std::pair(Way::kItemImport, kItemMethod), std::pair(Way::kAdd, kAddMethod)}) {
    const absl::Duration at = start(way, method);
    if (at >= least) continue;
    least = at;
    quickest = way;
  }
  return quickest;
}

std::optional<PortalLane::Job> Adder::NextImport(bool more) {
  if (imports_.empty()) return std::nullopt;
  if (MaySpread() && !context_.lane.refused_method().empty()) {
    StopSpreading("SPREADING_STOPPED", context_.lane.refused_method());
  }
  const Way way = QuickestWay();
  if (context_.lane.Waits(MethodOf(way))) return std::nullopt;
  const RequestSize size = SizeOf(way);
  const auto per_command = static_cast<size_t>(size.units_per_command);
  const size_t limit = per_command * static_cast<size_t>(size.commands);
  if (more && imports_.size() < limit) return std::nullopt;

  auto chunk = std::make_shared<Chunk>();
  chunk->way = way;
  chunk->spread = way != Way::kBatchImport;
  chunk->members.reserve(std::min(limit, imports_.size()));
  std::vector<Command> commands;
  ImportContacts import;
  import.items.reserve(per_command);
  while (!imports_.empty() && chunk->members.size() < limit) {
    if (MustTravelAlone(imports_.front().content)) {
      // What batch would take for a reference goes by a call of its own.
      imports_.front().alone = true;
      singles_.push_back(std::move(imports_.front()));
      imports_.pop_front();
      continue;
    }
    Member member = TakeFront(&imports_);
    ImportContacts::Item item = {WithoutEmpties(member.decision.content),
                                 StampOf(member)};
    chunk->members.push_back(std::move(member));
    if (way == Way::kAdd) {
      commands.emplace_back(
          AddContact{std::move(item.content), std::move(item.stamp), /*import=*/true});
      continue;
    }
    import.single = way == Way::kItemImport;
    import.items.push_back(std::move(item));
    if (import.items.size() == per_command) {
      commands.emplace_back(std::exchange(import, ImportContacts{}));
      import.items.reserve(per_command);
    }
  }
  if (!import.items.empty()) commands.emplace_back(std::move(import));
  if (chunk->members.empty()) return std::nullopt;
  chunk->proves_end = !context_.end_seen;
  return MakeJob(std::move(commands), chunk);
}

std::optional<PortalLane::Job> Adder::NextSingles(bool more) {
  if (singles_.empty() || context_.lane.Waits(kAddMethod)) return std::nullopt;
  const auto limit = static_cast<size_t>(SizeOf(Way::kAdd).commands);
  if (more && singles_.size() < limit) return std::nullopt;

  auto chunk = std::make_shared<Chunk>();
  std::vector<Command> commands;
  while (!singles_.empty() && chunk->members.size() < limit) {
    AddContact add;
    add.content = WithoutEmpties(singles_.front().content);
    add.import = may_import_ && IsQuiet(singles_.front());
    const bool alone = singles_.front().alone || MustTravelAlone(Command(add));
    if (alone && !chunk->members.empty()) break;
    Member member = TakeFront(&singles_);
    add.stamp = StampOf(member);
    commands.emplace_back(std::move(add));
    chunk->members.push_back(std::move(member));
    chunk->alone = alone;
    chunk->proves_end = !context_.end_seen && !alone;
    if (alone) break;
  }
  return MakeJob(std::move(commands), chunk);
}

PortalLane::Job Adder::MakeJob(std::vector<Command> commands,
                               const std::shared_ptr<Chunk>& chunk) {
  chunk->additions = commands.size();
  if (looks_left_out_ > 0) --looks_left_out_;
  const bool may_look = looks_left_out_ == 0 &&
                        // The look would find that mutant out, and the nights must.
                        !MutantActive(Mutant::kSlotOffByOne);
  const bool looks_behind = may_look && !chunk->proves_end && !chunk->alone &&
                            commands.size() < kMostCommands;
  chunk->looks_after = may_look && chunk->alone;
  unlooked_ = looks_behind || chunk->proves_end ? 0 : unlooked_ + 1;
  if (chunk->proves_end || looks_behind) {
    commands.emplace_back(ListNewest{.versions = true});
  }
  PortalLane::Job job;
  job.commands = std::move(commands);
  job.read = false;
  job.creates = true;
  job.claims = true;
  job.looks_behind = looks_behind;
  job.touches = static_cast<int>(std::count_if(
      chunk->members.begin(), chunk->members.end(), [this](const Member& member) {
        return OutcomeOf(member.decision) == Outcome::kRecreated &&
               context_.settings.most_changed.has_value() &&
               !context_.HasChanged(member.decision.key);
      }));
  job.prepare = [this, chunk] { return Prepare(*chunk); };
  job.done = [this, chunk](const PortalAnswer& answer) { Answered(chunk, answer); };
  ++in_flight_;
  return job;
}

bool Adder::Prepare(Chunk& chunk) {
  chunk.high = std::max(context_.high, newest_);
  std::vector<Intent> intents;
  intents.reserve(chunk.members.size());
  for (Member& member : chunk.members) {
    // The digests are lent: copies of a thousand cost as much as writing them down.
    intents.push_back({.key = member.decision.key,
                       .kind = AttemptKind::kAdd,
                       .nonce = member.nonce,
                       .digest = std::move(member.decision.digest),
                       .mapping_version = context_.settings.mapping_version,
                       .recreate = member.decision.action == PlannedAction::kRecreate,
                       .version = member.decision.version});
  }
  CrashPoint("agent.add.intent");
  const auto committed = context_.ledger.CommitIntents(intents, context_.high);
  for (size_t i = 0; i < intents.size(); ++i) {
    chunk.members[i].decision.digest = std::move(intents[i].digest);
  }
  if (!context_.Check(committed.status())) {
    --in_flight_;
    return false;
  }
  CrashPoint("agent.add.intended");
  return true;
}

absl::StatusOr<bool> Adder::IsBelieved(const Chunk& chunk,
                                       const std::vector<ItemResult>& results,
                                       const NewestShown& newest) const {
  if (!context_.end_seen || !CanBeTrue(results, chunk.high)) return false;
  for (size_t i = 0; i < results.size(); ++i) {
    if (results[i].fate != Fate::kDone) continue;
    const Member& member = chunk.members[i];
    if (newest.Contradicts(AdditionOf(member), results[i].id)) return false;
    const auto owner = context_.ledger.ClientOf(results[i].id);
    if (!owner.ok()) return owner.status();
    if (owner->has_value() && **owner != member.decision.key) return false;
  }
  return true;
}

absl::StatusOr<ContactId> Adder::ShownFor(const Member& member,
                                          const NewestShown& newest) const {
  const ContactId made = newest.MadeBy(AdditionOf(member));
  if (!made.exists()) return made;
  const auto owner = context_.ledger.ClientOf(made);
  if (!owner.ok()) return owner.status();
  return owner->has_value() && **owner != member.decision.key ? ContactId() : made;
}

void Adder::NoteHeard(bool looked, RequestFate fate) {
  if (!looked || fate != RequestFate::kUnknown) {
    unheard_looks_ = 0;
  } else if (++unheard_looks_ >= kMostUnheardLooks) {
    unheard_looks_ = 0;
    looks_left_out_ = kRequestsWithoutLook;
  }
}

void Adder::Link(const Decision& decision, ContactId contact, bool told,
                 ChunkAnswer* answer) {
  newest_ = std::max(newest_, contact);
  context_.sight_proven = true;
  const WriteBackRank rank =
      context_.settings.first_export ? WriteBackRank::kMass : WriteBackRank::kFresh;
  if (told) {
    answer->Done(decision, contact, OutcomeOf(decision), rank);
  } else {
    answer->Found(decision, contact, OutcomeOf(decision), rank);
  }
}

void Adder::Hold() {
  held_ = true;
  context_.tally.AddNotice("LOOKUP_INCOMPLETE", {});
  for (const std::deque<Decision>* queue : {&imports_, &singles_}) {
    for (const Decision& decision : *queue) Wait(decision);
  }
  imports_.clear();
  singles_.clear();
}

void Adder::Wait(const Decision& decision) {
  context_.Defer(decision.key, "LOOKUP_INCOMPLETE", {});
}

void Adder::StopSpreading(const char* reason, const std::string& method) {
  may_spread_ = false;
  context_.tally.AddNotice(reason, {{"method", method}});
}

void Adder::Close(const CommandResult& result, Way way) {
  // The right to import is one for all ways.
  const bool right_missing = result.reason == "RIGHT_MISSING_ON_PORTAL";
  if (way == Way::kBatchImport) {
    may_batch_import_ = false;
    if (right_missing) may_import_ = false;
    for (Decision& decision : imports_) singles_.push_back(std::move(decision));
    imports_.clear();
  } else {
    may_import_ = false;
  }
  context_.tally.AddNotice(
      may_import_ ? "BATCH_IMPORT_UNAVAILABLE" : "IMPORT_RIGHT_MISSING",
      {{"code", result.portal_code}});
}

bool Adder::SweepNextTime() {
  if (sweeps_next_time_) return true;
  sweeps_next_time_ = context_.Check(context_.ledger.SetNote(kSweptNote, ""));
  return sweeps_next_time_;
}

void Adder::Answered(const std::shared_ptr<Chunk>& chunk, const PortalAnswer& answer) {
  if (!chunk->looks_after || answer.results.front().fate != Fate::kDone) {
    return Done(chunk.get(), answer);
  }
  PortalLane::Job look;
  look.commands.emplace_back(ListNewest{.versions = true});
  if (context_.lane.StartOf(CountMethods(look.commands), context_.now) >
      context_.lane.StartOf({}, context_.now)) {
    return Done(chunk.get(), answer);
  }
  look.done = [this, chunk, answer](const PortalAnswer& seen) {
    PortalAnswer both = answer;
    both.results.push_back(seen.results.front());
    Done(chunk.get(), both);
  };
  look.dropped = [this, chunk, answer] { Done(chunk.get(), answer); };
  context_.lane.Submit(std::move(look));
}

void Adder::Done(Chunk* chunk, const PortalAnswer& answer) {
  --in_flight_;
  ChunkAnswer outcome(context_, answer);
  std::vector<Decision> again;
  const std::vector<ItemResult> results = ResultsOf(answer, chunk->members.size());
  // The lane may have left the look out.
  const bool looked = answer.results.size() > chunk->additions;
  NoteHeard(looked && !chunk->looks_after, answer.fate);
  const CommandResult look = looked ? answer.results.back() : CommandResult();
  const NewestShown newest(look, context_.settings.originator, chunk->high);
  // What is only told may be false, and what an attempt makes is sought above `high`.
  context_.SawNewest(look.rows);
  bool hidden = false;
  if (chunk->proves_end) {
    const Member& member = chunk->members.front();
    const bool done = results.front().fate == Fate::kDone;
    // Without its word only what bears its nonce is new.
    const ContactId shown =
        done ? newest.Of(member.decision.key) : newest.MadeBy(AdditionOf(member));
    if (shown.exists()) {
      // Made just now: whatever stood there before is below it.
      context_.end_seen = true;
      newest_ = std::max(newest_, shown);
    }
    hidden = done && !shown.exists() && look.fate == Fate::kDone && look.complete_page;
  }
  const auto believed = IsBelieved(*chunk, results, newest);
  if (!context_.Check(believed.status())) return;
  bool told = false;
  bool seen = false;
  for (size_t i = 0; i < chunk->members.size(); ++i) {
    const Decision& decision = chunk->members[i].decision;
    const ItemResult& result = results[i];
    if (*believed && result.fate == Fate::kDone) {
      told = true;
      seen = seen || newest.Shows(result.id);
      Link(decision, result.id, /*told=*/true, &outcome);
      continue;
    }
    // Whatever its slot says: what is shown is there.
    const auto shown = ShownFor(chunk->members[i], newest);
    if (!context_.Check(shown.status())) return;
    if (shown->exists()) {
      Link(decision, *shown, /*told=*/false, &outcome);
      continue;
    }
    switch (result.fate) {
      case Fate::kDone:
        outcome.Doubtful(decision);
        break;
      case Fate::kNotExecuted:
        outcome.ToRepeat(decision);
        again.push_back(decision);
        break;
      case Fate::kRefused:
        outcome.Refused(decision, result.reason, result.portal_code);
        break;
      case Fate::kGone:
      case Fate::kUnknown:
        outcome.Doubtful(decision, result.answered, result.portal_code);
        break;
    }
  }
  for (size_t i = 0; i < chunk->additions; ++i) {
    const CommandResult& command = answer.results[i];
    if (!command.unavailable) continue;
    if (!chunk->spread) {
      Close(command, chunk->way);
    } else if (may_spread_) {
      // The main way finds out by itself whether a right is missing.
      StopSpreading("SPREADING_UNAVAILABLE",
                    chunk->way == Way::kAdd ? kAddMethod : kItemMethod);
    }
  }
  if (told && !seen && !SweepNextTime()) return;
  for (Decision& decision : again) Add(std::move(decision));
  if (!outcome.NoteErrors()) return;
  CrashPoint("agent.add.result");
  if (!outcome.Settle()) return;
  CrashPoint("agent.add.settled");
  outcome.Doubt();
  if (hidden) Hold();
}

}  // namespace guestbridge::agent
