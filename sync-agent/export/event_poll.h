#pragma once

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "sync-agent/export/run_context.h"
#include "sync-agent/export/sweep.h"

namespace guestbridge::agent {

// Under this note the ledger keeps when the last sweep ended (Unix seconds) that began
// with deletions being queued for us. Empty: nothing vouches for what was deleted
// since.
inline constexpr char kSweptNote[] = "swept";
// When a request for events left whose answer is not known (Unix seconds).
inline constexpr char kPolledNote[] = "polled";

// Hears from the portal which of our contacts were deleted since the last run: its
// queue of offline events, for OAuth applications whose user is an administrator. What
// is heard is asked about like everything that the sweep misses: an event is a hint,
// never evidence. Runs that nobody waits for may then do without the sweep for most of
// a day.
//
// The queue may lose what it told (a lost answer, thirty days, an application that was
// installed anew, another integration of the same application): whatever is not certain
// ends in a sweep.
class EventPoll {
 public:
  EventPoll(RunContext& context, Sweep& sweep) : context_(context), sweep_(sweep) {}

  // `cold`: the ledger may be an old copy, whose events others have taken.
  void Begin(bool cold);
  bool idle() const { return step_ == Step::kDone && in_flight_ == 0; }
  std::optional<PortalLane::Job> Next();

  // Call when what was heard is settled: true when nothing else can have been deleted.
  bool ReplacesSweep();
  // Call when the sweep has ended.
  void Swept();

 private:
  enum class Step { kAsk, kBind, kPoll, kDone };

  PortalLane::Job MakeJob(std::vector<Command> commands,
                          void (EventPoll::*took)(const PortalAnswer&));
  void Asked(const PortalAnswer& answer);
  void Bound(const PortalAnswer& answer);
  void Polled(const PortalAnswer& answer);
  // A request for events that got no answer may be carried out yet: it would take what
  // is deleted after the sweep.
  bool MayStillBeTaken();

  RunContext& context_;
  Sweep& sweep_;
  Step step_ = Step::kDone;
  int in_flight_ = 0;
  int polls_ = 0;
  std::set<ContactId> asked_;
  bool queued_ = false;        // the portal queues deletions for us
  bool heard_ = false;         // all that it had queued
  std::string polled_before_;  // the note, before the request that is under way
  std::string swept_;  // the note, while it vouches for the time before this run
};

}  // namespace guestbridge::agent
