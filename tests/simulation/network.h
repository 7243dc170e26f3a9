#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "sync-agent/portal/portal.h"
#include "tests/simulation/event_queue.h"
#include "tests/simulation/faults.h"
#include "tests/simulation/portal.h"
#include "tests/simulation/portal_limits.h"
#include "tests/simulation/scenario.h"
#include "tests/simulation/tokens.h"

namespace guestbridge::simulation {

// Carries requests to the portal and answers back, or loses them. What was sent is
// carried out within the settle time after it was given up, or never; unless the world
// is one that breaks assumption A1.
class Network {
 public:
  Network(const Scenario& scenario, EventQueue& queue, Faults& faults, Portal& portal,
          Chance chance)
      : tokens(faults),
        scenario_(scenario),
        queue_(queue),
        faults_(faults),
        portal_(portal),
        limits_(scenario.pace, scenario.box),
        chance_(chance) {}

  using Done = std::function<void(agent::PortalAnswer)>;
  // `in_charge`: the sender is the agent that the server has put in charge.
  void Send(const agent::PortalRequest& request, absl::Time wall, bool in_charge,
            Done done);

  // --- states of a night ---
  absl::Duration away_until;
  absl::Duration slow_until;
  Tokens tokens;
  const PortalLimits& limits() const { return limits_; }
  // Commands that change something and were sent / might still be carried out.
  int writes_sent = 0;
  // Clients of whom an addition was carried out after the settle time.
  std::set<std::string> came_too_late;
  // When clients were last told as another's contact where no look behind shows it:
  // believed until the next run's sweep.
  std::map<std::string, absl::Duration> told_falsely;
  std::function<void(const std::string&)> on_violation = [](const std::string&) {};

 private:
  struct Trip {
    agent::PortalRequest request;
    absl::Time wall;  // at `sent`
    absl::Duration sent;
    bool in_charge = true;
    int http_requests = 1;
    Done done;
    std::vector<agent::CommandResult> results;
    // IDs given out when the work began, by command.
    std::vector<std::vector<int64_t>> reserved;
  };
  using TripPointer = std::shared_ptr<Trip>;

  void Arrive(const TripPointer& trip);
  // The commands that the token lets through; none: the request has been dealt with.
  size_t Authorise(const TripPointer& trip, absl::Duration down);
  // Carries out commands `from` … `upto`.
  void Work(Trip& trip, size_t from, size_t upto);
  void NeverWorks(const Trip& trip, size_t from);
  void Answer(const TripPointer& trip, absl::Duration delay, agent::RequestFate fate,
              const char* reason);
  void Spoil(Trip& trip, size_t index);
  // Without the portal's word each item has its command's fate.
  static void FillItems(const Trip& trip, agent::PortalAnswer* answer);

  const Scenario& scenario_;
  EventQueue& queue_;
  Faults& faults_;
  Portal& portal_;
  PortalLimits limits_;
  Chance chance_;
  // Clients with an addition under way: how many.
  std::map<std::string, int> outstanding_;
};

}  // namespace guestbridge::simulation
