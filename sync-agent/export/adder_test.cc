#include "sync-agent/export/adder.h"

#include <gtest/gtest.h>

#include "sync-agent/export/fake_world_test.h"

namespace guestbridge::agent {
namespace {

using testing::ExpectOneContactEach;
using testing::Fault;
using testing::Said;
using testing::World;

TEST(Adder, TheFirstExportImportsManyContactsACommand) {
  World world;
  for (int i = 1; i <= 500; ++i) world.base.Add(i, "Orlova", "+79161234567");
  const auto result = world.Run(world.Settings());
  EXPECT_EQ(result.progress.counts.added, 500);
  ExpectOneContactEach(world);
  EXPECT_EQ(world.portal.adds, 0);
  EXPECT_LT(world.portal.imports, 100);
  for (const auto& [id, contact] : world.portal.contacts) EXPECT_TRUE(contact.import);
}

TEST(Adder, GuestsOfALaterDeltaAreGreetedByRobots) {
  World world;
  world.base.Add(1, "Orlova");
  world.Run(world.Settings());
  const ClientKey guest = world.base.Add(2, "Ivanov").key;
  world.Run(world.Settings());
  EXPECT_FALSE(world.portal.contacts.at(world.portal.OfClient(guest).front()).import);
}

TEST(Adder, ContactsWithFieldsThatTheImportDoesNotKnowGoOneACommandAndQuietly) {
  World world;
  world.MapAlso("Address", "ADDRESS");
  for (int i = 1; i <= 30; ++i) {
    world.base.Add(i, "Orlova").attributes["Address"] = i % 2 == 0 ? "Lenina 1" : "";
  }
  world.Run(world.Settings());
  ExpectOneContactEach(world);
  EXPECT_EQ(world.portal.adds, 15);
  for (const auto& [id, contact] : world.portal.contacts) EXPECT_TRUE(contact.import);
}

TEST(Adder, ATextThatBatchWouldReplaceTravelsAlone) {
  World world;
  for (int i = 1; i <= 30; ++i) {
    world.base.Add(i, i % 10 == 0 ? "$result[c0]" : "Orlova");
  }
  world.Run(world.Settings());
  ExpectOneContactEach(world);
  EXPECT_EQ(world.portal.adds, 3);
}

TEST(Adder, WithoutTheMethodContactsAreAddedOneACommandAndTheRunSaysSo) {
  World world;
  world.portal.import_fate = testing::ImportFate::kNoMethod;
  for (int i = 1; i <= 40; ++i) world.base.Add(i, "Orlova");
  const auto result = world.Run(world.Settings());
  EXPECT_EQ(result.end, RunEnd::kSucceeded) << result.error;
  EXPECT_EQ(result.progress.counts.added, 40);
  ExpectOneContactEach(world);
  EXPECT_TRUE(Said(result.progress, "BATCH_IMPORT_UNAVAILABLE"));
  for (const auto& [id, contact] : world.portal.contacts) EXPECT_TRUE(contact.import);
}

TEST(Adder, WithoutTheRightToImportContactsAreAddedPlainlyAndTheRunSaysSo) {
  World world;
  world.portal.import_fate = testing::ImportFate::kNoRight;
  for (int i = 1; i <= 40; ++i) world.base.Add(i, "Orlova");
  const auto result = world.Run(world.Settings());
  EXPECT_EQ(result.end, RunEnd::kSucceeded) << result.error;
  EXPECT_EQ(result.progress.counts.added, 40);
  ExpectOneContactEach(world);
  EXPECT_TRUE(Said(result.progress, "IMPORT_RIGHT_MISSING"));
}

TEST(Adder, OneRefusedContactOfAnImportDoesNotStopTheOthers) {
  World world;
  for (int i = 1; i <= 60; ++i) world.base.Add(i, i == 31 ? "Refused" : "Orlova");
  world.portal.refused_name = "Refused";
  auto settings = world.Settings();
  settings.settle = true;
  const auto result = world.Run(settings);
  EXPECT_EQ(result.progress.counts.added, 59);
  EXPECT_EQ(result.progress.counts.failed, 1);
  EXPECT_EQ(result.progress.failures.size(), 1u);
}

TEST(Adder, AnImportWhoseAnswerIsLostIsSettledByEvidence) {
  for (const Fault fault : {Fault::kLostBefore, Fault::kLostAfter, Fault::kHalf}) {
    World world;
    for (int i = 1; i <= 300; ++i) world.base.Add(i, "Orlova");
    int writes = 0;
    world.portal.fault = [&](const PortalRequest& request) {
      return request.commands.size() > 1 && ++writes % 2 == 0 ? fault : Fault::kNone;
    };
    auto settings = world.Settings();
    settings.settle = true;
    const auto result = world.Run(settings);
    EXPECT_EQ(result.end, RunEnd::kSucceeded) << result.error;
    EXPECT_EQ(result.progress.counts.added, 300);
    ExpectOneContactEach(world);
  }
}

TEST(Adder, WhatARobotPutInPlaceOfTheOriginIsNoMarkOfAnotherGuest) {
  for (const char* origin : {"EXT-77", "", "99999999-0000-4000-8000-000000000000"}) {
    SCOPED_TRACE(origin);
    World world;
    world.base.Add(1, "Orlova");
    world.Run(world.Settings());
    const ClientKey guest = world.base.Add(2, "Ivanova").key;
    world.portal.spoil = [&](const Command& command, CommandResult*) {
      if (!std::holds_alternative<AddContact>(command)) return;
      world.portal.contacts.rbegin()->second.stamp.origin = origin;
    };
    EXPECT_EQ(world.Run(world.Settings()).progress.counts.added, 1);
    EXPECT_EQ(*world.ledger->ClientOf(ContactId(world.portal.next_id - 1)), guest);
  }
}

TEST(Adder, TheLookBehindTheFirstContactOfAnEmptyPortalIsNoRequestOfItsOwn) {
  World world;
  world.base.Add(1, "Orlova");
  world.Run(world.Settings());
  EXPECT_EQ(world.portal.requests, 2);
  ExpectOneContactEach(world);
}

// More guests than one method may import within a window of ten minutes.
class SpreadingTest : public ::testing::Test {
 protected:
  SpreadingTest() {
    for (int i = 1; i <= 900; ++i) world_.base.Add(i, "Orlova", "+79161234567");
    world_.portal.operating_each = 1;
  }

