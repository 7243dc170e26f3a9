#include "sync-agent/export/event_poll.h"

#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "common/crash_point/crash_point.h"
#include "sync-agent/model/mutant.h"

namespace guestbridge::agent {
namespace {

constexpr int kPollsPerRequest = 5;
// A queue that never ends is none.
constexpr int kMostPolls = 1000;

}  // namespace

void EventPoll::Begin(bool cold) {
  const RunSettings& settings = context_.settings;
  if (!settings.portal_events || settings.dry_run) return;
  step_ = Step::kAsk;
  if (cold || !settings.unattended) return;
  auto note = context_.ledger.Note(kSweptNote);
  int64_t swept = 0;
  if (!context_.Check(note.status()) || !absl::SimpleAtoi(*note, &swept)) return;
  const absl::Duration age = context_.now.wall - absl::FromUnixSeconds(swept);
  // The future: a clock that was set back.
  if (age >= absl::ZeroDuration() && age < settings.sweep_every)
    swept_ = *std::move(note);
}

PortalLane::Job EventPoll::MakeJob(std::vector<Command> commands,
                                   void (EventPoll::*took)(const PortalAnswer&)) {
  PortalLane::Job job;
  job.commands = std::move(commands);
  job.done = [this, took](const PortalAnswer& answer) {
    --in_flight_;
    (this->*took)(answer);
  };
  ++in_flight_;
  return job;
}

std::optional<PortalLane::Job> EventPoll::Next() {
  if (in_flight_ > 0) return std::nullopt;
  switch (step_) {
    case Step::kAsk:
      return MakeJob({GetBoundEvents{}}, &EventPoll::Asked);
    case Step::kBind:
      return MakeJob({BindEvent{ContactEvent::kDeleted}}, &EventPoll::Bound);
    case Step::kPoll: {
      PortalLane::Job job = MakeJob(
          std::vector<Command>(kPollsPerRequest, PollEvents{}), &EventPoll::Polled);
      // Taken out of the queue with an answer that may be lost: not repeated, and
      // nothing vouches for the past until what it told is settled.
      job.read = false;
      job.prepare = [this] {
        absl::Status status = context_.ledger.SetNote(kSweptNote, "");
        auto before = context_.ledger.Note(kPolledNote);
        status.Update(before.status());
        if (before.ok()) polled_before_ = *std::move(before);
        status.Update(context_.ledger.SetNote(
            kPolledNote, absl::StrCat(absl::ToUnixSeconds(context_.now.wall))));
        CrashPoint("agent.events.unvouched");
        if (context_.Check(status)) return true;
        --in_flight_;
        return false;
      };
      return job;
    }
    case Step::kDone:
      return std::nullopt;
  }
  return std::nullopt;
}

void EventPoll::Asked(const PortalAnswer& answer) {
  step_ = Step::kDone;
  const CommandResult& bound = answer.results[0];
  if (bound.fate != Fate::kDone) return;  // The sweep finds out.
  if (bound.bound.count(ContactEvent::kDeleted) == 0) {
    // For a while nobody queued anything.
    if (context_.Check(context_.ledger.SetNote(kSweptNote, ""))) step_ = Step::kBind;
    return;
  }
  queued_ = true;
  if (!swept_.empty()) step_ = Step::kPoll;
}

void EventPoll::Bound(const PortalAnswer& answer) {
  step_ = Step::kDone;
  // From now on; of what was before nothing is known.
  queued_ = answer.results[0].fate == Fate::kDone;
}

void EventPoll::Polled(const PortalAnswer& answer) {
  if (answer.fate != RequestFate::kUnknown &&
      !context_.Check(context_.ledger.SetNote(kPolledNote, polled_before_))) {
    return;
  }
  for (const CommandResult& poll : answer.results) {
    if (poll.fate != Fate::kDone || !poll.complete_page || ++polls_ > kMostPolls) {
      step_ = Step::kDone;
      heard_ = MutantActive(Mutant::kLostEventsTrusted);
      return;
    }
    for (const PortalEvent& event : poll.events) {
      if (event.event != ContactEvent::kDeleted) continue;
      const auto owner = context_.ledger.ClientOf(event.id);
      if (!context_.Check(owner.status())) return;
      if (owner->has_value() && asked_.insert(event.id).second) {
        sweep_.Missing({**owner, event.id});
      }
    }
    if (poll.last_page) {
      heard_ = true;
      step_ = Step::kDone;
    }
  }
}

bool EventPoll::ReplacesSweep() {
  if (!heard_ || !sweep_.certain()) return false;
  CrashPoint("agent.events.heard");
  return context_.Check(context_.ledger.SetNote(kSweptNote, swept_));
}

bool EventPoll::MayStillBeTaken() {
  const auto note = context_.ledger.Note(kPolledNote);
  int64_t polled = 0;
  if (!context_.Check(note.status()) || !absl::SimpleAtoi(*note, &polled)) return false;
  const absl::Duration age = context_.now.wall - absl::FromUnixSeconds(polled);
  return age < absl::ZeroDuration() || age < context_.SettleTime();
}

void EventPoll::Swept() {
  if (!context_.settings.portal_events || context_.settings.dry_run) return;
  context_.Check(context_.ledger.SetNote(
      kSweptNote, queued_ && sweep_.certain() && !MayStillBeTaken()
                      ? absl::StrCat(absl::ToUnixSeconds(context_.now.wall))
                      : ""));
}

}  // namespace guestbridge::agent
