#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "sync-agent/export/ceiling_count.h"
#include "sync-agent/export/portal_words.h"
#include "sync-agent/export/run_types.h"
#include "sync-agent/export/tally.h"

namespace guestbridge::agent {

// The only path of a run to the portal: every request is paced here, its answer teaches
// the pacer, and reads that got no answer are asked again.
class PortalLane {
 public:
  struct Job {
    std::vector<Command> commands;
    // Reads change nothing and are repeated until answered; writes never are.
    bool read = true;
    bool creates = false;
    // Gives clients a contact that they had not: leaves inside the lease only. What
    // creates, claims.
    bool claims = false;
    // The last command is a look at the newest contacts that the rest can do without:
    // it is left out, and its result, where it would have to wait; it is nobody's
    // trouble where it fails.
    bool looks_behind = false;
    // Contacts that it changes or makes again; those that are deleted are counted when
    // that is decided.
    int touches = 0;
    bool probe = false;                             // the lane's own
    std::optional<Failing> failing = std::nullopt;  // the lane's own
    int unreadable = 0;  // answers to it that nobody can read; the lane's own
    // Called once, right before the request leaves: makes intents durable. False drops
    // the job.
    std::function<bool()> prepare;
    // The answer: of a read always kAnswered with no command kNotExecuted but those
    // that are unavailable; all are kUnknown where no answer to it can be read. One
    // result per command.
    std::function<void(const PortalAnswer&)> done;
    // Called in place of `done` when a read was cut off that is larger than its
    // methods' requests may be by now: its work is its maker's again, to be asked in
    // smaller ones. Empty: it is asked again as it is.
    std::function<void()> take_back = nullptr;
    // Called in place of `done` when the run ends before the job leaves; empty: nobody
    // need know. May not submit.
    std::function<void()> dropped = nullptr;
  };

  // `ceilings` outlives the lane; null: there are none.
  PortalLane(Pacer& pacer, Tally& tally, const RunSettings& settings,
             CeilingCount* ceilings = nullptr);

  // Fewer jobs in flight than may be, and no job waits but for what its methods may
  // take: such a one holds up nobody but those that want the same method.
  bool HasRoom() const;
  // A job waits for this method: no other one is to be made that needs it.
  bool Waits(absl::string_view method) const;
  bool idle() const { return waiting_.empty() && in_flight_.empty(); }
  // Of a method whose commands carry one contact.
  int CommandsPerRequest(const char* method) const {
    return SizeFor(method, 1).commands;
  }
  RequestSize SizeFor(const char* method, int most_units_per_command) const;
  // When a request with this load could leave; now when nothing holds it back.
  absl::Duration StartOf(const RequestLoad& load, const Instant& now) const {
    return pacer_.EarliestStart(load, now.steady, now.wall);
  }
  WorkForecast Forecast(const std::vector<MethodWork>& work, const Instant& now) const {
    return pacer_.Forecast(work, now.steady);
  }
  std::optional<bool> box() const { return pacer_.box(); }
  // The first method that creates contacts and was refused for its operating time in
  // this run.
  const std::string& refused_method() const { return refused_method_; }
  bool nothing_in_flight() const { return in_flight_.empty(); }
  void Submit(Job job);
  // Of what waits and what is under way.
  int Touches() const;
  // Sends what may go now, and says when to come back. `may_claim`: the lease runs.
  // True when something was sent or stepped aside: there may be room for more.
  bool Pump(const Instant& now, bool may_claim, std::vector<ActionToDo>* actions);
  // The request was prepared, but may not leave.
  void Forget(uint64_t id);
  // It did not leave, for the lease had run out: not a word about the portal. Its job
  // is told that nothing was executed.
  void OnHeldBack(uint64_t id);
  void OnAnswer(uint64_t id, const PortalAnswer& answer, const Instant& now);
  // Drops what has not left.
  void DropWaiting();

  // Set once no usable answer came for longer than the run's patience, to anything or
  // to one method, a ceiling was reached, or a person must act.
  const absl::Status& failure() const { return failure_; }

 private:
  struct Waiting {
    Job job;
    bool ready = false;  // it could have gone but for the limits
    // The methods whose operating time it waits for.
    std::set<std::string> waits_for;
  };

  // Leaves out a look behind that would have to wait.
  void SpareTheLook(Job* job, const Instant& now) const;
  // Whether a read that got no answer would be smaller if it were made anew.
  bool IsTooLarge(const Job& job) const;
  // Whether the portal answers others, and this read never in a way that can be read:
  // what it holds is then not to be had.
  bool IsHopeless(const PortalAnswer& answer, Job* job) const;
  // Fails the lane. True when it did.
  bool FailUnless(absl::Status status);
  int MostInFlight() const;
  bool IsFull() const { return static_cast<int>(in_flight_.size()) >= MostInFlight(); }
  // When the job may leave, which is later than now; notes what it waits for.
  absl::Duration StartLater(Waiting* waiting, const RequestLoad& load,
                            const Instant& now);
  void CountWait(const Instant& now);
  // Counts how long the portal has been away, or gave the job no usable answer, and
  // gives up when that is too long.
  void Wait(const PortalAnswer& answer, const Instant& now, Job* job);
  // The same of each of the job's methods. Writes come back as other jobs, and good
  // reads beside them say nothing about them.
  void WaitForMethods(const Job& job, const PortalAnswer& answer, const Instant& now);
  absl::Duration Patience() const;
  void Probe(const Instant& now, std::vector<ActionToDo>* actions);
  void Send(Job job, const RequestLoad& load, const Instant& now,
            std::vector<ActionToDo>* actions);
  void Learn(uint64_t id, const Job& job, const PortalAnswer& answer,
             const Instant& now);

  Pacer& pacer_;
  Tally& tally_;
  const RunSettings& settings_;
  CeilingCount* const ceilings_;
  std::deque<Waiting> waiting_;
  std::map<uint64_t, Job> in_flight_;
  bool may_claim_ = true;                        // as last told
  std::optional<absl::Duration> waiting_since_;  // as far as it was not counted yet
  std::optional<Failing> failing_;
  // That the portal has carried out nothing of, whatever else it answers.
  std::map<std::string, Failing> failing_methods_;
  std::string refused_method_;
  bool heard_ = false;  // the portal answered in this run
  absl::Duration heard_at_ = -absl::InfiniteDuration();  // a usable answer
  absl::Status failure_;
};

// What a request asks of each method. `looks_behind`: as of PortalLane::Job.
RequestLoad CountMethods(const std::vector<Command>& commands,
                         bool looks_behind = false);

}  // namespace guestbridge::agent
