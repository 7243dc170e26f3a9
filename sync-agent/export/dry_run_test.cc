// What a run would do, and whether it does that.
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "sync-agent/export/export_machine.h"
#include "sync-agent/export/fake_world_test.h"

namespace guestbridge::agent {
namespace {

using testing::World;

RunProgress Told(World& world) {
  auto settings = world.Settings();
  settings.dry_run = true;
  const auto result = world.Run(settings);
  EXPECT_EQ(result.end, RunEnd::kSucceeded) << result.error;
  EXPECT_TRUE(result.progress.plan.has_value());
  return result.progress;
}

void ExpectSame(const RunCounts& told, const RunCounts& done) {
  EXPECT_EQ(told.scanned, done.scanned);
  EXPECT_EQ(told.unchanged, done.unchanged);
  EXPECT_EQ(told.added, done.added);
  EXPECT_EQ(told.updated, done.updated);
  EXPECT_EQ(told.recreated, done.recreated);
  EXPECT_EQ(told.skipped, done.skipped);
  EXPECT_EQ(told.failed, done.failed);
  EXPECT_EQ(told.deferred, done.deferred);
}

TEST(DryRun, WritesToNeitherSide) {
  World world;
  for (int i = 1; i <= 20; ++i) world.base.Add(i, "Orlova");
  auto settings = world.Settings();
  settings.dry_run = true;
  const auto result = world.Run(settings);
  EXPECT_EQ(result.progress.counts.added, 20);
  EXPECT_TRUE(world.portal.contacts.empty());
  EXPECT_TRUE(world.ledger->List(ClientKey(), 10)->empty());
}

TEST(DryRun, SaysWhatItWouldDoAndTheRunDoesIt) {
  World world;
  for (int i = 1; i <= 20; ++i) world.base.Add(i, "Orlova");
  world.Run(world.Settings());
  world.base.clients[2].attributes["LastName"] = "Petrova";
  world.base.clients[3].attributes["LastName"] = "";
  world.base.clients[3].attributes["Phone"] = "";
  world.base.Add(21, "Novikova");
  world.base.Add(22, "");
  auto dry = world.Settings();
  dry.dry_run = true;
  const auto told = world.Run(dry).progress;
  ASSERT_TRUE(told.plan.has_value());
  const RunPlan& plan = *told.plan;
  EXPECT_EQ(plan.written, told.counts.added + told.counts.updated);
  ASSERT_FALSE(plan.fields.empty());
  EXPECT_EQ(plan.fields.front().first, "LAST_NAME");
  EXPECT_GE(plan.forecast.requests, 2);
  bool sample = false;
  for (const PlannedClient& one : plan.samples) {
    sample |= one.client == world.base.clients[2].key &&
              one.outcome == Outcome::kUpdated &&
              one.fields == std::vector<std::string>{"LAST_NAME"};
  }
  EXPECT_TRUE(sample);
  // The same plan as long as nothing moves, another one when something does.
  EXPECT_EQ(world.Run(dry).progress.plan->digest, plan.digest);
  world.base.clients[5].attributes["LastName"] = "Sidorova";
  EXPECT_NE(world.Run(dry).progress.plan->digest, plan.digest);
  // Also when the same guests would be sent with other content.
  world.base.clients[5].attributes["LastName"] = "Orlova";
  world.base.clients[2].attributes["LastName"] = "Ivanova";
  EXPECT_NE(world.Run(dry).progress.plan->digest, plan.digest);
  world.base.clients[2].attributes["LastName"] = "Petrova";
  EXPECT_EQ(world.Run(dry).progress.plan->digest, plan.digest);
  const auto done = world.Run(world.Settings()).progress;
  EXPECT_FALSE(done.plan.has_value());
  EXPECT_EQ(done.counts.added, told.counts.added);
  EXPECT_EQ(done.counts.updated, told.counts.updated);
  EXPECT_EQ(done.counts.skipped, told.counts.skipped);
}

TEST(DryRun, OfAnAgentWithAStandbyReadsContactsWithoutALease) {
  World world;
  const ClientKey guest = world.base.Add(1, "Orlova", "+79161234567").key;
  world.Run(world.Settings());
  // As after the loss of a ledger: what the contact holds decides.
  ClientRecord record = **world.ledger->Get(guest);
  record.exported.fields_known = false;
  record.exported.hash.clear();
  record.dirty = true;
  ASSERT_TRUE(world.ledger->Put({record}).ok());
  world.base.clients[0].attributes["Phone"] = "+79167654321";
  auto settings = world.Settings();
  settings.dry_run = true;
  settings.has_standby = true;
  world.lease_until = -absl::InfiniteDuration();  // it takes none
  const auto result = world.Run(settings);
  ASSERT_EQ(result.end, RunEnd::kSucceeded) << result.error;
  EXPECT_EQ(result.progress.counts.updated, 1);
}

TEST(DryRun, ItsPlanTellsWhetherRobotsStart) {
  World world;
  world.base.Add(1, "Orlova");
  auto dry = world.Settings();
  dry.dry_run = true;
  const std::string quiet = world.Run(dry).progress.plan->digest;
  dry.policies.robots = RobotsPolicy::kNever;
  EXPECT_EQ(world.Run(dry).progress.plan->digest, quiet);
  dry.policies.robots = RobotsPolicy::kAlways;
  EXPECT_NE(world.Run(dry).progress.plan->digest, quiet);
  dry.policies.robots = RobotsPolicy::kNewGuests;
  dry.first_export = false;
  EXPECT_NE(world.Run(dry).progress.plan->digest, quiet);
}

TEST(DryRun, SaysWhyGuestsWouldStayAway) {
  World world;
  world.base.Add(1, "Orlova");
  for (int i = 2; i <= 4; ++i) {
    world.base.Add(i, "Orlova");
    world.base.clients.back().marked_for_deletion = true;
  }
  auto settings = world.Settings();
  settings.dry_run = true;
  const auto plan = world.Run(settings).progress.plan;
  ASSERT_TRUE(plan.has_value());
  ASSERT_EQ(plan->reasons.size(), 1u);
  EXPECT_EQ(plan->reasons[0].outcome, Outcome::kSkipped);
  EXPECT_EQ(plan->reasons[0].reason, "MARKED_FOR_DELETION");
  EXPECT_EQ(plan->reasons[0].clients, 3);
}

TEST(DryRun, SaysWhomThePortalRefusedAndWhy) {
  World world;
  world.portal.refused_name = "Petrova";
  world.base.Add(1, "Orlova");
  for (int i = 2; i <= 4; ++i) world.base.Add(i, "Petrova");
  auto settling = world.Settings();
  settling.settle = true;
  ASSERT_EQ(world.Run(settling).progress.counts.failed, 3);
  const RunProgress told = Told(world);
  EXPECT_EQ(told.counts.failed, 3);
  ASSERT_EQ(told.plan->reasons.size(), 1u);
  EXPECT_EQ(told.plan->reasons[0].outcome, Outcome::kFailed);
  EXPECT_EQ(told.plan->reasons[0].reason, "PORTAL_REFUSED");
  EXPECT_EQ(told.plan->reasons[0].parameters.at("code"), "ERROR_CORE");
  EXPECT_EQ(told.plan->reasons[0].clients, 3);
  ExpectSame(told.counts, world.Run(world.Settings()).progress.counts);
}

TEST(DryRun, TellsOfAContactThatIsGone) {
  World world;
  for (int i = 1; i <= 5; ++i) world.base.Add(i, "Orlova");
  world.Run(world.Settings());
  world.portal.contacts.erase(world.portal.OfClient(world.base.clients[2].key).front());
  auto settings = world.Settings();
  settings.dry_run = true;
  const auto told = world.Run(settings).progress.counts;
  EXPECT_EQ(told.recreated, 1);
  EXPECT_EQ(told.unchanged, 4);
  EXPECT_EQ(world.portal.contacts.size(), 4u);
}

TEST(DryRun, TakesUpWhatEarlierRunsLeft) {
  World world;
  for (int i = 1; i <= 250; ++i) world.base.Add(i, "Orlova");
  auto off = world.Settings();
  off.events.client_created = false;
  EXPECT_EQ(world.Run(off).progress.counts.added, 0);
  world.base.nothing_new = true;
  world.base.clients.pop_back();  // 1C no longer knows one of them.
  const RunCounts told = Told(world).counts;
  EXPECT_EQ(told.added, 249);
  EXPECT_EQ(told.skipped, 1);
  // What is read anyway is not told twice.
  world.base.nothing_new = false;
  EXPECT_EQ(Told(world).counts.added, 249);
  EXPECT_TRUE(world.portal.contacts.empty());
  world.base.nothing_new = true;
  ExpectSame(told, world.Run(world.Settings()).progress.counts);
}

TEST(DryRun, TellsOfContactsThatCarryAnothersMarkOrWereMerged) {
  World world;
  for (int i = 1; i <= 4; ++i) world.base.Add(i, absl::StrCat("Orlova", i));
  world.Run(world.Settings());
  const auto contact_of = [&](size_t i) {
    return world.portal.OfClient(world.base.clients[i].key).front();
  };
  // One lost its mark, one was merged into a copy that carries it.
  world.portal.contacts[contact_of(0)].stamp = Stamp();
  auto merged = world.portal.contacts[contact_of(1)];
  world.portal.contacts.erase(contact_of(1));
  merged.fields["LAST_NAME"] = "As it was before";
  world.portal.contacts[9000] = merged;
  world.base.nothing_new = true;
  const RunProgress told = Told(world);
  const auto done = world.Run(world.Settings()).progress.counts;
  ExpectSame(told.counts, done);
  EXPECT_EQ(done.updated, 1);
}

TEST(DryRun, GivesOneContactToOneClientOnly) {
  World world;
  for (int i = 1; i <= 3; ++i) {
    world.base.Add(i, "Orlova", "+79161234567").contact = ContactId(77);
  }
  world.portal.contacts[77].fields["LAST_NAME"] = "Orlova";
  const RunCounts told = Told(world).counts;
  EXPECT_EQ(told.updated, 1);
  EXPECT_EQ(told.added, 2);
  ExpectSame(told, world.Run(world.Settings()).progress.counts);
}

TEST(DryRun, AnotherContactIsAnotherPlan) {
  World world;
  world.base.Add(1, "Orlova").contact = ContactId(77);
  for (const int64_t id : {77, 78}) {
    world.portal.contacts[id].fields["LAST_NAME"] = "Orlova";
  }
  const std::string plan = Told(world).plan->digest;
  EXPECT_EQ(Told(world).plan->digest, plan);
  world.base.clients[0].contact = ContactId(78);
  EXPECT_NE(Told(world).plan->digest, plan);
}

TEST(DryRun, RestoresLinksInACopyOfTheLedger) {
  World world;
  for (int i = 1; i <= 30; ++i) world.base.Add(i, "Orlova");
  world.Run(world.Settings());
  world.base.clients[3].attributes["LastName"] = "Petrova";
  world.base.Add(31, "Novikova");
  // The ledger is lost.
  world.ledger = *Ledger::Open(":memory:", world.random);
  const int64_t before = world.ledger->sequence();
  auto dry = world.Settings();
  dry.dry_run = dry.cold = true;
  const auto told = world.Run(dry);
  EXPECT_EQ(told.end, RunEnd::kSucceeded) << told.error;
  EXPECT_EQ(told.progress.counts.added, 1);
  EXPECT_EQ(told.progress.counts.recreated, 0);
  EXPECT_EQ(world.ledger->sequence(), before);
  EXPECT_EQ(*world.ledger->CountLinked(), 0);
  EXPECT_EQ(world.ledger->CountWriteBacks()->pending, 0);
  auto cold = world.Settings();
  cold.cold = true;
  ExpectSame(told.progress.counts, world.Run(cold).progress.counts);
  EXPECT_EQ(world.portal.contacts.size(), 31u);
}

TEST(DryRun, LooksAtAnotherPortalAsIfLinksWereForgotten) {
  World world;
  for (int i = 1; i <= 30; ++i) world.base.Add(i, "Orlova");
  world.Run(world.Settings());
  world.portal = testing::FakePortal();
  world.portal.contacts[7].fields["LAST_NAME"] = "Somebody";
  const int64_t before = world.ledger->sequence();
  auto dry = world.Settings();
  dry.dry_run = dry.cold = dry.other_portal = true;
  const auto told = world.Run(dry);
  EXPECT_EQ(told.end, RunEnd::kSucceeded) << told.error;
  EXPECT_EQ(told.progress.counts.added, 30);
  EXPECT_EQ(world.ledger->sequence(), before);
  EXPECT_EQ(*world.ledger->CountLinked(), 30);
  ASSERT_TRUE(world.ledger->ForgetLinks({}).ok());
  auto first = world.Settings();
  first.cold = true;
  ExpectSame(told.progress.counts, world.Run(first).progress.counts);
}

}  // namespace
}  // namespace guestbridge::agent
