#include "tests/simulation/scenario.h"

namespace guestbridge::simulation {
namespace {

struct Range {
  FaultKind kind;
  double low;
  double high;
};

// Rates are drawn between these, when the kind is on at all.
constexpr Range kRanges[] = {
    {FaultKind::kResetBefore, 0.002, 0.08},
    {FaultKind::kResetAfter, 0.002, 0.08},
    {FaultKind::kHalf, 0.002, 0.08},
    {FaultKind::kLate, 0.002, 0.08},
    {FaultKind::kInternalErrorAfter, 0.001, 0.05},
    {FaultKind::kHtmlBefore, 0.001, 0.05},
    {FaultKind::kTooFast, 0.001, 0.05},
    {FaultKind::kNotAllowed, 0.0002, 0.005},
    {FaultKind::kErrorAfter, 0.001, 0.05},
    {FaultKind::kErrorInstead, 0.001, 0.05},
    {FaultKind::kOperatingLimit, 0.0005, 0.01},
    {FaultKind::kBrokenPage, 0.002, 0.1},
    {FaultKind::kFilterIgnored, 0.002, 0.1},
    {FaultKind::kPortalAway, 0.01, 0.3},
    {FaultKind::kPortalSlow, 0.01, 0.3},
    {FaultKind::kRightsHidden, 0.02, 0.3},
    {FaultKind::kSourceAway, 0.01, 0.3},
    {FaultKind::kServerAway, 0.01, 0.3},
    {FaultKind::kCrash, 0.001, 0.03},
    {FaultKind::kCrashInCommit, 0.001, 0.03},
    {FaultKind::kPause, 0.0003, 0.01},
    {FaultKind::kSourceUnreachable, 0.002, 0.1},
    {FaultKind::kWriteBusy, 0.005, 0.2},
    {FaultKind::kWriteNotKept, 0.002, 0.03},
    {FaultKind::kWriteAnswerLost, 0.005, 0.2},
    {FaultKind::kClockJump, 0.01, 0.2},
    {FaultKind::kLedgerRestored, 0.01, 0.1},
    {FaultKind::kLedgerLost, 0.01, 0.1},
    {FaultKind::kTakeover, 0.01, 0.15},
    {FaultKind::kSourceRestored, 0.003, 0.03},
};
// A new kind goes here, at the end: then what a seed made before stays.
constexpr Range kLaterRanges[] = {
    {FaultKind::kWrongId, 0.005, 0.1},
    {FaultKind::kTokenExpired, 0.001, 0.05},
    {FaultKind::kRefreshLost, 0.01, 0.15},
    {FaultKind::kTokenRevoked, 0.01, 0.15},
    {FaultKind::kDiskFull, 0.01, 0.2},
    {FaultKind::kPowerLoss, 0.0005, 0.01},
    {FaultKind::kTakeoverUnnoticed, 0.01, 0.15},
    {FaultKind::kIdsShifted, 0.005, 0.1},
};

}  // namespace

Scenario DrawScenario(uint64_t seed, const std::optional<std::set<FaultKind>>& kinds) {
  Chance chance(Mix(seed, 1));
  Scenario scenario;
  const auto draw = [&](const Range& range) {
    const bool drawn = chance.Roll(0.5);
    const double rate = chance.LogBetween(range.low, range.high);
    const bool on = kinds.has_value() ? kinds->count(range.kind) > 0 : drawn;
    if (on && !scenario.calm) scenario.rates[static_cast<size_t>(range.kind)] = rate;
  };
  scenario.seed = seed;
  scenario.calm = chance.Roll(0.15);
  scenario.clients = static_cast<int>(chance.LogBetween(3, 60));
  if (chance.Roll(0.04)) scenario.clients = 300;
  scenario.strangers = static_cast<int>(chance.Below(40));
  scenario.box = chance.Roll(0.2);
  if (chance.Roll(0.3)) {
    scenario.pace.bucket_capacity = 250;
    scenario.pace.bucket_drain_per_second = 5;
  }
  scenario.command_seconds = chance.LogBetween(0.03, 0.6);
  // A small budget is used up by few clients.
  if (chance.Roll(0.35))
    scenario.pace.operating_limit_seconds = chance.Between(5., 20.);
  scenario.write_seconds = chance.LogBetween(0.05, 3);
  const double busy = chance.LogBetween(0.3, 5);
  const double size = scenario.clients / 20.0;
  scenario.new_clients *= busy * chance.LogBetween(0.3, 3);
  scenario.edits *= busy * size * chance.LogBetween(0.3, 3);
  scenario.merges_in_source *= busy;
  scenario.marks *= busy;
  scenario.erasures *= busy;
  scenario.mapping_changes *= chance.LogBetween(0.2, 2);
  scenario.manager_edits *= busy * chance.LogBetween(0.3, 3);
  scenario.manager_deletions *= busy;
  scenario.manager_merges *= busy;
  scenario.manager_restores *= busy;
  scenario.stranger_contacts *= busy * chance.LogBetween(0.3, 3);
  if (chance.Roll(0.3)) scenario.refused_share = 0.1;
  scenario.late_rows = chance.Roll(0.5) ? 0.2 : 0;
  scenario.echo = chance.Roll(0.8);
  scenario.merge_keeps_origin = chance.Roll(0.6);
  scenario.imports = chance.Roll(0.8);
  for (const Range& range : kRanges) draw(range);
  scenario.application = chance.Roll(0.5);
  if (chance.Roll(0.8)) scenario.sweep_every = absl::Hours(chance.Between(24, 200));
  scenario.spread_imports = chance.Roll(0.5);
  for (const Range& range : kLaterRanges) draw(range);
  if (chance.Roll(0.4)) scenario.forgets = chance.LogBetween(0.02, 0.3);
  return scenario;
}

}  // namespace guestbridge::simulation
