// What an agent does beside its runs: it settles doubts and works off the write-backs.

#include <algorithm>

#include "common/status/error.h"
#include "tests/simulation/agent.h"

namespace guestbridge::simulation {

using agent::RunKind;

void Agent::ScheduleSettling() {
  const agent::Doubts& doubts = process_->doubts;
  const absl::Duration next = std::min(doubts.NextDue(), doubts.look_again());
  if (next == absl::InfiniteDuration()) return;
  const absl::Duration at = std::max({next, process_->settle_not_before, Steady()});
  if (process_->settle_at <= at) return;
  process_->settle_at = at;
  Post(at - Steady(), [this, at] {
    if (process_->settle_at != at) return;
    process_->settle_at = absl::InfiniteDuration();
    if (process_->run.has_value() || !tasks_.empty()) return;  // taken up afterwards
    SettleDoubts();
  });
}

void Agent::SettleDoubts() {
  const auto attempts = process_->ledger->Attempts();
  if (!Check(attempts.status())) return;
  process_->doubts.KeepOnly(*attempts);
  if (process_->doubts.empty() && process_->doubts.look_again() > Steady()) return;
  process_->settle_pause =
      std::clamp(process_->settle_pause * 2, absl::Seconds(10), absl::Minutes(10));
  process_->settle_not_before = Steady() + process_->settle_pause;
  if (world_.queue.now() < world_.server.away_until) return ScheduleSettling();
  tasks_.push_back({world_.next_run++, RunKind::kSettle, false});
  TakeUp();
}

void Agent::KickWriteBack() {
  if (process_->writing_back) return;
  process_->writing_back = true;
  Post(absl::Milliseconds(1), [this] { WriteOne(); });
}

// The server names another agent a good while after it has heard of this one, and this
// one believes for 30 seconds that it is still in charge: whoever was replaced knows.
bool Agent::MayWrite() const {
  return world_.server.assigned == installation_ &&
         world_.queue.now() >= world_.server.away_until;
}

void Agent::WriteOne() {
  const auto next = process_->turns->Next();
  const bool read = Check(next.status());
  if (file_.died()) return;
  if (!read) return Post(agent::WriteBackTurns::kLongestPause, [this] { WriteOne(); });
  if (!next->has_value()) {
    process_->writing_back = false;
    return;
  }
  if (!MayWrite()) {
    return Post(absl::Seconds(1), [this] { WriteOne(); });
  }
  const agent::WriteBackItem item = **next;
  const absl::Duration took =
      absl::Seconds(world_.scenario.write_seconds * chance_.Between(0.5, 2));
  Post(took, [this, item, took] {
    // It stood still in between.
    if (world_.server.assigned != installation_) return WriteOne();
    absl::StatusOr<agent::ContactWritten> status = agent::ContactWritten();
    Faults& faults = world_.faults;
    if (world_.queue.now() < world_.source_away_until) {
      status = MakeError("SOURCE_UNREACHABLE", {{"host", "base"}});
    } else if (faults.Strikes(FaultKind::kWriteBusy)) {
      status = MakeError("SOURCE_BUSY", {{"entity", "c"}});
    } else if (faults.Strikes(FaultKind::kWriteNotKept)) {
      status = MakeError("WRITE_NOT_KEPT", {{"entity", "c"}, {"attribute", "a"}});
    } else {
      status = world_.base.WriteContact(item.key, item.contact, world_.scenario.echo,
                                        world_.queue.now());
      world_.trace("written", static_cast<uint64_t>(item.contact.value()));
      if (status.ok() && faults.Strikes(FaultKind::kWriteAnswerLost)) {
        status = MakeError("SOURCE_UNREACHABLE", {{"host", "base"}});
      }
    }
    const auto pause = process_->turns->Finish(item, status, took);
    if (file_.died()) return;
    Check(pause.status());
    Post(pause.ok() ? *pause : absl::Seconds(60), [this] { WriteOne(); });
  });
}

}  // namespace guestbridge::simulation
