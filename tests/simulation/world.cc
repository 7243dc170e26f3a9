#include "tests/simulation/world.h"

#include <algorithm>
#include <cstdio>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "common/status/error.h"

namespace guestbridge::simulation {
namespace {

using agent::RunKind;

constexpr char kOriginator[] = "guestbridge:5d1e0b0a-0000-4000-8000-00000000ba5e";
constexpr size_t kCopies = 6;

}  // namespace

namespace {

Scenario ScenarioOf(const Options& options) {
  Scenario scenario = DrawScenario(options.seed, options.kinds);
  if (options.too_late == 0) return scenario;
  scenario.calm = false;
  // A run names a hundred of them.
  scenario.clients = std::min(scenario.clients, 60);
  scenario.manager_deletions = 0;
  scenario.manager_merges = 0;
  scenario.manager_restores = 0;
  scenario.merges_in_source = 0;
  scenario.erasures = 0;
  scenario.forgets = 0;
  scenario.marks = 0;
  scenario.new_clients = std::max(scenario.new_clients, 2.0);
  scenario.rates.fill(0);
  const auto rate = [&](FaultKind kind) -> double& {
    return scenario.rates[static_cast<size_t>(kind)];
  };
  rate(FaultKind::kTooLate) = options.too_late;
  rate(FaultKind::kResetBefore) = 0.02;
  rate(FaultKind::kResetAfter) = 0.02;
  rate(FaultKind::kCrash) = 0.002;
  return scenario;
}

}  // namespace

World::World(const Options& options)
    : scenario(ScenarioOf(options)),
      faults(Mix(options.seed, 4), scenario.rates),
      portal(kOriginator),
      network(scenario, queue, faults, portal, Chance(Mix(options.seed, 5))),
      surroundings{.scenario = scenario,
                   .queue = queue,
                   .faults = faults,
                   .base = base,
                   .network = network,
                   .server = server,
                   .source_away_until = absl::ZeroDuration(),
                   .originator = kOriginator},
      options_(options) {
  if (options.only.has_value()) faults.ReplayOnly(*options.only);
  const auto violation = [this](const std::string& what) { Fail(what); };
  portal.on_violation = violation;
  network.on_violation = violation;
  surroundings.on_violation = violation;
  portal.may_have_two = [this](const std::string& client) {
    return network.came_too_late.count(client) > 0;
  };
  portal.strict_updates = scenario.calm;
  portal.imports = scenario.imports;
  portal.application = scenario.application;
  surroundings.trace = [this](const char* tag, uint64_t value) { Trace(tag, value); };
  surroundings.on_run_end = [this](const RunReport& report) {
    ++counts[report.kind == RunKind::kSettle ? "settlings" : "exports"];
    if (report.end == agent::RunEnd::kFailed) {
      ++counts["failed runs"];
      ++counts[absl::StrCat("failed ", ReasonOf(report.error))];
      if (ReasonOf(report.error).empty()) Fail("a run fails and does not say why");
    }
    for (const agent::RunNotice& notice : report.progress.notices) {
      ++counts[absl::StrCat("notice ", notice.reason)];
      if (notice.reason == "TWO_CONTACTS_OF_ONE_CLIENT") {
        told_of_two.insert(notice.parameters.at("client"));
      }
    }
    if (report.whole && report.kind == RunKind::kExport &&
        report.end == agent::RunEnd::kSucceeded) {
      base_read_whole = report.begun;
    }
    const agent::RunCounts& c = report.progress.counts;
    counts["added"] += c.added;
    counts["recreated"] += c.recreated;
    counts["updated"] += c.updated;
    counts["deferred"] += c.deferred;
    for (const int count : {c.unchanged, c.added, c.updated, c.recreated, c.skipped,
                            c.failed, c.deferred}) {
      if (count < 0) Fail("a counter of a run is below zero");
    }
    if (c.unchanged + c.added + c.updated + c.recreated + c.skipped + c.failed +
            c.deferred !=
        c.scanned) {
      Fail("the counters of a run don't add up to those that it looked at");
    }
    Trace("counts",
          static_cast<uint64_t>(c.scanned * 1000 + c.added * 100 + c.updated));
    if (report.kind == RunKind::kExport &&
        report.installation == agent().installation()) {
      last_export = report;
    }
    if (options_.log) {
      absl::FPrintF(stderr,
                    "%s run %d of %d ends %d %s: %d added %d updated %d deferred%s\n",
                    absl::FormatDuration(queue.now()), report.run, report.installation,
                    static_cast<int>(report.end), report.error.ToString(), c.added,
                    c.updated, c.deferred, report.whole ? ", whole" : "");
    }
  };

  Chance chance(Mix(options.seed, 6));
  ChangeMapping(chance);
  mapping_changed = absl::ZeroDuration();
  for (int i = 0; i < scenario.clients; ++i) {
    NewClient(chance, chance.Roll(scenario.refused_share / 4));
  }
  for (int i = 0; i < scenario.strangers; ++i) NewStranger(chance);
  // IDs that 1C holds from the beginning: of nobody, of others, of the right contact.
  for (auto& [key, client] : base.state.clients) {
    if (!chance.Roll(0.1)) continue;
    const auto id = portal.Pick(chance.Next64());
    client.contact = agent::ContactId(
        id.has_value() && chance.Roll(0.6) ? *id : 1 + chance.Below(90));
  }
  agents.push_back(std::make_unique<Agent>(surroundings, next_installation_++,
                                           Mix(options.seed, 7)));
  if (options.sync_late) agents.back()->file().disk().SyncLogsLate();
  agents.back()->Start();
}

void World::Trace(const char* tag, uint64_t value) {
  uint64_t hash = Mix(result_.trace, value);
  for (const char* c = tag; *c != 0; ++c) hash = Mix(hash, static_cast<uint64_t>(*c));
  result_.trace =
      Mix(hash, static_cast<uint64_t>(absl::ToInt64Nanoseconds(queue.now())));
  if (options_.log) {
    absl::FPrintF(stderr, "%s %s %d\n", absl::FormatDuration(queue.now()), tag, value);
  }
}

void World::Fail(const std::string& what) {
  if (result_.failed) return;
  result_.failed = true;
  result_.night = night_;
  result_.what = absl::StrCat(absl::FormatDuration(queue.now()), ": ", what);
}

void World::Night(bool people) {
  const absl::Duration evening = absl::Hours(24) * night_ + absl::Hours(21);
  faults.BeginNight(night_);
  faults_before_night = faults.struck().size();
  last_export.reset();
  if (people) {
    People(night_);
    PlanWindows(evening);
    PlanDisasters(evening);
  }
  Chance chance(Mix(Mix(options_.seed, 8), static_cast<uint64_t>(night_)));
  const bool full = chance.Roll(1.0 / 7);
  queue.At(evening, [this, full] {
    if (agent().idle()) agent().HandOut(RunKind::kExport, full);
  });
  if (people && chance.Roll(0.15)) {
    queue.At(evening + chance.Between(absl::Minutes(2), absl::Hours(2)), [this] {
      if (agent().idle()) agent().HandOut(RunKind::kExport, false);
    });
  }
  queue.RunUntil(absl::Hours(24) * (night_ + 1), [this] { return result_.failed; });
  if (result_.failed) return;
  // Copies of ledger and base, as a backup at midnight has them.
  if (chance.Roll(0.5) && agent().alive()) {
    ledger_copies_.push_back(agent().file().Copy());
    if (ledger_copies_.size() > kCopies) ledger_copies_.pop_front();
  }
  if (chance.Roll(0.2)) {
    base_copies_.push_back(base.state);
    if (base_copies_.size() > kCopies) base_copies_.pop_front();
  }
}

void World::RequeueParked() {
  if (!agent().alive()) {
    return queue.In(absl::Minutes(10), [this] { RequeueParked(); });
  }
  const auto requeued = agent().ledger()->Requeue({});
  if (!requeued.ok()) Fail(requeued.status().ToString());
}

Result World::Live() {
  for (night_ = 0; night_ < options_.nights && !failed(); ++night_) {
    Night(/*people=*/true);
    if (!failed()) CheckNight(*this, /*settled=*/false);
  }
  if (!failed()) {
    faults.Stop();
    portal.hidden = false;
    network.away_until = network.slow_until = queue.now();
    server.away_until = surroundings.source_away_until = queue.now();
    network.tokens.Enter();
    for (const auto& one : agents) one->file().disk().FreeUp();
  }
  for (const int last = night_ + 3; night_ < last && !failed(); ++night_) {
    const bool second = night_ == last - 2;
    const bool third = night_ == last - 1;
    if (night_ == last - 3) RequeueParked();
    const int portal_writes = network.writes_sent;
    const int base_writes = base.writes;
    Night(/*people=*/false);
    if (failed()) break;
    if (second || third) CheckNight(*this, /*settled=*/true);
    if (third && (network.writes_sent > portal_writes || base.writes > base_writes)) {
      Fail(absl::StrCat(
          "nothing changed, and yet ", network.writes_sent - portal_writes,
          " commands write to the portal and ", base.writes - base_writes, " to 1C"));
    }
  }
  if (failed()) {
    // The night that failed is the last that a replay needs.
    result_.night = std::min(result_.night, options_.nights);
  }
  result_.nights = night_;
  result_.struck = faults.struck();
  for (const std::string& client : network.came_too_late) {
    if (portal.Of(agent::ClientKey(client)).size() > 1) {
      ++counts["clients with two contacts"];
    }
  }
  counts["contacts added"] = portal.adds;
  counts["contacts updated"] = portal.updates;
  counts["events"] = static_cast<int64_t>(queue.dispatched());
  counts["503"] = network.limits().too_fast;
  counts["over operating limit"] = network.limits().over_operating;
  counts["written back"] = base.writes;
  result_.counts = counts;
  return result_;
}

Result Simulate(const Options& options) { return World(options).Live(); }

}  // namespace guestbridge::simulation