  absl::Duration TimeOf(const RunSettings& settings) {
    const absl::Duration before = world_.now;
    const auto result = world_.Run(settings);
    EXPECT_EQ(result.end, RunEnd::kSucceeded) << result.error;
    EXPECT_EQ(result.progress.counts.added, 900);
    ExpectOneContactEach(world_);
    for (const auto& [id, contact] : world_.portal.contacts) {
      EXPECT_TRUE(contact.import);
    }
    for (const RunNotice& notice : result.progress.notices) {
      if (notice.parameters.count("method") == 0) continue;
      said_ = notice.reason + " " + notice.parameters.at("method");
    }
    return world_.now - before;
  }

  World world_;
  std::string said_;
};

TEST_F(SpreadingTest, IsOffByDefault) {
  EXPECT_GT(TimeOf(world_.Settings()), absl::Minutes(9));
  EXPECT_EQ(world_.portal.operating.count("crm.item.import"), 0u);
  EXPECT_EQ(world_.portal.operating.count("crm.contact.add"), 0u);
}

TEST_F(SpreadingTest, UsesTheOperatingTimeOfAllImportMethods) {
  RunSettings settings = world_.Settings();
  settings.spread_imports = true;
  EXPECT_LT(TimeOf(settings), absl::Minutes(3));
  EXPECT_GT(world_.portal.operating["crm.item.batchImport"], 380);
  EXPECT_EQ(said_, "");
}

TEST_F(SpreadingTest, EndsAtTheFirstRefusalForOperatingTime) {
  RunSettings settings = world_.Settings();
  settings.spread_imports = true;
  world_.portal.refused_method = "crm.item.import";
  EXPECT_GT(TimeOf(settings), absl::Minutes(5));
  EXPECT_EQ(said_, "SPREADING_STOPPED crm.item.import");
  EXPECT_LT(world_.portal.operating["crm.contact.add"], 60);
}

TEST_F(SpreadingTest, GoesOnWhereALookBehindAdditionsIsRefused) {
  RunSettings settings = world_.Settings();
  settings.spread_imports = true;
  bool refused = false;
  world_.portal.spoil = [&](const Command& command, CommandResult* result) {
    if (!std::holds_alternative<ListNewest>(command) || refused) return;
    if (world_.portal.next_id < 150) return;  // the portal's end is looked for
    refused = true;
    result->rows.clear();
    result->fate = Fate::kNotExecuted;
    result->operating_limit = true;
  };
  EXPECT_LT(TimeOf(settings), absl::Minutes(3));
  EXPECT_TRUE(refused);
  EXPECT_EQ(said_, "");
}

TEST_F(SpreadingTest, AWayThatIsShutEndsItAndLeavesTheMainWayOpen) {
  RunSettings settings = world_.Settings();
  settings.spread_imports = true;
  world_.portal.shut_method = "crm.item.import";
  EXPECT_GT(TimeOf(settings), absl::Minutes(5));
  EXPECT_EQ(said_, "SPREADING_UNAVAILABLE crm.item.import");
}

}  // namespace
}  // namespace guestbridge::agent
