#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "tests/simulation/agent.h"
#include "tests/simulation/base.h"
#include "tests/simulation/event_queue.h"
#include "tests/simulation/faults.h"
#include "tests/simulation/network.h"
#include "tests/simulation/portal.h"
#include "tests/simulation/scenario.h"

namespace guestbridge::simulation {

struct Options {
  uint64_t seed = 1;
  int nights = 20;
  // Only these faults strike, in place of the seed's own.
  std::optional<std::set<FaultSite>> only;
  // Only these kinds strike, and each does.
  std::optional<std::set<FaultKind>> kinds;
  // The ledger's log is not synced with each commit: to see that a power loss takes
  // what was not synced, and that it is missed.
  bool sync_late = false;
  bool log = false;  // every step, on stderr
  // Of requests: carried out after the settle time. Such a world has no other faults
  // but lost answers and crashes, and nobody touches contacts.
  double too_late = 0;
};

struct Result {
  bool failed = false;
  int night = 0;     // in which it failed
  std::string what;  // went wrong
  int nights = 0;    // simulated, those of the end included
  uint64_t trace = 0;
  std::vector<FaultSite> struck;
  // How much happened, by name: contacts added, requests, runs, states reached …
  std::map<std::string, int64_t> counts;
};

// One seed's world: a base, a portal, people, agents; days and nights.
class World {
 public:
  explicit World(const Options& options);

  // The nights, and then three more without faults and without people: after two of
  // them all must be right, and the third must write nothing.
  Result Live();

  // --- for the checks ---
  const Scenario scenario;
  EventQueue queue;
  Faults faults;
  Portal portal;
  Network network;
  LeaseServer server;
  Base base;
  Surroundings surroundings;
  std::vector<std::unique_ptr<Agent>> agents;  // the last is in charge
  absl::Duration mapping_changed;
  absl::Duration base_read_whole;        // begun, by a run that succeeded
  absl::Duration ledger_changed;         // put back, lost, or another's
  std::optional<RunReport> last_export;  // of this night, by the agent in charge
  size_t faults_before_night = 0;
  std::map<std::string, int64_t> counts;
  std::set<std::string> told_of_two;  // clients that a run's notice names

  Agent& agent() { return *agents.back(); }
  void Fail(const std::string& what);
  bool failed() const { return result_.failed; }
  int night() const { return night_; }

 private:
  void People(int night);
  void PlanWindows(absl::Duration evening);
  void PlanDisasters(absl::Duration evening);
  void Night(bool people);
  void NewClient(Chance& chance, bool refused);
  // A person looks at what was parked, as soon as there is an agent to ask.
  void RequeueParked();
  void EditClient(Chance& chance);
  void MergeClients(Chance& chance);
  void NewStranger(Chance& chance);
  void MergeContacts(Chance& chance);
  void RestoreContact(Chance& chance);
  void ChangeMapping(Chance& chance);
  void ForgetClient(Chance& chance);
  // `stands_still`: so long the one that was in charge, before it goes on.
  void TakeOver(Chance chance, absl::Duration when, absl::Duration stands_still);
  void TakeOverUnnoticed(Chance chance, absl::Duration evening);
  void Trace(const char* tag, uint64_t value);
  SimClient MakeClient(Chance& chance, bool refused);

  Options options_;
  Result result_;
  int night_ = 0;
  int next_installation_ = 0;
  std::vector<std::unique_ptr<agent::CompiledMapping>> mappings_;
  int next_mapping_version_ = 1;
  std::deque<Disk::Image> ledger_copies_;
  std::deque<Base::State> base_copies_;
};

// What the world must look like at the end of a night; failures go to World::Fail.
// `settled`: faults stopped long enough ago that nothing may be waiting.
void CheckNight(World& world, bool settled);

Result Simulate(const Options& options);

}  // namespace guestbridge::simulation
