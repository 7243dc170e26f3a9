// The ceilings of the local policy: how much a run may do whatever the server says.
#include <gtest/gtest.h>

#include <iterator>
#include <string>

#include "common/status/error.h"
#include "sync-agent/export/ceiling_count.h"
#include "sync-agent/export/fake_world_test.h"

namespace guestbridge::agent {
namespace {

using testing::Fault;
using testing::World;

class CeilingsTest : public ::testing::Test {
 protected:
  void AddGuests(int from, int count) {
    for (int i = from; i < from + count; ++i) world.base.Add(i, "Orlova");
  }
  void RenameAll(const std::string& name) {
    for (ClientRow& row : world.base.clients) row.attributes["LastName"] = name;
  }
  void MarkAll() {
    world.policies.deletion_mark = DeletionMarkPolicy::kDelete;
    for (ClientRow& row : world.base.clients) row.marked_for_deletion = true;
  }
  RunSettings Settings() {
    RunSettings settings = world.Settings();
    settings.ceilings = ceilings;
    return settings;
  }
  void ExpectStopped(const World::Result& result, const std::string& reason,
                     const std::string& limit) {
    EXPECT_EQ(result.end, RunEnd::kFailed);
    EXPECT_EQ(ReasonOf(result.error), reason) << result.error;
    EXPECT_EQ(ParametersOf(result.error)["limit"], limit);
    // What was under way is heard of.
    EXPECT_EQ(*world.ledger->CountAttempts(), 0);
  }
  int Named(const std::string& name) const {
    int named = 0;
    for (const auto& [id, contact] : world.portal.contacts) {
      named += contact.fields.at("LAST_NAME") == name;
    }
    return named;
  }

