#include "sync-agent/export/portal_lane.h"

#include <algorithm>
#include <atomic>
#include <iterator>
#include <type_traits>
#include <utility>
#include <variant>

#include "common/status/error.h"
#include "sync-agent/model/mutant.h"

namespace guestbridge::agent {
namespace {

constexpr char kAwayNotice[] = "PORTAL_AWAY";

// Request ids are unique in the process, so that a late answer of a run that has ended
// cannot be taken for another's.
uint64_t NextRequestId() {
  static std::atomic<uint64_t> next{1};
  return next.fetch_add(1);
}

// What the mutants make of an answer to additions.
constexpr Mutant kDistortions[] = {Mutant::kBlindRetry, Mutant::kErrorMeansNo,
                                   Mutant::kSlotOffByOne};
bool Distorts() {
  return std::any_of(std::begin(kDistortions), std::end(kDistortions), MutantActive);
}
void Distort(std::vector<CommandResult>* results) {
  const auto no = [](auto* word) {
    const bool unclear = word->fate == Fate::kUnknown;
    if ((MutantActive(Mutant::kBlindRetry) && unclear) ||
        (MutantActive(Mutant::kErrorMeansNo) && unclear && word->answered)) {
      word->fate = Fate::kNotExecuted;
    }
  };
  for (CommandResult& result : *results) {
    no(&result);
    for (ItemResult& item : result.items) no(&item);
  }
  if (!MutantActive(Mutant::kSlotOffByOne)) return;
  const auto shift = [](auto* words) {
    const auto failed =
        std::find_if(words->begin(), words->end(),
                     [](const auto& word) { return word.fate != Fate::kDone; });
    if (failed == words->end() || failed + 1 == words->end()) return;
    std::rotate(failed, failed + 1, words->end());
  };
  shift(results);
  for (CommandResult& result : *results) shift(&result.items);
}

// Contacts in one command.
int UnitsOf(const Command& command) {
  const auto* import = std::get_if<ImportContacts>(&command);
  return import == nullptr ? 1 : static_cast<int>(import->items.size());
}

// How many of the job's commands it is made for.
size_t Needed(const PortalLane::Job& job) {
  return job.commands.size() - (job.looks_behind ? 1 : 0);
}
const CommandResult* FirstPutOff(const PortalLane::Job& job,
                                 const PortalAnswer& answer) {
  if (answer.fate != RequestFate::kAnswered) return nullptr;
  const auto needed = answer.results.begin() + static_cast<ptrdiff_t>(std::min(
                                                   Needed(job), answer.results.size()));
  const auto found = std::find_if(answer.results.begin(), needed, IsPutOff);
  return found == needed ? nullptr : &*found;
}

// What is still asked about a write that has left: its kind, and how many contacts it
// carries. The contacts themselves are thousands.
Command Outline(const Command& command) {
  return std::visit(
      [](const auto& whole) -> Command {
        std::decay_t<decltype(whole)> outline;
        if constexpr (std::is_same_v<decltype(outline), ImportContacts>) {
          outline.single = whole.single;
          outline.items.resize(whole.items.size());
        }
        return outline;
      },
      command);
}

// So often a read is asked again whose answer nobody can read.
constexpr int kUnreadableTries = 3;

// A method that is seldom asked fails twice by chance.
constexpr int kLeastMethodTries = 3;

// What fails that long after it failed last, failed for another reason: nobody asked
// for it meanwhile, or the portal was away. Longer than a doubt takes to be settled.
constexpr absl::Duration kForgotten = absl::Minutes(90);

// A look with what vouches for it, and a question to both methods: never in less.
constexpr size_t kLeastCommands = 3;

bool MayLeave(const PortalLane::Job& job, bool may_claim) {
  return !job.claims || may_claim;
}

}  // namespace

RequestLoad CountMethods(const std::vector<Command>& commands, bool looks_behind) {
  RequestLoad load;
  for (const Command& command : commands) {
    MethodLoad& method = load[MethodOf(command)];
    ++method.commands;
    method.units += UnitsOf(command);
  }
  if (looks_behind) load[MethodOf(commands.back())].rides_along = true;
  return load;
}

PortalLane::PortalLane(Pacer& pacer, Tally& tally, const RunSettings& settings,
                       CeilingCount* ceilings)
    : pacer_(pacer), tally_(tally), settings_(settings), ceilings_(ceilings) {}

bool PortalLane::FailUnless(absl::Status status) {
  if (status.ok()) return false;
  if (failure_.ok()) failure_ = std::move(status);
  return true;
}

RequestSize PortalLane::SizeFor(const char* method, int most_units_per_command) const {
  RequestSize size = pacer_.SizeFor(method, most_units_per_command);
  if (ceilings_ == nullptr) return size;
  if (const std::optional<int> room = ceilings_->RoomFor(method); room.has_value()) {
    size.units_per_command = std::min(size.units_per_command, *room);
    size.commands = std::clamp(size.commands, 1, *room / size.units_per_command);
  }
  return size;
}

int PortalLane::MostInFlight() const {
  return std::min(settings_.max_requests_in_flight, pacer_.Concurrency());
}

bool PortalLane::HasRoom() const {
  // One waits at most for what all share, so that its size is what was right a moment
  // ago; what may not leave, or waits for its own method, doesn't hold up what may.
  return failure_.ok() && !IsFull() &&
         std::none_of(waiting_.begin(), waiting_.end(), [&](const Waiting& waiting) {
           return MayLeave(waiting.job, may_claim_) && waiting.waits_for.empty();
         });
}

bool PortalLane::IsTooLarge(const Job& job) const {
  if (job.commands.size() <= kLeastCommands) return false;
  const RequestLoad load = CountMethods(job.commands);
  return std::any_of(load.begin(), load.end(), [&](const auto& asked) {
    return asked.second.commands > CommandsPerRequest(asked.first.c_str());
  });
}

bool PortalLane::IsHopeless(const PortalAnswer& answer, Job* job) const {
  if (!IsUnreadable(answer)) return false;
  ++job->unreadable;
  return job->unreadable >= kUnreadableTries && heard_at_ > job->failing->since();
}

bool PortalLane::Waits(absl::string_view method) const {
  return std::any_of(waiting_.begin(), waiting_.end(), [&](const Waiting& waiting) {
    return waiting.waits_for.contains(std::string(method));
  });
}

void PortalLane::Submit(Job job) { waiting_.push_back({std::move(job), false, {}}); }

int PortalLane::Touches() const {
  int touches = 0;
  for (const Waiting& waiting : waiting_) touches += waiting.job.touches;
  for (const auto& [id, job] : in_flight_) touches += job.touches;
  return touches;
}

void PortalLane::CountWait(const Instant& now) {
  if (waiting_since_.has_value()) {
    tally_.progress().portal.wait_seconds +=
        absl::ToDoubleSeconds(now.steady - *waiting_since_);
  }
  const bool waits = std::any_of(waiting_.begin(), waiting_.end(),
                                 [](const Waiting& waiting) { return waiting.ready; });
  waiting_since_.reset();
  if (waits) waiting_since_ = now.steady;
}

absl::Duration PortalLane::StartLater(Waiting* waiting, const RequestLoad& load,
                                      const Instant& now) {
  const absl::Duration start = StartOf(load, now);
  waiting->waits_for.clear();
  if (start <= now.steady) return start;
  // Until then nothing leaves, of whatever method.
  const absl::Duration any = StartOf({}, now);
  for (const auto& [method, asked] : load) {
    if (StartOf({{method, asked}}, now) > any) waiting->waits_for.insert(method);
  }
  return start;
}

bool PortalLane::Pump(const Instant& now, bool may_claim,
                      std::vector<ActionToDo>* actions) {
  may_claim_ = may_claim;
  CountWait(now);
  bool moved = false;
  absl::Duration wake = absl::InfiniteDuration();
  for (auto next = waiting_.begin();
       failure_.ok() && next != waiting_.end() && !IsFull();) {
    if (!MayLeave(next->job, may_claim)) {
      ++next;  // The lease's renewal wakes the machine.
      continue;
    }
    if (pacer_.away()) {
      // Not a write: nobody's contact shall be in doubt for the sake of a question.
      Probe(now, actions);
      break;
    }
    SpareTheLook(&next->job, now);
    const RequestLoad load =
        MutantActive(Mutant::kOperatingTimeUncounted)
            ? RequestLoad()
            : CountMethods(next->job.commands, next->job.looks_behind);
    next->ready = true;
    const bool stood_aside = !next->waits_for.empty();
    // Not even alone: come back when the portal's window has moved.
    if (const absl::Duration start = StartLater(&*next, load, now);
        start > now.steady) {
      wake = std::min(wake, start);
      moved = moved || (!stood_aside && !next->waits_for.empty());
      ++next;
      continue;
    }
    moved = true;
    if (ceilings_ != nullptr && FailUnless(ceilings_->Take(next->job.commands))) break;
    Job job = std::move(next->job);
    next = waiting_.erase(next);
    const bool later = MutantActive(Mutant::kIntentAfterSend) && job.creates;
    if (job.prepare && !later && !job.prepare()) {
      if (ceilings_ != nullptr) FailUnless(ceilings_->GiveBack(job.commands));
      continue;
    }
    Send(std::move(job), load, now, actions);
  }
  if (wake != absl::InfiniteDuration()) actions->push_back(WakeAt{wake});
  CountWait(now);
  return moved;
}

void PortalLane::SpareTheLook(Job* job, const Instant& now) const {
  if (!job->looks_behind) return;
  const std::vector<Command> look = {job->commands.back()};
  if (StartOf(CountMethods(look), now) <= StartOf({}, now)) return;
  job->commands.pop_back();
  job->looks_behind = false;
}

void PortalLane::Probe(const Instant& now, std::vector<ActionToDo>* actions) {
  Job job;
  job.commands.push_back(GetProfile{});
  job.probe = true;
  const RequestLoad load = CountMethods(job.commands);
  const absl::Duration start = pacer_.EarliestStart(load, now.steady, now.wall);
  if (start > now.steady) {
    actions->push_back(WakeAt{start});
  } else {
    Send(std::move(job), load, now, actions);
  }
}

void PortalLane::Send(Job job, const RequestLoad& load, const Instant& now,
                      std::vector<ActionToDo>* actions) {
  const uint64_t id = NextRequestId();
  pacer_.Sent(id, load, now.steady);
  std::vector<Command> commands;
  if (job.read) {
    commands = job.commands;  // it may be asked again
  } else {
    commands.reserve(job.commands.size());
    for (Command& command : job.commands) {
      Command outline = Outline(command);
      commands.push_back(std::exchange(command, std::move(outline)));
    }
  }
  actions->push_back(
      SendRequest{id, {.commands = std::move(commands), .counted = true}, job.claims});
  in_flight_.emplace(id, std::move(job));
}

void PortalLane::Learn(uint64_t id, const Job& job, const PortalAnswer& answer,
                       const Instant& now) {
  PaceObservation observation;
  observation.took = answer.took;
  observation.reports_operating = answer.reports_operating;
  observation.too_fast = answer.fate == RequestFate::kTooFast;
  observation.transport_failure = IsTransportFailure(answer);
  const bool puts_off = FirstPutOff(job, answer) != nullptr;
  PortalUse& use = tally_.progress().portal;
  for (size_t i = 0; i < job.commands.size() && i < answer.results.size(); ++i) {
    const CommandResult& result = answer.results[i];
    if ((puts_off || i >= Needed(job)) && IsPutOff(result)) {
      observation.put_off.insert(MethodOf(job.commands[i]));
      continue;
    }
    observation.methods.push_back(
        {MethodOf(job.commands[i]), UnitsOf(job.commands[i]),
         result.time.duration_seconds, result.time.operating_seconds,
         result.time.operating_reset_unix, result.operating_limit});
    // Its own time: the figure of a method also holds what others on the credential
    // did.
    if (answer.reports_operating && result.time.duration_seconds > kFreeSeconds) {
      use.operating_seconds += result.time.duration_seconds;
    }
    if (!result.operating_limit) continue;
    if (job.creates && refused_method_.empty() && i < Needed(job)) {
      refused_method_ = MethodOf(job.commands[i]);
    }
    ++use.throttled;
  }
  pacer_.Answered(id, observation, now.steady, now.wall);
  use.http_requests += std::max(answer.http_requests, 1);
  use.commands += static_cast<int>(job.commands.size());
  if (observation.too_fast) ++use.throttled;
}

absl::Duration PortalLane::Patience() const {
  // Somebody who has just started a run wants to know that the portal is not there. A
  // run that is under way, or that nobody watches, costs nothing but the wait.
  return heard_ || settings_.unattended ? settings_.away_patience : settings_.patience;
}

void PortalLane::Wait(const PortalAnswer& answer, const Instant& now, Job* job) {
  if (!failing_.has_value()) failing_ = Failing(now.steady);
  if (!job->failing.has_value()) job->failing = Failing(now.steady);
  // What others are answered, a probe above all, ends no read that never is.
  const bool person = NeedsAPerson(answer);
  const bool portal =
      failing_->MayGoOn(person, Patience(), settings_.patience, now.steady);
  const bool alone =
      job->failing->MayGoOn(person, Patience(), settings_.patience, now.steady);
  if (!portal || !alone) {
    failure_ = MakeError(answer.reason, answer.parameters);
  } else if (now.steady - std::min(failing_->since(), job->failing->since()) >
             settings_.patience) {
    tally_.AddNotice(kAwayNotice, {{"reason", answer.reason}});
  }
}

void PortalLane::WaitForMethods(const Job& job, const PortalAnswer& answer,
                                const Instant& now) {
  // Null: the portal had a word about one command of it.
  std::map<std::string, const CommandResult*> asked;
  for (size_t i = 0; i < Needed(job) && i < answer.results.size(); ++i) {
    const CommandResult& result = answer.results[i];
    const auto method = asked.emplace(MethodOf(job.commands[i]), &result).first;
    if (!IsUnheard(result)) method->second = nullptr;
  }
  for (const auto& [method, result] : asked) {
    if (result == nullptr) {
      failing_methods_.erase(method);
      continue;
    }
    Failing& failing = failing_methods_.try_emplace(method, now.steady).first->second;
    if (now.steady - failing.last() > kForgotten) failing = Failing(now.steady);
    PortalAnswer word;
    word.parameters = answer.parameters;
    word.reason = answer.reason;
    if (answer.fate == RequestFate::kAnswered) {
      word.reason = result->reason;
      word.parameters["code"] = result->portal_code;
    }
    // Others use up its operating time for so long, or it gets no answer.
    const bool put_off = IsPutOff(*result);
    const absl::Duration patience = put_off ? Patience() : settings_.away_patience;
    if (!failing.MayGoOn(put_off && result->not_allowed, patience, settings_.patience,
                         now.steady) &&
        failing.tries() >= kLeastMethodTries) {
      FailUnless(MakeError(word.reason, word.parameters));
    }
  }
}

void PortalLane::DropWaiting() {
  for (const Waiting& waiting : std::exchange(waiting_, {})) {
    if (waiting.job.dropped) waiting.job.dropped();
  }
}

void PortalLane::Forget(uint64_t id) {
  in_flight_.erase(id);
  pacer_.Forget(id);
}

void PortalLane::OnHeldBack(uint64_t id) {
  const auto it = in_flight_.find(id);
  if (it == in_flight_.end()) return;
  const Job job = std::move(it->second);
  Forget(id);
  if (ceilings_ != nullptr) FailUnless(ceilings_->GiveBack(job.commands));
  PortalAnswer answer;
  answer.fate = RequestFate::kNotSent;
  answer.reason = "LEASE_ENDED";
  answer.results.resize(job.commands.size());
  for (size_t i = 0; i < job.commands.size(); ++i) {
    answer.results[i].fate = Fate::kNotExecuted;
    SpreadToItems(job.commands[i], &answer.results[i]);
  }
  job.done(answer);
}

void PortalLane::OnAnswer(uint64_t id, const PortalAnswer& answer, const Instant& now) {
  const auto it = in_flight_.find(id);
  if (it == in_flight_.end()) return;
  Job job = std::move(it->second);
  in_flight_.erase(it);
  Learn(id, job, answer, now);
  if (ceilings_ != nullptr) FailUnless(ceilings_->Learn(job.commands, answer.results));
  if (!answer.moved_to.empty()) {
    tally_.AddNotice("PORTAL_MOVED",
                     {{"host", answer.moved_from}, {"new_host", answer.moved_to}});
  }

  if (answer.fate == RequestFate::kRefused) {
    failure_ = MakeError(answer.reason, answer.parameters);
  } else if (IsTransportFailure(answer)) {
    Wait(answer, now, &job);
  } else if (answer.fate == RequestFate::kTooFast) {
    heard_ = true;
    Wait(answer, now, &job);
  } else if (const CommandResult* put_off = FirstPutOff(job, answer);
             put_off != nullptr) {
    // The portal is there, and yet what it puts off again and again is not done.
    heard_ = true;
    PortalAnswer word;
    word.reason = put_off->reason;
    word.parameters = answer.parameters;
    word.parameters["code"] = put_off->portal_code;
    word.results = {*put_off};
    Wait(word, now, &job);
  } else {
    heard_ = true;
    heard_at_ = now.steady;
    failing_.reset();
    job.failing.reset();
    tally_.DropNotice(kAwayNotice);
  }
  WaitForMethods(job, answer, now);

  if (job.probe) return;
  const bool again =
      job.read && (answer.fate != RequestFate::kAnswered ||
                   std::any_of(answer.results.begin(), answer.results.end(),
                               [](const CommandResult& result) {
                                 return result.fate == Fate::kNotExecuted &&
                                        !result.unavailable;
                               }));
  if (!again) {
    if (MutantActive(Mutant::kIntentAfterSend) && job.creates) job.prepare();
    if (job.creates && Distorts()) {
      PortalAnswer taken = answer;
      Distort(&taken.results);
      return job.done(taken);
    }
    job.done(answer);
    return;
  }
  if (answer.fate != RequestFate::kUnknown) {
    tally_.progress().portal.retried += static_cast<int>(job.commands.size());
  } else if (job.take_back && failure_.ok() && IsTooLarge(job)) {
    return job.take_back();
  } else if (failure_.ok() && IsHopeless(answer, &job)) {
    PortalAnswer taken = answer;
    taken.fate = RequestFate::kAnswered;
    return job.done(taken);
  }
  waiting_.push_front({std::move(job), false, {}});
}

}  // namespace guestbridge::agent
