#include "sync-agent/export/adder.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"

namespace guestbridge::agent {
namespace {

constexpr char kAddMethod[] = "crm.contact.add";

ContactContent WithoutEmpties(const ContactContent& content) {
  ContactContent sent;
  for (const auto& [name, value] : content.fields) {
    if (!value.empty()) sent.fields.emplace(name, value);
  }
  for (const auto& [name, values] : content.multifields) {
    if (!values.empty()) sent.multifields.emplace(name, values);
  }
  return sent;
}

Outcome OutcomeOf(const Decision& decision) {
  return decision.action == PlannedAction::kRecreate ? Outcome::kRecreated
                                                     : Outcome::kAdded;
}

}  // namespace

void Adder::Add(Decision decision) {
  if (context_.settings.dry_run) {
    context_.tally.Count(OutcomeOf(decision));
    return;
  }
  queue_.push_back(std::move(decision));
}

std::optional<PortalLane::Job> Adder::Next(bool more) {
  if (queue_.empty()) return std::nullopt;
  if (!witnessed_) {
    const auto witness = context_.ledger.Witness();
    if (!context_.Check(witness.status())) return std::nullopt;
    witnessed_ = witness->exists();
    if (!witnessed_ && in_flight_ > 0) return std::nullopt;
  }
  const size_t limit =
      witnessed_ ? static_cast<size_t>(context_.lane.CommandsPerRequest(kAddMethod))
                 : 1;
  if (more && queue_.size() < limit) return std::nullopt;

  auto chunk = std::make_shared<Chunk>();
  auto nonces = std::make_shared<std::vector<std::string>>();
  std::vector<Command> commands;
  while (!queue_.empty() && chunk->size() < limit) {
    Decision& decision = queue_.front();
    const auto record = context_.ledger.Get(decision.key);
    if (!context_.Check(record.status())) return std::nullopt;
    const int revision = record->has_value() ? (*record)->revision + 1 : 1;
    AddContact add;
    add.content = WithoutEmpties(decision.content);
    nonces->push_back(MakeNonce(context_.random));
    add.stamp = MakeStamp(context_, decision, nonces->back(), revision);
    // Robots greet new guests, not the thousands that a first export brings, and nobody
    // a second time.
    add.import =
        context_.settings.first_export || decision.action == PlannedAction::kRecreate;
    Command command = std::move(add);
    const bool alone = decision.alone || MustTravelAlone(command);
    if (alone && !chunk->empty()) {
      nonces->pop_back();
      break;
    }
    commands.push_back(std::move(command));
    chunk->push_back(std::move(decision));
    queue_.pop_front();
    if (alone) break;
  }

  PortalLane::Job job;
  job.commands = std::move(commands);
  job.read = false;
  job.creates = true;
  job.prepare = [this, chunk, nonces] { return Prepare(*chunk, *nonces); };
  job.done = [this, chunk](const PortalAnswer& answer) { Done(chunk, answer); };
  ++in_flight_;
  return job;
}

bool Adder::Prepare(const Chunk& chunk, const std::vector<std::string>& nonces) {
  std::vector<Intent> intents;
  for (size_t i = 0; i < chunk.size(); ++i) {
    intents.push_back({.key = chunk[i].key,
                       .kind = AttemptKind::kAdd,
                       .nonce = nonces[i],
                       .digest = chunk[i].digest,
                       .mapping_version = context_.settings.mapping_version,
                       .recreate = chunk[i].action == PlannedAction::kRecreate});
  }
  const auto committed = context_.ledger.CommitIntents(intents, context_.high);
  if (!context_.Check(committed.status())) {
    --in_flight_;
    return false;
  }
  return true;
}

void Adder::Doubt(const Decision& decision, bool answered) {
  context_.busy.erase(decision.key);
  context_.doubts.Add(decision.key,
                      context_.now.steady + context_.settings.settle_time);
  auto record = context_.ledger.Get(decision.key);
  if (!context_.Check(record.status()) || !record->has_value()) return;
  ClientRecord& known = **record;
  if (answered && known.answered_refusals > 0 &&
      known.refused_hash == decision.digest.hash) {
    // The second clear no to the same content: reported now. The attempt itself is
    // still settled by evidence.
    known.reason = "PORTAL_REFUSED";
    known.problem = Outcome::kFailed;
    context_.tally.Mark(&known, Outcome::kFailed);
    context_.tally.AddFailure(known.key, known.reason, known.parameters);
  } else {
    context_.tally.Mark(&known, Outcome::kDeferred);
  }
  context_.Check(context_.ledger.Put({known}));
}

void Adder::Done(const std::shared_ptr<Chunk>& chunk, const PortalAnswer& answer) {
  --in_flight_;
  const int64_t unix_now = absl::ToUnixSeconds(context_.now.wall);
  std::vector<Settlement> settlements;
  std::vector<ClientKey> answered;
  std::vector<std::pair<const Decision*, bool>> doubtful;
  for (size_t i = 0; i < chunk->size(); ++i) {
    Decision& decision = (*chunk)[i];
    const CommandResult& result = answer.results[i];
    const auto before = context_.ledger.Get(decision.key);
    if (!context_.Check(before.status())) return;
    switch (result.fate) {
      case Fate::kDone: {
        const auto owner = context_.ledger.ClientOf(result.id);
        if (!context_.Check(owner.status())) return;
        const bool twice = std::any_of(
            settlements.begin(), settlements.end(), [&](const Settlement& other) {
              return other.evidence.kind() == Evidence::Kind::kDone &&
                     other.evidence.id() == result.id;
            });
        if ((owner->has_value() && **owner != decision.key) || twice) {
          // The ID of another client: this answer is not to be believed.
          doubtful.emplace_back(&decision, false);
          break;
        }
        context_.SawId(result.id);
        context_.sight_proven = true;
        context_.busy.erase(decision.key);
        settlements.push_back({decision.key, Evidence::Done(result.id),
                               context_.settings.run, OutcomeOf(decision), unix_now});
        context_.tally.Moved(*before, OutcomeOf(decision));
        break;
      }
      case Fate::kNotExecuted:
        settlements.push_back(
            {decision.key, Evidence::NotExecuted(), 0, Outcome::kNone, unix_now});
        if (answer.fate != RequestFate::kNotSent) {
          ++context_.tally.progress().portal.retried;
        }
        queue_.push_back(decision);
        break;
      case Fate::kRefused: {
        context_.busy.erase(decision.key);
        Parameters parameters = {{"code", result.portal_code}};
        context_.tally.AddFailure(decision.key, result.reason, parameters);
        context_.tally.Moved(*before, Outcome::kFailed);
        settlements.push_back({decision.key,
                               Evidence::Refused(result.reason, std::move(parameters)),
                               context_.settings.run, Outcome::kFailed, unix_now});
        break;
      }
      case Fate::kGone:
      case Fate::kUnknown:
        if (result.answered) answered.push_back(decision.key);
        doubtful.emplace_back(&decision, result.answered);
        break;
    }
  }
  if (!answered.empty() && !context_.Check(context_.ledger.NoteAnswered(answered))) {
    return;
  }
  if (!context_.Check(context_.ledger.Settle(settlements))) return;
  for (const auto& [decision, had_answer] : doubtful) Doubt(*decision, had_answer);
}

}  // namespace guestbridge::agent