  World world;
  RunCeilings ceilings;
};

TEST_F(CeilingsTest, NotOneContactMoreIsCreatedAndNothingIsLost) {
  AddGuests(1, 300);
  ceilings.creations = 120;
  ExpectStopped(world.Run(Settings()), "POLICY_CEILING_CREATIONS", "120");
  EXPECT_GT(world.portal.contacts.size(), 60u);
  EXPECT_LE(world.portal.contacts.size(), 120u);
  // Nor later, in portions.
  for (int i = 0; i < 3; ++i) {
    ExpectStopped(world.Run(Settings()), "POLICY_CEILING_CREATIONS", "120");
  }
  EXPECT_LE(world.portal.contacts.size(), 120u);
  // Somebody at the agent's machine has raised it.
  ceilings.creations = 300;
  EXPECT_EQ(world.Run(Settings()).end, RunEnd::kSucceeded);
  EXPECT_EQ(world.portal.contacts.size(), 300u);
}

TEST_F(CeilingsTest, AsManyAsItLetsThroughAreCreatedInEachRun) {
  ceilings.creations = 50;
  for (int run = 0; run < 3; ++run) {
    AddGuests(1 + run * 50, 50);
    const auto result = world.Run(Settings());
    EXPECT_EQ(result.end, RunEnd::kSucceeded) << result.error;
    EXPECT_EQ(result.progress.counts.added, 50);
  }
}

TEST_F(CeilingsTest, ContactsThatAreMadeAgainAreCreations) {
  AddGuests(1, 100);
  world.Run(world.Settings());
  // One is left: who sees none at all may be without rights.
  world.portal.contacts.erase(std::next(world.portal.contacts.begin()),
                              world.portal.contacts.end());
  ceilings.creations = 30;
  ExpectStopped(world.Run(Settings()), "POLICY_CEILING_CREATIONS", "30");
  EXPECT_LE(world.portal.contacts.size(), 31u);
}

TEST_F(CeilingsTest, NotOneContactMoreIsChanged) {
  AddGuests(1, 300);
  world.Run(world.Settings());
  RenameAll("Petrova");
  ceilings.updates = 70;
  ExpectStopped(world.Run(Settings()), "POLICY_CEILING_UPDATES", "70");
  EXPECT_GT(Named("Petrova"), 20);
  EXPECT_LE(Named("Petrova"), 70);
  ceilings.updates.reset();
  EXPECT_EQ(world.Run(Settings()).end, RunEnd::kSucceeded);
  EXPECT_EQ(Named("Petrova"), 300);
}

TEST_F(CeilingsTest, NotOneContactMoreIsDeleted) {
  AddGuests(1, 100);
  world.Run(world.Settings());
  MarkAll();
  ceilings.deletions = 7;
  for (int i = 0; i < 3; ++i) {
    ExpectStopped(world.Run(Settings()), "POLICY_CEILING_DELETIONS", "7");
    EXPECT_GE(world.portal.contacts.size(), 93u);
  }
  ceilings.deletions = 200;
  EXPECT_EQ(world.Run(Settings()).end, RunEnd::kSucceeded);
  EXPECT_TRUE(world.portal.contacts.empty());
}

TEST_F(CeilingsTest, NoneIsNone) {
  AddGuests(1, 3);
  world.Run(world.Settings());
  MarkAll();
  ceilings.deletions = 0;
  ExpectStopped(world.Run(Settings()), "POLICY_CEILING_DELETIONS", "0");
  EXPECT_EQ(world.portal.contacts.size(), 3u);
}

TEST_F(CeilingsTest, ARunThatIsResumedGoesOnCounting) {
  AddGuests(1, 300);
  world.Run(world.Settings());
  MarkAll();
  ceilings.deletions = 100;
  const RunSettings settings = Settings();
  bool crashed = true;
  for (int i = 0; i < 60 && crashed; ++i) {
    const auto result = world.Run(settings, /*crash_after=*/14);
    crashed = result.crashed;
    if (!crashed) {
      EXPECT_EQ(ReasonOf(result.error), "POLICY_CEILING_DELETIONS");
    }
    EXPECT_GE(world.portal.contacts.size(), 200u);
  }
  EXPECT_FALSE(crashed);
}

TEST_F(CeilingsTest, ARunThatDidNotReachItsEndIsNoWayToBeginTheCountAnew) {
  AddGuests(1, 300);
  world.Run(world.Settings());
  MarkAll();
  ceilings.deletions = 100;
  bool crashed = true;
  for (int i = 0; i < 60 && crashed; ++i) {
    // Another run each time.
    crashed = world.Run(Settings(), /*crash_after=*/14).crashed;
    EXPECT_GE(world.portal.contacts.size(), 200u);
  }
  EXPECT_FALSE(crashed);
}

TEST_F(CeilingsTest, WhatThePortalDidNotCarryOutIsNotCounted) {
  AddGuests(1, 100);
  int refused = 0;
  world.portal.fault = [&](const PortalRequest&) {
    return ++refused <= 5 ? Fault::kTooFast : Fault::kNone;
  };
  ceilings.creations = 100;
  const auto result = world.Run(Settings());
  EXPECT_EQ(result.end, RunEnd::kSucceeded) << result.error;
  EXPECT_EQ(world.portal.contacts.size(), 100u);
  EXPECT_GT(refused, 5);
}

TEST_F(CeilingsTest, ADryRunIsNotStoppedAndCountsNothing) {
  AddGuests(1, 100);
  ceilings.creations = 10;
  RunSettings dry = Settings();
  dry.dry_run = true;
  EXPECT_EQ(world.Run(dry).progress.counts.added, 100);
  EXPECT_EQ(*world.ledger->Note(kCeilingsNote), "");
}

TEST_F(CeilingsTest, WithoutCeilingsNothingIsNoted) {
  AddGuests(1, 10);
  EXPECT_EQ(world.Run(Settings()).end, RunEnd::kSucceeded);
  EXPECT_EQ(*world.ledger->Note(kCeilingsNote), "");
}

}  // namespace
}  // namespace guestbridge::agent
