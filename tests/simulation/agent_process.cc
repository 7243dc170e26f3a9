// The agent's process: what happens in it, how it begins and how it ends.
#include <algorithm>
#include <utility>

#include "tests/simulation/agent.h"

namespace guestbridge::simulation {
namespace {

using agent::Attempt;

constexpr absl::Duration kOpenAgain = absl::Seconds(30);

}  // namespace

void Agent::Post(absl::Duration delay, std::function<void()> what) {
  world_.queue.In(
      delay, [this, life = life_, what = std::move(what)] { Dispatch(life, what); });
}

void Agent::PostForRun(absl::Duration delay, std::function<void()> what) {
  const int64_t run = process_->run->task.run;
  Post(delay, [this, run, what = std::move(what)] {
    if (process_->run.has_value() && process_->run->task.run == run) what();
  });
}

void Agent::Dispatch(int life, const std::function<void()>& what) {
  if (life != life_ || process_ == nullptr) return;
  if (world_.queue.now() < paused_until_) {
    world_.queue.At(paused_until_, [this, life, what] { Dispatch(life, what); });
    return;
  }
  Faults& faults = world_.faults;
  if (faults.Strikes(FaultKind::kPause)) {
    paused_until_ =
        world_.queue.now() + absl::Seconds(faults.Particulars().LogBetween(1, 7200));
    world_.queue.At(paused_until_, [this, life, what] { Dispatch(life, what); });
    return;
  }
  const auto crash = [&](Chance chance) {
    const absl::Duration back = absl::Seconds(chance.LogBetween(1, 1800));
    Crash(back, chance.Roll(0.2));
  };
  if (faults.Strikes(FaultKind::kCrash)) return crash(faults.Particulars());
  if (faults.Strikes(FaultKind::kPowerLoss)) {
    Chance chance = faults.Particulars();
    // Half the time after the event, half the time inside of what it writes.
    if (chance.Roll(0.5)) file_.disk().StopAfter(static_cast<int>(chance.Below(30)));
    what();
    return LosePower(absl::Seconds(chance.LogBetween(60, 7200)), chance);
  }
  const bool dies = faults.Strikes(FaultKind::kCrashInCommit);
  if (!dies) return what();
  Chance chance = faults.Particulars();
  file_.DieAfter(static_cast<int>(chance.Below(5)));
  what();
  const bool died = file_.died();
  file_.Live();
  if (died) crash(chance);
}

void Agent::Start() {
  process_ = std::make_unique<Process>(world_.scenario.pace, random_);
  process_->steady_offset = chance_.Between(absl::Hours(1), absl::Hours(100));
  auto opened = file_.Open(random_);
  if (!Check(opened.status())) {
    process_ = nullptr;
    const int life = life_;
    return world_.queue.In(kOpenAgain, [this, life] {
      if (life == life_) Start();
    });
  }
  process_->ledger = *std::move(opened);
  process_->turns = std::make_unique<agent::WriteBackTurns>(
      *process_->ledger, agent::WriteBackTurns::Settings{});
  const auto attempts = process_->ledger->Attempts();
  if (!Check(attempts.status())) return;
  for (const Attempt& attempt : *attempts) {
    process_->doubts.Saw(attempt.intent.key, Steady() + SettleTime());
  }
  const auto watched = process_->ledger->WatchedAdds();
  if (!Check(watched.status())) return;
  if (!watched->empty()) {
    process_->doubts.LookAgainAt(Steady() + agent::kLookAgainAfter);
  }
  world_.trace("start", attempts->size());
  Post(absl::ZeroDuration(), [this] {
    KickWriteBack();
    TakeUp();
  });
}

void Agent::Crash(absl::Duration back_after, bool reboot) {
  world_.trace("crash", reboot ? 1 : 0);
  // It ends without a word: nothing is written to an end, nothing tidied up.
  file_.disk().Stop();
  process_ = nullptr;
  file_.Live();
  paused_until_ = absl::ZeroDuration();
  const int life = ++life_;
  if (back_after == absl::InfiniteDuration()) {
    tasks_.clear();
    return;
  }
  world_.queue.In(back_after, [this, life] {
    if (life == life_) Start();
  });
}

void Agent::StandStill(absl::Duration how_long) {
  paused_until_ = std::max(paused_until_, world_.queue.now() + how_long);
}

void Agent::LosePower(absl::Duration back_after, Chance& chance) {
  world_.trace("power lost", file_.disk().stopped() ? 1 : 0);
  file_.disk().Stop();
  process_ = nullptr;
  file_.disk().LosePower(chance);
  Crash(back_after, true);
}

}  // namespace guestbridge::simulation
