#pragma once

#include <cstdint>
#include <optional>
#include <set>

#include "absl/time/time.h"
#include "sync-agent/pace/pacer.h"
#include "tests/simulation/faults.h"

namespace guestbridge::simulation {

// What kind of world a seed makes: how large, how busy, which faults are on.
struct Scenario {
  uint64_t seed = 0;
  // No fault at all: here the limits must never be hit.
  bool calm = false;
  int clients = 20;
  int strangers = 20;  // contacts of the managers' own
  bool box = false;    // no limits
  agent::PaceSettings pace;
  absl::Duration settle_time = absl::Seconds(120);
  double command_seconds = 0.1;
  double write_seconds = 0.2;  // of 1C
  // a day
  double new_clients = 0.3;
  double edits = 1;
  double merges_in_source = 0.05;
  double marks = 0.05;
  double erasures = 0.03;
  double forgets = 0;  // guests erased on a person's word
  double mapping_changes = 0.03;
  double manager_edits = 0.5;
  double manager_deletions = 0.1;
  double manager_merges = 0.1;
  double manager_restores = 0.05;
  double stranger_contacts = 0.3;
  double refused_share = 0;  // of new clients: the portal won't have their name
  double late_rows = 0.1;    // of edits: show up in the history later
  double same_second = 0.1;  // of edits: a second one in the same second
  bool echo = true;          // a write-back makes a row in the change history
  bool merge_keeps_origin = true;
  bool spread_imports = false;
  bool imports = true;  // the portal has crm.item.batchImport
  // Reached as an application: the portal queues deletions, and they replace the sweep
  // for so long.
  bool application = false;
  absl::Duration sweep_every = absl::Hours(20);
  Faults::Rates rates = {};

  // Named for whoever takes over.
  bool has_standby() const {
    return rates[static_cast<size_t>(FaultKind::kTakeover)] > 0 ||
           rates[static_cast<size_t>(FaultKind::kTakeoverUnnoticed)] > 0;
  }
};

// `kinds`: only these are on, and all of them, at the seed's rates.
Scenario DrawScenario(uint64_t seed,
                      const std::optional<std::set<FaultKind>>& kinds = {});

}  // namespace guestbridge::simulation
