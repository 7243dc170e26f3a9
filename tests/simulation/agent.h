#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "absl/time/time.h"
#include "sync-agent/export/export_machine.h"
#include "sync-agent/export/write_back_turns.h"
#include "sync-agent/mapping/mapping.h"
#include "tests/simulation/base.h"
#include "tests/simulation/event_queue.h"
#include "tests/simulation/faults.h"
#include "tests/simulation/lease_server.h"
#include "tests/simulation/ledger_file.h"
#include "tests/simulation/network.h"
#include "tests/simulation/scenario.h"
#include "tests/testing/seeded_random.h"

namespace guestbridge::simulation {

// What a run came to.
struct RunReport {
  int64_t run = 0;
  agent::RunKind kind = agent::RunKind::kExport;
  absl::Duration begun;  // of the execution that ended it
  agent::RunEnd end = agent::RunEnd::kFailed;
  absl::Status error;
  agent::RunProgress progress;
  int installation = 0;
  bool whole = false;  // the base was read whole
};

// The world around an agent.
struct Surroundings {
  const Scenario& scenario;
  EventQueue& queue;
  Faults& faults;
  Base& base;
  Network& network;
  LeaseServer& server;
  absl::Duration source_away_until;
  const agent::CompiledMapping* mapping = nullptr;
  int mapping_version = 0;
  std::string originator;
  int64_t next_run = 1;
  std::function<void(const RunReport&)> on_run_end = [](const RunReport&) {};
  std::function<void(const std::string&)> on_violation = [](const std::string&) {};
  std::function<void(const char*, uint64_t)> trace = [](const char*, uint64_t) {};
};

// One installation of the agent: the product's machine, ledger, pacer and write-back;
// threads, sockets and clocks are events here. Plays the parts of Executor,
// IntegrationRun and Integration, by their rules.
class Agent {
 public:
  Agent(Surroundings& world, int installation, uint64_t seed);
  ~Agent();

  void Start();
  // The process does nothing for so long.
  void StandStill(absl::Duration how_long);
  // The process ends at once, and comes back; at infinity: never.
  void Crash(absl::Duration back_after, bool reboot);
  // The same, of the machine: what was not synced is lost.
  void LosePower(absl::Duration back_after, Chance& chance);
  // The server hands out a run; it stays handed out until it ended.
  void HandOut(agent::RunKind kind, bool full);
  // The server keeps what the ledger of the one in charge has erased.
  void TellErasures();

  bool running() const { return process_ != nullptr && process_->run.has_value(); }
  bool idle() const { return !running() && tasks_.empty(); }
  bool alive() const { return process_ != nullptr; }
  int installation() const { return installation_; }
  agent::Ledger* ledger() {
    return process_ == nullptr ? nullptr : process_->ledger.get();
  }
  LedgerFile& file() { return file_; }
  absl::Duration wall_skew;
  absl::Time Wall() const;

 private:
  struct Task {
    int64_t run = 0;
    agent::RunKind kind = agent::RunKind::kExport;
    bool full = false;
  };
  struct Run {
    Task task;
    absl::Duration begun;
    bool cold = false;
    std::unique_ptr<agent::ExportMachine> machine;
    std::unique_ptr<BaseStream> stream;
    absl::Duration patience;
    absl::Duration wake_at = absl::InfiniteDuration();
    std::optional<agent::EndRun> end;
  };
  // What dies with the process.
  struct Process {
    Process(const agent::PaceSettings& pace, Random& random) : pacer(pace, random) {}
    std::unique_ptr<agent::Ledger> ledger;
    agent::Pacer pacer;
    agent::Doubts doubts;
    std::unique_ptr<agent::WriteBackTurns> turns;
    bool writing_back = false;
    absl::Duration steady_offset;
    absl::Duration lease_end = -absl::InfiniteDuration();  // steady
    int lease_round = 0;
    bool lease_begins = false;  // the ledger was not stamped since the run began
    absl::Duration settle_not_before = -absl::InfiniteDuration();
    absl::Duration settle_pause;
    absl::Duration settle_at = absl::InfiniteDuration();
    std::optional<Run> run;
  };

  void Post(absl::Duration delay, std::function<void()> what);
  void Dispatch(int life, const std::function<void()>& what);
  // As Post, but only while this very run is on.
  void PostForRun(absl::Duration delay, std::function<void()> what);
  absl::Duration Steady() const;
  agent::Instant Now() const;
  absl::Duration SettleTime();
  absl::Status NoteCold();
  // False: the process is dead, or its disk is full; everything else is a violation.
  bool Check(const absl::Status& status);

  void TakeUp();
  void Execute(const Task& task);
  void CallBase(absl::Duration since, std::function<void()> success,
                std::function<void(const absl::Status&)> failure);
  void AskForLease(int round);
  void TakeLeaseAnswer(int round, absl::Duration asked,
                       const LeaseServer::Claim& claim);
  void BeginMachine();
  // The run ends, unless the process is dead.
  void FailRun(const absl::Status& error);
  agent::RunSettings MakeSettings();
  void Drive();
  void Do(const agent::ReadPage& read);
  void Do(const agent::FetchRows& fetch);
  void Do(const agent::SendRequest& send);
  void Do(const agent::WakeAt& wake);
  void Do(const agent::EndRun& end);
  void Conclude(agent::RunEnd end, const absl::Status& error);
  // What a run tells of is what it marked in the ledger, client by client.
  void CompareCounts(const RunReport& report);
  void ScheduleSettling();
  void SettleDoubts();
  void KickWriteBack();
  void WriteOne();
  bool MayWrite() const;

  Surroundings& world_;
  const int installation_;
  Chance chance_;
  testing::SeededRandom random_;
  LedgerFile file_;
  std::unique_ptr<Process> process_;
  int life_ = 0;
  absl::Duration paused_until_;
  std::deque<Task> tasks_;
};

}  // namespace guestbridge::simulation
