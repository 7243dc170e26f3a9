#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "absl/time/time.h"
#include "sync-agent/pace/request_load.h"
#include "sync-agent/pace/unit_time.h"

namespace guestbridge::agent {

// The execution time of one method in the portal's sliding window: what we know to be
// charged, what the portal counts beyond it, and what is predicted for requests under
// way. Never lets more leave than will fit. One thread at a time; times on the steady
// clock.
//
// The portal forgets a minute at a time, when the first call of that minute is one
// window old. We forget each of our calls when itself is that old, which is never
// early, and sooner when an answer says so.
class OperatingBudget {
 public:
  OperatingBudget(double limit_seconds, absl::Duration window);

  // `seconds` were charged by `until` - window: what a former process knew.
  void Recall(double seconds, absl::Duration until);
  // The portal refused the method, and may go on until then.
  void Block(absl::Duration until) { blocked_until_ = until; }
  // A former process left no word: the first request is a single command, to see.
  void Suspect() { suspect_ = true; }

  // Never before `now`. What would never fit goes when nothing else is charged.
  absl::Duration EarliestStart(const MethodLoad& load, absl::Duration now);
  // How many of `units` to send next: fewer than asked for where the rest of the window
  // is worth a request of its own, 1 where a look at the portal's count is due.
  int Fitting(int units, absl::Duration now);

  void Sent(uint64_t request, const MethodLoad& load, absl::Duration now);
  // One command of an answer; `ended`: when it had run at the latest.
  struct Charge {
    MethodObservation seen;
    double seconds = 0;  // by its own time, or by our clock
    absl::Duration ended;
  };
  void Answered(uint64_t request, const std::vector<Charge>& charges,
                absl::Duration now, absl::Time wall_now);
  // Nothing of it was executed.
  void NotExecuted(uint64_t request) {
    in_flight_.erase(request);
    looking_ = false;
  }
  // Whether it was is not known; it is taken as spent.
  void Lost(uint64_t request, absl::Duration now);

  // Seconds charged as far as known.
  double Used(absl::Duration now);
  // The same without what is only concluded from a refusal.
  double Known(absl::Duration now);
  absl::Duration blocked_until() const { return blocked_until_; }

 private:
  struct Flight {
    int units = 0;
    double learned = 0;  // learned_ when it left
  };

  void Expire(absl::Duration now);
  void Add(double seconds, absl::Duration at);
  void LearnFigure(double operating, double overlap, absl::Duration now);
  int UnitsInFlight() const;
  absl::Duration LookFrom(absl::Duration now) const;
  absl::Duration Leaves(int64_t second) const;
  // When `seconds` more have room; requests under way stay.
  absl::Duration RoomFor(double seconds, absl::Duration now) const;

  const double limit_;
  const absl::Duration window_;
  UnitTime charge_;
  std::map<int64_t, double> charges_;  // by the second, rounded up
  double charged_ = 0;                 // their sum
  double learned_ = 0;                 // of all charges ever
  double foreign_ = 0;                 // what the portal counts beyond ours
  absl::Duration foreign_until_ = -absl::InfiniteDuration();
  // When the portal drops its oldest minute; a look after it is due once.
  absl::Duration reset_at_ = -absl::InfiniteDuration();
  absl::Duration look_at_ = absl::InfiniteDuration();
  absl::Duration blocked_until_ = -absl::InfiniteDuration();
  double concluded_ = 0;  // from that refusal: the part of foreign_ that nobody told
  std::map<uint64_t, Flight> in_flight_;
  bool suspect_ = false;
  // The size that Fitting chose for a look at a used up window, and when it is due.
  int look_units_ = 0;
  absl::Duration look_from_;
  bool looking_ = false;  // it is under way
};

}  // namespace guestbridge::agent
