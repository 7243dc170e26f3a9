// How much a run may change by itself, and what a version of the mapping asks for.
#include <gtest/gtest.h>

#include <iterator>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/status/error.h"
#include "sync-agent/export/export_machine.h"
#include "sync-agent/export/fake_world_test.h"
#include "sync-agent/plan/guard.h"

namespace guestbridge::agent {
namespace {

using testing::World;

class GuardTest : public ::testing::Test {
 protected:
  void AddGuests(int count) {
    for (int i = 1; i <= count; ++i) world.base.Add(i, "Orlova");
    world.Run(world.Settings());
  }
  void RenameAll() {
    for (ClientRow& row : world.base.clients) row.attributes["LastName"] = "Petrova";
  }
  RunSettings Guarded(int most) {
    RunSettings settings = world.Settings();
    settings.most_changed = most;
    settings.reads_whole = true;
    settings.linked = static_cast<int>(world.portal.contacts.size());
    return settings;
  }
  // Clients of whom 1C holds the ID of a contact that the ledger does not know.
  void AddStored(int from, int count) {
    for (int i = from; i < from + count; ++i) {
      world.base.Add(i, "Orlova", "+79161234567").contact = ContactId(1000 + i);
      world.portal.contacts[1000 + i].fields["LAST_NAME"] = "Orlova";
    }
    world.portal.next_id = 1'000'000;
  }
  int Stamped() const {
    int stamped = 0;
    for (const auto& [id, contact] : world.portal.contacts) {
      stamped += !contact.stamp.origin.empty();
    }
    return stamped;
  }
  void MarkAll() {
    world.policies.deletion_mark = DeletionMarkPolicy::kDelete;
    for (ClientRow& row : world.base.clients) row.marked_for_deletion = true;
  }
  int Renamed() const {
    int renamed = 0;
    for (const auto& [id, contact] : world.portal.contacts) {
      renamed += contact.fields.at("LAST_NAME") == "Petrova";
    }
    return renamed;
  }

