#include "tests/simulation/agent.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"
#include "sync-agent/change/read_choice.h"
#include "sync-agent/export/late_arrivals.h"
#include "sync-agent/model/mutant.h"

namespace guestbridge::simulation {
namespace {

using agent::Attempt;
using agent::EndRun;
using agent::FetchRows;
using agent::Instant;
using agent::PortalAnswer;
using agent::ReadPage;
using agent::RunEnd;
using agent::RunKind;
using agent::RunSettings;
using agent::SendRequest;
using agent::WakeAt;

constexpr absl::Duration kPatience = absl::Seconds(40);
// Of the executor, right before the first byte.
constexpr absl::Duration kLeaseMargin = absl::Seconds(10);
constexpr absl::Duration kRenewEvery = absl::Seconds(20);
// A lease whose stamp could not be kept is asked for again.
constexpr absl::Duration kLeaseRetry = absl::Seconds(1);
constexpr char kColdNote[] = "cold";
constexpr char kStampNote[] = "ledger-stamp";

absl::Time Begin() { return absl::FromUnixSeconds(1'800'000'000); }

}  // namespace

Agent::Agent(Surroundings& world, int installation, uint64_t seed)
    : world_(world),
      installation_(installation),
      chance_(Mix(seed, 2)),
      random_(Mix(seed, 3)) {}

Agent::~Agent() = default;

absl::Time Agent::Wall() const { return Begin() + world_.queue.now() + wall_skew; }

absl::Duration Agent::Steady() const {
  return world_.queue.now() + process_->steady_offset;
}

absl::Duration Agent::SettleTime() {
  const auto raised = agent::RaisedSettleTime(*process_->ledger);
  Check(raised.status());
  return std::max(world_.scenario.settle_time, raised.value_or(absl::ZeroDuration()));
}

Instant Agent::Now() const { return {Wall(), Steady()}; }

bool Agent::Check(const absl::Status& status) {
  if (status.ok()) return true;
  const bool full = file_.disk().full() && ReasonOf(status) == "DATABASE_FULL";
  if (!file_.died() && !full) {
    world_.on_violation(absl::StrCat("the ledger failed: ", status.ToString()));
  }
  return false;
}

void Agent::HandOut(RunKind kind, bool full) {
  tasks_.push_back({world_.next_run++, kind, full});
  if (process_ != nullptr) Post(absl::Milliseconds(5), [this] { TakeUp(); });
}

void Agent::TellErasures() {
  if (world_.server.assigned != installation_) return;
  auto untold = process_->ledger->ErasuresBeyond(world_.server.erasures, 10'000);
  if (!Check(untold.status())) return;
  for (agent::ErasureList& list : *untold) {
    world_.server.erasures.push_back(std::move(list));
  }
}

void Agent::TakeUp() {
  if (process_->run.has_value()) return;
  if (!tasks_.empty()) return Execute(tasks_.front());
  ScheduleSettling();
}

void Agent::Execute(const Task& task) {
  Run run;
  run.task = task;
  run.begun = world_.queue.now();
  process_->run = std::move(run);
  world_.trace("run", static_cast<uint64_t>(task.run));
  const auto begun = process_->ledger->SetNote("run-start", absl::StrCat(task.run));
  if (!Check(begun)) return FailRun(begun);
  if (world_.server.assigned == installation_) {
    const auto erased = process_->ledger->TakeErasures(world_.server.erasures);
    if (!Check(erased.status())) return FailRun(erased.status());
    TellErasures();
  }
  const auto lease = [this] {
    ++process_->lease_round;
    process_->lease_begins = true;
    AskForLease(process_->lease_round);
  };
  // Settling needs the portal alone.
  if (task.kind == RunKind::kSettle) return lease();
  CallBase(world_.queue.now(), lease,
           [this](const absl::Status& error) { Conclude(RunEnd::kFailed, error); });
}

void Agent::CallBase(absl::Duration since, std::function<void()> success,
                     std::function<void(const absl::Status&)> failure) {
  PostForRun(chance_.Between(absl::Milliseconds(5), absl::Milliseconds(300)),
             [this, since, success = std::move(success), failure = std::move(failure)] {
               const absl::Duration now = world_.queue.now();
               const bool away = now < world_.source_away_until ||
                                 world_.faults.Strikes(FaultKind::kSourceUnreachable);
               if (!away) return success();
               if (now - since > kPatience) {
                 return failure(MakeError("SOURCE_UNREACHABLE", {{"host", "base"}}));
               }
               PostForRun(chance_.Between(absl::Seconds(1), absl::Seconds(8)),
                          [this, since, success, failure] {
                            CallBase(since, success, failure);
                          });
             });
}

void Agent::AskForLease(int round) {
  if (round != process_->lease_round) return;
  const absl::Duration asked = Steady();
  const auto stamp = process_->ledger->Note(kStampNote);
  if (!Check(stamp.status())) return;
  const LeaseServer::Claim claim{installation_, process_->ledger->id(),
                                 process_->ledger->sequence(), *stamp,
                                 process_->lease_begins};
  Post(chance_.Between(absl::Milliseconds(5), absl::Milliseconds(100)),
       [this, round, asked, claim] { TakeLeaseAnswer(round, asked, claim); });
}

// As IntegrationRun does: what was swept since is not known.
absl::Status Agent::NoteCold() {
  GB_RETURN_IF_ERROR(process_->ledger->SetNote(agent::kSweptNote, ""));
  return process_->ledger->SetNote(kColdNote, "1");
}

void Agent::TakeLeaseAnswer(int round, absl::Duration asked,
                            const LeaseServer::Claim& claim) {
  if (round != process_->lease_round) return;
  const auto again = [this, round](absl::Duration pause) {
    Post(pause, [this, round] { AskForLease(round); });
  };
  if (world_.queue.now() < world_.server.away_until) return again(absl::Seconds(2));
  const LeaseServer::Word word =
      world_.server.Acquire(claim, SettleTime(), world_.queue.now());
  const bool begun = process_->run.has_value() && process_->run->machine != nullptr;
  switch (word.verdict) {
    case LeaseServer::Verdict::kHeld:
      return again(std::clamp(word.retry_after, absl::Seconds(1), absl::Seconds(20)));
    case LeaseServer::Verdict::kRefused:
      ++process_->lease_round;
      if (!begun && process_->run.has_value()) {
        Conclude(RunEnd::kFailed, MakeError("INTEGRATION_NOT_ASSIGNED"));
      }
      return;
    case LeaseServer::Verdict::kGranted:
      break;
  }
  if (!word.stamp.empty()) {
    // Counts only when it was shown.
    absl::Status kept;
    if (word.cold) kept = NoteCold();
    if (kept.ok()) kept = process_->ledger->SetNote(kStampNote, word.stamp);
    if (!Check(kept)) return again(kLeaseRetry);
    process_->lease_begins = false;
    return again(absl::ZeroDuration());
  }
  process_->lease_end = asked + LeaseServer::kLife;
  again(kRenewEvery);
  if (!process_->run.has_value()) return;
  if (begun) {
    process_->run->machine->OnLease(process_->lease_end, Now());
    Drive();
  } else {
    process_->run->cold = word.cold;
    BeginMachine();
  }
}

RunSettings Agent::MakeSettings() {
  Run& run = *process_->run;
  agent::Ledger& ledger = *process_->ledger;
  RunSettings settings;
  settings.run = run.task.run;
  settings.kind = run.task.kind;
  settings.full = run.task.full;
  settings.originator = world_.originator;
  settings.mapping = world_.mapping;
  settings.mapping_version = world_.mapping_version;
  settings.unattended = true;
  settings.has_standby = world_.scenario.has_standby();
  settings.portal_events = world_.scenario.application;
  settings.sweep_every = world_.scenario.sweep_every;
  settings.settle_time = world_.scenario.settle_time;
  settings.box_settle_time = world_.scenario.settle_time;
  settings.spread_imports = world_.scenario.spread_imports;
  const auto read_with = ledger.Note(agent::kReadWithMappingNote);
  settings.first_export = read_with.ok() && read_with->empty();
  const auto cold = ledger.Note(kColdNote);
  settings.cold = cold.ok() && !cold->empty();
  run.cold = settings.cold;
  agent::ReadMemory memory;
  const auto watermark = ledger.Note(agent::kWatermarkNote);
  if (watermark.ok()) memory.watermark.value = *watermark;
  if (!read_with.ok() || !absl::SimpleAtoi(*read_with, &memory.mapping_version)) {
    memory.mapping_version = 0;
  }
  const auto whole = ledger.Note(agent::kReadWholeNote);
  if (int64_t unix = 0; whole.ok() && absl::SimpleAtoi(*whole, &unix)) {
    memory.whole = absl::FromUnixSeconds(unix);
  }
  const agent::ReadChoice choice =
      agent::ChooseReading(settings.full || settings.kind != RunKind::kExport,
                           {settings.mapping_version, settings.mapping_version},
                           settings.unattended, Now().wall, memory);
  settings.full = choice.full;
  settings.reads_whole = choice.full || choice.compare;
  agent::ReadRequest read;
  read.kind = choice.full      ? agent::ReadRequest::Kind::kFull
              : choice.compare ? agent::ReadRequest::Kind::kCompare
                               : agent::ReadRequest::Kind::kChanges;
  read.since = choice.since;
  read.known = [&ledger, number = settings.run](absl::Span<const agent::ClientKey> keys)
      -> absl::StatusOr<std::vector<agent::KnownRow>> {
    GB_ASSIGN_OR_RETURN(const auto versions, ledger.KnownVersions(keys));
    std::vector<agent::KnownRow> rows;
    for (const agent::KnownVersion& one : versions) {
      rows.push_back({one.version, one.echo, one.run == number});
    }
    return rows;
  };
  const auto written = ledger.LastWritten();
  if (written.ok()) {
    read.last_written = written->key;
    read.last_written_contact = written->contact;
  }
  run.stream = std::make_unique<BaseStream>(read);
  return settings;
}

void Agent::FailRun(const absl::Status& error) {
  if (!file_.died()) Conclude(RunEnd::kFailed, error);
}

void Agent::BeginMachine() {
  if (process_->run->cold) {
    const auto noted = NoteCold();
    if (!Check(noted)) return FailRun(noted);
  }
  const RunSettings settings = MakeSettings();
  if (file_.died()) return;
  Run& run = *process_->run;
  run.machine = std::make_unique<agent::ExportMachine>(
      settings, *process_->ledger, process_->pacer, process_->doubts, random_);
  run.machine->Start(Now());
  run.machine->OnLease(process_->lease_end, Now());
  Drive();
}

void Agent::Drive() {
  while (process_ != nullptr && process_->run.has_value()) {
    // What a dead process still meant to do does not happen.
    if (file_.died()) return;
    Run& run = *process_->run;
    if (run.end.has_value()) {
      const EndRun end = *run.end;
      return Conclude(end.end, end.error);
    }
    const std::vector<agent::ActionToDo> actions = run.machine->TakeActions();
    if (actions.empty()) return;
    for (const agent::ActionToDo& action : actions) {
      std::visit([this](const auto& todo) { Do(todo); }, action);
    }
  }
}

void Agent::Do(const ReadPage&) {
  CallBase(
      world_.queue.now(),
      [this] {
        process_->run->machine->OnPage(process_->run->stream->Next(world_.base), Now());
        Drive();
      },
      [this](const absl::Status& error) {
        process_->run->machine->OnSourceError(error, Now());
        Drive();
      });
}

void Agent::Do(const FetchRows& fetch) {
  CallBase(
      world_.queue.now(),
      [this, keys = fetch.keys] {
        process_->run->machine->OnRows(world_.base.Fetch(keys), keys, Now());
        Drive();
      },
      [this](const absl::Status& error) {
        process_->run->machine->OnSourceError(error, Now());
        Drive();
      });
}

void Agent::Do(const SendRequest& send) {
  const int64_t run = process_->run->task.run;
  const auto answer = [this, run, id = send.id](const PortalAnswer& word) {
    if (!process_->run.has_value() || process_->run->task.run != run) return;
    process_->run->machine->OnAnswer(id, word, Now());
    Drive();
    if (process_ != nullptr && !file_.died()) KickWriteBack();
  };
  if (send.claims && Steady() + kLeaseMargin >= process_->lease_end &&
      !agent::MutantActive(agent::Mutant::kLeaseIgnored)) {
    Post(absl::ZeroDuration(), [this, run, id = send.id] {
      if (!process_->run.has_value() || process_->run->task.run != run) return;
      process_->run->machine->OnHeldBack(id, Now());
      Drive();
    });
    return;
  }
  world_.trace("send", send.request.commands.size());
  world_.network.Send(send.request, Wall(), installation_ == world_.server.assigned,
                      [this, answer, life = life_](const PortalAnswer& word) {
                        Dispatch(life, [answer, word] { answer(word); });
                      });
}

void Agent::Do(const WakeAt& wake) {
  Run& run = *process_->run;
  if (wake.steady >= run.wake_at) return;
  run.wake_at = wake.steady;
  PostForRun(std::max(wake.steady - Steady(), absl::ZeroDuration()),
             [this, at = wake.steady] {
               Run& now = *process_->run;
               if (now.wake_at != at || now.machine == nullptr) return;
               now.wake_at = absl::InfiniteDuration();
               now.machine->OnWake(Now());
               Drive();
             });
}

void Agent::Do(const EndRun& end) { process_->run->end = end; }

void Agent::Conclude(RunEnd end, const absl::Status& error) {
  Run& run = *process_->run;
  RunReport report;
  report.run = run.task.run;
  report.kind = run.task.kind;
  report.begun = run.begun;
  report.end = end;
  report.error = error;
  report.installation = installation_;
  report.whole = run.stream != nullptr && run.stream->full();
  if (run.machine != nullptr) report.progress = run.machine->progress();
  if (end == RunEnd::kSucceeded) CompareCounts(report);
  if (end == RunEnd::kSucceeded && run.cold) {
    const auto noted = process_->ledger->SetNote(kColdNote, "");
    if (!Check(noted)) {
      report.end = RunEnd::kFailed;
      report.error = noted;
    }
  }
  const auto attempts = process_->ledger->Attempts();
  if (!Check(attempts.status())) return;
  process_->doubts.KeepOnly(*attempts);
  for (const Attempt& attempt : *attempts) {
    process_->doubts.Saw(attempt.intent.key, Steady() + SettleTime());
  }
  if (file_.died()) return;
  ++process_->lease_round;
  tasks_.pop_front();
  process_->run.reset();
  world_.trace("ended", static_cast<uint64_t>(report.end));
  world_.on_run_end(report);
  KickWriteBack();
  Post(absl::Milliseconds(5), [this] { TakeUp(); });
}

void Agent::CompareCounts(const RunReport& report) {
  const auto marked = process_->ledger->CountOutcomes(report.run);
  if (!Check(marked.status())) return;
  const agent::RunCounts& told = report.progress.counts;
  // Of the others most are counted without a mark.
  const std::pair<agent::Outcome, int> counts[] = {
      {agent::Outcome::kAdded, told.added},
      {agent::Outcome::kUpdated, told.updated},
      {agent::Outcome::kRecreated, told.recreated},
      {agent::Outcome::kFailed, told.failed},
      {agent::Outcome::kDeferred, told.deferred}};
  for (const auto& [outcome, count] : counts) {
    const auto found = marked->find(outcome);
    const int clients = found == marked->end() ? 0 : found->second;
    if (clients == count) continue;
    world_.on_violation(
        absl::StrCat("run ", report.run, " tells of ", count, " clients with outcome ",
                     static_cast<int>(outcome), ", the ledger of ", clients));
  }
}

}  // namespace guestbridge::simulation
