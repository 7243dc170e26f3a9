#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "common/random/random.h"
#include "sync-agent/pace/breaker.h"
#include "sync-agent/pace/concurrency.h"
#include "sync-agent/pace/forecast.h"
#include "sync-agent/pace/operating_budget.h"
#include "sync-agent/pace/pace_memory.h"
#include "sync-agent/pace/request_bucket.h"
#include "sync-agent/pace/request_load.h"
#include "sync-agent/pace/request_sizer.h"

// When may which request go out: both limits of a cloud portal, request size, number of
// requests at a time, back-off. Pure: time and answers in, decisions out. One thread at
// a time. Source: docs/design/portal-limits.md.
namespace guestbridge::agent {

// One portal, caller address and credential. `now` is the steady clock, `wall_now` the
// same moment on the wall clock.
class Pacer {
 public:
  // `random`: jitter of the back-off; outlives the pacer. Nothing has been sent to the
  // portal within its windows, unless Restore or Suspect is called before anything
  // else. `bucket`: what all pacers of this portal share; null: nobody else sends.
  Pacer(PaceSettings settings, Random& random,
        std::shared_ptr<RequestBucket> bucket = nullptr);

  // What the portal still counts of a former process that ended in order.
  void Restore(const PaceMemory& memory, absl::Duration now, absl::Time wall_now);
  // A former process was cut off after this: it may have sent some more requests, and
  // each method begins with one command that tells what is left of its time.
  void Suspect(const PaceMemory& last, absl::Duration now, absl::Time wall_now);
  // What to Restore in a later process.
  PaceMemory Memory(absl::Duration now, absl::Time wall_now);

  // The earliest moment (steady clock) at which a request with this load may leave;
  // never before `now`. To be asked again after each answer, and with the load of a new
  // SizeFor while it is possible: what is too large for the limit waits long.
  absl::Duration EarliestStart(const RequestLoad& load, absl::Duration now,
                               absl::Time wall_now);
  // A request leaves now. The bucket counts it once; what its delivery adds (a replay,
  // a hop to a new host), and what leaves without a pacer, is counted in the shared
  // bucket by whoever delivers it.
  void Sent(uint64_t request, const RequestLoad& load, absl::Duration now);
  // It did not leave after all.
  void Forget(uint64_t request);
  void Answered(uint64_t request, const PaceObservation& observation,
                absl::Duration now, absl::Time wall_now);

  // What the portal's bucket allows, as last configured; what was learnt stays.
  void SetRate(double drain_per_second, int capacity);

  // How much of this method to put into one request, so that it stays near the target
  // time; grows when the portal is quick, shrinks at once when it slows.
  // `most_units_per_command` is 1 for all methods but crm.item.batchImport.
  RequestSize SizeFor(const std::string& method, int most_units_per_command) const;
  // How long this would take if it began now: by what was measured here. Only the names
  // and numbers of `work` need be filled in.
  WorkForecast Forecast(std::vector<MethodWork> work, absl::Duration now) const;
  // How many requests may be under way now, 1 to PaceSettings::max_concurrency.
  int Concurrency() const;
  // Whether it is a box (its answers name no operating time). Nothing: not known yet.
  std::optional<bool> box() const {
    if (operating_seen_) return false;
    return cloud_ ? std::nullopt : std::optional<bool>(true);
  }
  // The portal is away: only one request at a time goes, to see whether it is back.
  bool away() const { return breaker_.away(); }
  // Consecutive transport failures; 0 after an answer.
  int failures_in_row() const { return breaker_.failures_in_row(); }

 private:
  // After refusals, longer with each.
  struct Pause {
    absl::Duration until = -absl::InfiniteDuration();
    int in_row = 0;
  };
  struct Method {
    OperatingBudget budget;
    RequestSizer sizer;
    Pause put_off = {};  // what others are answered says nothing of it
  };
  struct Request {
    RequestLoad load;
    absl::Duration sent;
  };

  Method& MethodNamed(const std::string& name);
  void Learn(uint64_t id, const Request& request, const PaceObservation& observation,
             absl::Duration now, absl::Time wall_now);
  void Lengthen(Pause* pause, absl::Duration now);
  // Requests under way that left before the last failure was heard of.
  int Stale() const;

  PaceSettings settings_;
  Random& random_;
  const std::shared_ptr<RequestBucket> bucket_;
  Breaker breaker_;
  agent::Concurrency concurrency_;
  // Looks taken for SizeFor are noted in it.
  mutable std::map<std::string, Method> methods_;
  std::map<uint64_t, Request> in_flight_;
  absl::Duration now_ = -absl::InfiniteDuration();  // as last told
  Pause too_fast_;
  absl::Duration last_sent_ = -absl::InfiniteDuration();
  bool suspect_ = false;
  std::map<std::string, double>
      remembered_each_;  // PaceMemory::each of the last process
  bool cloud_ = true;    // until whole answers came without `operating`
  bool operating_seen_ = false;
  bool bucket_seen_ = false;  // a refusal: whatever it is, it counts requests
};

}  // namespace guestbridge::agent