  World world;
};

TEST_F(GuardTest, TheLargerOfNumberAndShareCounts) {
  GuardSettings guard;
  EXPECT_EQ(MostChanged(guard, 10), 25'000);
  EXPECT_EQ(MostChanged(guard, 1'000'000), 100'000);
  guard.contacts = 3;
  guard.percent = 50;
  EXPECT_EQ(MostChanged(guard, 5), 3);
  EXPECT_EQ(MostChanged(guard, 100), 50);
}

TEST_F(GuardTest, ARunThatWouldChangeMoreIsStoppedBeforeItDoesAndNothingIsLost) {
  AddGuests(2000);
  RenameAll();
  const auto stopped = world.Run(Guarded(100));
  EXPECT_EQ(stopped.end, RunEnd::kFailed);
  EXPECT_EQ(ReasonOf(stopped.error), "GUARD_STOPPED");
  EXPECT_EQ(ParametersOf(stopped.error).at("limit"), "100");
  // What was under way is heard of; the rest stays.
  EXPECT_GT(Renamed(), 0);
  EXPECT_LE(Renamed(), 100);
  EXPECT_EQ(ParametersOf(stopped.error).at("changed"), absl::StrCat(Renamed()));
  EXPECT_EQ(*world.ledger->CountAttempts(), 0);
  RunSettings on = world.Settings();
  EXPECT_EQ(world.Run(on).end, RunEnd::kSucceeded);
  EXPECT_EQ(Renamed(), 2000);
  EXPECT_EQ(world.portal.contacts.size(), 2000u);
}

TEST_F(GuardTest, AsManyAsItMayAreChanged) {
  AddGuests(100);
  RenameAll();
  const auto result = world.Run(Guarded(100));
  EXPECT_EQ(result.end, RunEnd::kSucceeded) << result.error;
  EXPECT_EQ(Renamed(), 100);
}

TEST_F(GuardTest, WhereTheFirstRequestWouldBeTooMuchNothingLeaves) {
  AddGuests(300);
  RenameAll();
  RunSettings settings = Guarded(3);
  settings.full = settings.reads_whole = false;
  const auto stopped = world.Run(settings);
  EXPECT_EQ(ReasonOf(stopped.error), "GUARD_STOPPED");
  EXPECT_EQ(ParametersOf(stopped.error).at("changed"), "0");
  EXPECT_EQ(Renamed(), 0);
  EXPECT_EQ(*world.ledger->CountAttempts(), 0);
  EXPECT_EQ(world.Run(world.Settings()).end, RunEnd::kSucceeded);
  EXPECT_EQ(Renamed(), 300);
}

TEST_F(GuardTest, WhatIsSentAgainCountsOnce) {
  AddGuests(100);
  RenameAll();
  int put_off = 0;
  world.portal.instead = [&](const Command& command) -> std::optional<Fate> {
    if (!std::holds_alternative<UpdateContact>(command) || ++put_off > 30) {
      return std::nullopt;
    }
    return Fate::kNotExecuted;
  };
  const auto result = world.Run(Guarded(100));
  EXPECT_EQ(result.end, RunEnd::kSucceeded) << result.error;
  EXPECT_EQ(Renamed(), 100);
}

TEST_F(GuardTest, ContactsThatAreMadeAgainCountNewOnesDoNot) {
  AddGuests(300);
  // One is left: who sees none at all may be without rights.
  world.portal.contacts.erase(std::next(world.portal.contacts.begin()),
                              world.portal.contacts.end());
  const size_t left = world.portal.contacts.size();
  const auto stopped = world.Run(Guarded(10));
  EXPECT_EQ(ReasonOf(stopped.error), "GUARD_STOPPED");
  EXPECT_LE(world.portal.contacts.size(), left + 10);
  World other;
  for (int i = 1; i <= 300; ++i) other.base.Add(i, "Orlova");
  RunSettings first = other.Settings();
  first.most_changed = 10;
  EXPECT_EQ(other.Run(first).progress.counts.added, 300);
}

TEST_F(GuardTest, DeletionsCountBeforeTheyLeave) {
  AddGuests(300);
  MarkAll();
  const auto stopped = world.Run(Guarded(100));
  EXPECT_EQ(ReasonOf(stopped.error), "GUARD_STOPPED");
  EXPECT_GE(world.portal.contacts.size(), 200u);
  EXPECT_EQ(ParametersOf(stopped.error).at("changed"),
            absl::StrCat(300 - world.portal.contacts.size()));
  EXPECT_EQ(*world.ledger->CountAttempts(), 0);
  // With consent all go.
  EXPECT_EQ(world.Run(world.Settings()).end, RunEnd::kSucceeded);
  EXPECT_TRUE(world.portal.contacts.empty());
}

TEST_F(GuardTest, ADryRunCountsDeletionsAmongTheSkipped) {
  AddGuests(300);
  MarkAll();
  RunSettings settings = world.Settings();
  settings.dry_run = true;
  const RunCounts counts = world.Run(settings).progress.counts;
  EXPECT_EQ(counts.skipped, 300);
  EXPECT_EQ(counts.deleted, 300);
  EXPECT_EQ(counts.touched(), 300);
  EXPECT_EQ(counts.scanned, 300);
  EXPECT_EQ(world.portal.contacts.size(), 300u);
}

TEST_F(GuardTest, AnExecutionThatGoesOnKnowsWhatWasDeletedBefore) {
  AddGuests(300);
  MarkAll();
  const RunSettings settings = Guarded(100);
  bool crashed = true;
  for (int i = 0; i < 20 && crashed; ++i) {
    const auto result = world.Run(settings, /*crash_after=*/14);
    crashed = result.crashed;
    if (!crashed) {
      EXPECT_EQ(ReasonOf(result.error), "GUARD_STOPPED");
    }
  }
  EXPECT_FALSE(crashed);
  EXPECT_GE(world.portal.contacts.size(), 200u);
  EXPECT_LT(world.portal.contacts.size(), 300u);
}

TEST_F(GuardTest, ContactsThat1CNamesAreLeftAloneUntilThereIsAPlan) {
  AddStored(1, 300);
  RunSettings settings = Guarded(100);
  settings.linked = 0;
  settings.holds_stored = true;
  const auto result = world.Run(settings);
  EXPECT_EQ(result.end, RunEnd::kPlanFirst) << result.error;
  EXPECT_EQ(Stamped(), 0);
  EXPECT_EQ(*world.ledger->CountLinked(), 0);
  // The plan that allows it.
  settings.holds_stored = false;
  settings.most_changed = 300;
  const auto done = world.Run(settings);
  EXPECT_EQ(done.end, RunEnd::kSucceeded) << done.error;
  EXPECT_EQ(done.progress.counts.updated, 300);
  EXPECT_EQ(Stamped(), 300);
}

TEST_F(GuardTest, LinkedContactsAndThoseThat1CNamesCountTogether) {
  AddGuests(60);
  AddStored(1001, 41);
  RunSettings settings = Guarded(100);
  settings.linked = 60;
  settings.holds_stored = true;
  EXPECT_EQ(world.Run(settings).end, RunEnd::kPlanFirst);
  settings.most_changed = 101;
  const auto result = world.Run(settings);
  EXPECT_EQ(result.end, RunEnd::kSucceeded) << result.error;
  EXPECT_EQ(result.progress.counts.updated, 41);
  EXPECT_EQ(result.progress.counts.unchanged, 60);
}

TEST_F(GuardTest, FewContactsThat1CNamesAreTakenOnceAllWasRead) {
  AddStored(1, 100);
  for (int i = 1001; i <= 1300; ++i) world.base.Add(i, "Petrova");
  RunSettings settings = Guarded(100);
  settings.linked = 0;
  settings.holds_stored = true;
  const auto result = world.Run(settings);
  EXPECT_EQ(result.end, RunEnd::kSucceeded) << result.error;
  EXPECT_EQ(result.progress.counts.updated, 100);
  EXPECT_EQ(result.progress.counts.added, 300);
  EXPECT_EQ(world.portal.contacts.size(), 400u);
  EXPECT_EQ(Stamped(), 400);
  EXPECT_LT(world.base.fetched, 100);
}

TEST_F(GuardTest, SoManyThatTheirRowsAreNotKeptAreReadAgain) {
  constexpr int kMany = 10'300;
  AddStored(1, kMany);
  RunSettings settings = Guarded(kMany);
  settings.linked = 0;
  settings.holds_stored = true;
  const auto result = world.Run(settings);
  EXPECT_EQ(result.end, RunEnd::kSucceeded) << result.error;
  EXPECT_EQ(result.progress.counts.updated, kMany);
  // Those whose update was under way are asked for as well.
  EXPECT_GE(world.base.fetched, 300);
  EXPECT_LT(world.base.fetched, kMany / 2);
}

TEST_F(GuardTest, AMatchThatWouldStampTooManyContactsStampsNone) {
  for (int i = 1; i <= 50; ++i) {
    const std::string phone = absl::StrCat("+7916123", 4500 + i);
    world.base.Add(i, "Orlova", phone);
    world.portal.contacts[1000 + i].fields["LAST_NAME"] = "Orlova";
    world.portal.contacts[1000 + i].multifields["PHONE"] = {{i, phone, "WORK"}};
  }
  RunSettings settings = Guarded(49);
  settings.kind = RunKind::kMatch;
  settings.apply = true;
  const auto refused = world.Run(settings);
  EXPECT_EQ(ReasonOf(refused.error), "GUARD_REFUSED");
  EXPECT_EQ(ParametersOf(refused.error).at("updated"), "50");
  EXPECT_EQ(Stamped(), 0);
  EXPECT_EQ(*world.ledger->CountLinked(), 0);
  settings.most_changed = 50;
  EXPECT_EQ(world.Run(settings).progress.match.applied, 50);
  EXPECT_EQ(Stamped(), 50);
}

TEST_F(GuardTest, ABaseThatShowsNobodyIsNotBelieved) {
  AddGuests(kLinkedBeforeEmptyIsOdd);
  const auto clients = std::exchange(world.base.clients, {});
  const auto result = world.Run(Guarded(1000));
  EXPECT_EQ(ReasonOf(result.error), "SOURCE_EMPTY");
  EXPECT_EQ(world.portal.contacts.size(), clients.size());
  // With consent it is: nothing is deleted either way.
  EXPECT_EQ(world.Run(world.Settings()).end, RunEnd::kSucceeded);
  EXPECT_EQ(world.portal.contacts.size(), clients.size());
}

TEST_F(GuardTest, NorIsItWhenVersionsAreCompared) {
  AddGuests(kLinkedBeforeEmptyIsOdd);
  world.base.clients.clear();
  RunSettings settings = Guarded(1000);
  settings.full = false;
  EXPECT_EQ(ReasonOf(world.Run(settings).error), "SOURCE_EMPTY");
  // A run that reads what has changed may find nothing.
  settings = Guarded(1000);
  settings.full = settings.reads_whole = false;
  EXPECT_EQ(world.Run(settings).end, RunEnd::kSucceeded);
}

TEST_F(GuardTest, ASmallBaseMayBeEmpty) {
  AddGuests(kLinkedBeforeEmptyIsOdd - 1);
  world.base.clients.clear();
  EXPECT_EQ(world.Run(Guarded(1000)).end, RunEnd::kSucceeded);
}

TEST_F(GuardTest, AVersionThatResendsComparesEveryContactOnce) {
  AddGuests(30);
  world.portal.contacts.begin()->second.fields["LAST_NAME"] = "By a manager";
  EXPECT_EQ(world.Run(world.Settings()).progress.counts.updated, 0);
  MappingOptions options;
  options.version = options.resend_version = 2;
  world.mapping = std::make_unique<CompiledMapping>(*CompiledMapping::Compile(
      {{"LastName", "LAST_NAME", {}}, {"Phone", "PHONE", {}}}, std::move(options)));
  const auto settings = [&] {
    RunSettings second = world.Settings();
    second.mapping_version = 2;
    return second;
  };
  const RunCounts counts = world.Run(settings()).progress.counts;
  EXPECT_EQ(counts.updated, 1);
  EXPECT_EQ(counts.unchanged, 29);
  EXPECT_EQ(world.portal.contacts.begin()->second.fields["LAST_NAME"], "Orlova");
  const int requests = world.portal.requests;
  EXPECT_EQ(world.Run(settings()).progress.counts.unchanged, 30);
  EXPECT_LT(world.portal.requests - requests, requests);
}

}  // namespace
}  // namespace guestbridge::agent
