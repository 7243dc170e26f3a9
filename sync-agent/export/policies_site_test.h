#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <utility>
#include <vector>

#include "sync-agent/export/export_machine.h"
#include "sync-agent/export/fake_world_test.h"

// What the hotel's choices are tested with.
namespace guestbridge::agent {

inline constexpr char kPhone[] = "+79161234567";

// One exported guest with a phone, and one more whose contact bears witness.
struct Site : testing::World {
  Site() {
    base.Add(1, "Orlova", kPhone);
    base.Add(2, "Petrova");
  }

  RunSettings WithPolicies(bool dry_run = false) {
    RunSettings settings = Settings();
    settings.dry_run = dry_run;
    return settings;
  }
  RunCounts RunOnce() {
    const Result result = Run(WithPolicies());
    EXPECT_EQ(result.end, RunEnd::kSucceeded) << result.error;
    return result.progress.counts;
  }
  // A run, and that a dry run right before it tells its counts.
  RunCounts RunAsTold() {
    const Result told = Run(WithPolicies(/*dry_run=*/true));
    const RunCounts done = RunOnce();
    EXPECT_EQ(told.progress.counts.added, done.added);
    EXPECT_EQ(told.progress.counts.updated, done.updated);
    EXPECT_EQ(told.progress.counts.recreated, done.recreated);
    EXPECT_EQ(told.progress.counts.skipped, done.skipped);
    EXPECT_EQ(told.progress.counts.deferred, done.deferred);
    EXPECT_EQ(told.progress.counts.unchanged, done.unchanged);
    return done;
  }
  const ClientKey& Guest() const { return base.clients[0].key; }
  ClientRecord Record() { return **ledger->Get(Guest()); }
  std::vector<int64_t> Contacts() const { return portal.OfClient(Guest()); }
  int64_t Contact() const { return portal.OfClient(Guest()).at(0); }
  // Somebody merges the guest's contact into another one, which keeps its own origin.
  void MergeAway(int64_t into) {
    testing::FakeContact survivor = portal.contacts.at(Contact());
    portal.contacts.erase(Contact());
    survivor.stamp = Stamp();
    portal.contacts[into] = survivor;
  }
};

}  // namespace guestbridge::agent
