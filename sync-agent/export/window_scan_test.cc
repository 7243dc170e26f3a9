#include "sync-agent/export/window_scan.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <variant>

#include "common/status/error.h"
#include "sync-agent/export/fake_world_test.h"

namespace guestbridge::agent {
namespace {

using testing::World;

TEST(WindowScan, AUserWhoIsNoAdministratorMayMatchWithTheContactsThatHeSees) {
  World world;
  world.portal.admin = false;
  world.portal.contacts[50] = {{{"LAST_NAME", "Orlova"}},
                               {{"PHONE", {{1, "8 916 123-45-67", "WORK"}}}},
                               {},
                               false};
  world.base.Add(1, "Orlova", "+79161234567");
  auto match = world.Settings();
  match.kind = RunKind::kMatch;
  const auto result = world.Run(match);
  EXPECT_EQ(result.end, RunEnd::kSucceeded) << result.error;
  EXPECT_EQ(result.progress.match.matched, 1);
}

TEST(WindowScan, BeforeThereIsAContactOfOursOnlyFullRightsProveAnAbsence) {
  World world;
  world.portal.admin = false;
  world.portal.contacts[50] = {{{"LAST_NAME", "Ivanov"}}, {}, {}, false};
  world.base.Add(1, "Orlova");
  world.portal.fault = [](const PortalRequest&) { return testing::Fault::kLostBefore; };
  const auto result = world.Run(world.Settings());
  EXPECT_EQ(result.progress.counts.deferred, 1);
  world.portal.fault = [](const PortalRequest&) { return testing::Fault::kNone; };
  world.now += absl::Minutes(5);
  auto settle = world.Settings();
  settle.kind = RunKind::kSettle;
  world.Run(settle);
  EXPECT_EQ(*world.ledger->CountAttempts(), 1);  // not settled
  world.portal.admin = true;
  world.now += absl::Minutes(5);
  settle = world.Settings();
  settle.kind = RunKind::kSettle;
  world.Run(settle);
  EXPECT_EQ(*world.ledger->CountAttempts(), 0);
  EXPECT_EQ(world.portal.OfClient(world.base.clients[0].key).size(), 1u);
}

TEST(WindowScan, ADoubtIsSettledWithoutARunThoughTheContactThatBoreWitnessIsGone) {
  testing::World world;
  const ClientKey witness = world.base.Add(1, "Orlova").key;
  world.Run(world.Settings());
  const ClientKey doubted = world.base.Add(2, "Ivanova").key;
  world.portal.fault = [](const PortalRequest&) { return testing::Fault::kLostAfter; };
  EXPECT_EQ(world.Run(world.Settings()).progress.counts.deferred, 1);
  world.portal.fault = [](const PortalRequest&) { return testing::Fault::kNone; };
  world.portal.Delete(world.portal.OfClient(witness).front());
  for (int settling = 0; settling < 2; ++settling) {
    world.now += absl::Minutes(10);
    RunSettings settings = world.Settings();
    settings.kind = RunKind::kSettle;
    const auto result = world.Run(settings);
    ASSERT_EQ(result.end, RunEnd::kSucceeded) << result.error;
  }
  EXPECT_TRUE(world.ledger->Attempts()->empty());
  EXPECT_EQ((**world.ledger->Get(doubted)).contact.value(),
            world.portal.OfClient(doubted).front());
  EXPECT_EQ((**world.ledger->Get(witness)).link, LinkState::kLost);
}

TEST(WindowScan, TheEndOfThePortalIsAskedForTogetherWithTheLastRange) {
  World world;
  for (int i = 1; i <= 300; ++i)
    world.portal.contacts[1000 + i] = testing::FakeContact();
  world.base.Add(1, "Orlova", "+79161234567");
  int ends = 0;
  int alone = 0;
  world.portal.no_answer = [&](const PortalRequest& request) {
    bool end = false;
    bool range = false;
    for (const Command& command : request.commands) {
      const auto* list = std::get_if<ListContacts>(&command);
      if (list == nullptr || !list->after.has_value()) continue;
      (list->upto.has_value() ? range : end) = true;
    }
    if (end) ++ends;
    if (end && !range) ++alone;
    return std::string();
  };
  auto match = world.Settings();
  match.kind = RunKind::kMatch;
  const auto result = world.Run(match);
  EXPECT_EQ(result.end, RunEnd::kSucceeded) << result.error;
  EXPECT_EQ(ends, 1);
  EXPECT_EQ(alone, 0);
}

TEST(WindowScan, OfASlowPortalTheEndIsAskedForByItself) {
  World world;
  for (int i = 1; i <= 300; ++i)
    world.portal.contacts[1000 + i] = testing::FakeContact();
  world.base.Add(1, "Orlova", "+79161234567");
  world.portal.spoil = [](const Command& command, CommandResult* result) {
    if (MethodOf(command) == std::string("crm.contact.list")) {
      result->time.duration_seconds = 25;  // More than two are cut off at 60.
    }
  };
  int most = 0;
  int ends = 0;
  world.portal.no_answer = [&](const PortalRequest& request) {
    int lists = 0;
    for (const Command& command : request.commands) {
      const auto* list = std::get_if<ListContacts>(&command);
      if (list == nullptr) continue;
      ++lists;
      if (list->after.has_value() && !list->upto.has_value()) ++ends;
    }
    most = std::max(most, lists);
    return std::string();
  };
  auto match = world.Settings();
  match.kind = RunKind::kMatch;
  const auto result = world.Run(match);
  EXPECT_EQ(result.end, RunEnd::kSucceeded) << result.error;
  EXPECT_EQ(ends, 1);
  EXPECT_EQ(most, 2);
}

TEST(WindowScan, ChangesOfEverybodyThatAreInDoubtAreSettledWithoutAnAdministrator) {
  World world;
  world.base.Add(1, "Orlova");
  world.base.Add(2, "Ivanova");
  world.Run(world.Settings());
  world.portal.admin = false;
  for (ClientRow& row : world.base.clients) row.attributes["LastName"] += "x";
  world.portal.fault = [](const PortalRequest& request) {
    return std::holds_alternative<UpdateContact>(request.commands.front())
               ? testing::Fault::kLostAfter
               : testing::Fault::kNone;
  };
  world.Run(world.Settings());
  ASSERT_EQ(*world.ledger->CountAttempts(), 2);
  world.portal.fault = [](const PortalRequest&) { return testing::Fault::kNone; };
  world.now += absl::Minutes(10);
  auto settle = world.Settings();
  settle.kind = RunKind::kSettle;
  world.Run(settle);
  EXPECT_EQ(*world.ledger->CountAttempts(), 0);
}

TEST(WindowScan, APortalThatShowsNoMarksProvesNoAbsence) {
  testing::World world;
  world.base.Add(1, "Orlova");
  world.Run(world.Settings());
  const ClientKey doubted = world.base.Add(2, "Ivanova").key;
  world.portal.fault = [](const PortalRequest&) { return testing::Fault::kLostAfter; };
  world.Run(world.Settings());
  world.portal.fault = [](const PortalRequest&) { return testing::Fault::kNone; };
  const auto settle = [&] {
    world.now += absl::Minutes(10);
    RunSettings settings = world.Settings();
    settings.kind = RunKind::kSettle;
    ASSERT_EQ(world.Run(settings).end, RunEnd::kSucceeded);
  };
  world.portal.spoil = [](const Command&, CommandResult* result) {
    for (ContactRow& row : result->rows) row.stamp = Stamp();
  };
  settle();
  EXPECT_EQ(world.ledger->Attempts()->size(), 1u);
  world.portal.spoil = [](const Command&, CommandResult*) {};
  settle();
  EXPECT_TRUE(world.ledger->Attempts()->empty());
  EXPECT_EQ(world.portal.OfClient(doubted).size(), 1u);
}

TEST(WindowScan, ALedgerThatIsLostIsNoReasonToAddWhatHiddenContactsMayBe) {
  testing::World world;
  world.portal.contacts[50].fields["LAST_NAME"] = "Stranger";
  const ClientKey guest = world.base.Add(1, "Orlova").key;
  world.Run(world.Settings());
  world.ledger = *Ledger::Open(":memory:", world.random);
  // The new user of the connection is shown what is nobody's, and nothing of ours.
  world.portal.admin = false;
  world.portal.spoil = [](const Command&, CommandResult* result) {
    std::erase_if(result->rows,
                  [](const ContactRow& row) { return !row.stamp.origin.empty(); });
  };
  RunSettings settings = world.Settings();
  settings.cold = true;
  const auto blind = world.Run(settings);
  EXPECT_EQ(blind.end, RunEnd::kFailed);
  EXPECT_EQ(ReasonOf(blind.error), "LOOKUP_INCOMPLETE");
  EXPECT_EQ(world.portal.OfClient(guest).size(), 1u);

  world.portal.admin = true;
  world.portal.spoil = [](const Command&, CommandResult*) {};
  settings = world.Settings();
  settings.cold = true;
  EXPECT_EQ(world.Run(settings).end, RunEnd::kSucceeded);
  EXPECT_EQ(world.portal.OfClient(guest).size(), 1u);
  EXPECT_EQ((**world.ledger->Get(guest)).link, LinkState::kLive);
}

TEST(WindowScan, WhereNothingOfOursEverStoodFullRightsSaySoAfterALossOfTheLedger) {
  testing::World world;
  world.portal.contacts[50].fields["LAST_NAME"] = "Stranger";
  world.base.Add(1, "Orlova");
  RunSettings settings = world.Settings();
  settings.cold = true;
  const auto result = world.Run(settings);
  EXPECT_EQ(result.end, RunEnd::kSucceeded) << result.error;
  EXPECT_EQ(result.progress.counts.added, 1);
}

// A guest with a contact, and one whose contact was made while its answer was lost.
class HighTest : public ::testing::Test {
 protected:
  HighTest() {
    world_.base.Add(1, "Orlova");
    world_.Run(world_.Settings());
    doubted_ = world_.base.Add(2, "Ivanov").key;
  }

  World world_;
  ClientKey doubted_;
};

TEST_F(HighTest, ALookUpThatWouldBeginAboveEverythingBeginsAtTheBottom) {
  Intent intent;
  intent.key = doubted_;
  intent.nonce = "lostlost";
  ASSERT_TRUE(
      world_.ledger->CommitIntents({intent}, ContactId(1'000'000'000'000)).ok());
  testing::FakeContact& made = world_.portal.contacts[200];
  made.fields["LAST_NAME"] = "Ivanov";
  made.stamp.originator = "guestbridge:base";
  made.stamp.origin = doubted_.guid();
  world_.Run(world_.Settings());  // sees the doubt, which is not due yet
  world_.now += absl::Minutes(10);
  const auto result = world_.Run(world_.Settings());
  ASSERT_EQ(result.end, RunEnd::kSucceeded) << result.error;
  EXPECT_EQ(world_.portal.OfClient(doubted_), std::vector<int64_t>{200});
  EXPECT_EQ((**world_.ledger->Get(doubted_)).contact.value(), 200);
}

TEST_F(HighTest, OneContactFarAboveAllOthersIsNotTakenForTheNewest) {
  world_.portal.contacts[90].fields["LAST_NAME"] = "Stranger";
  world_.portal.contacts[1'000'000'000'000'000].fields["LAST_NAME"] = "Stranger";
  world_.portal.fault = [](const PortalRequest&) { return testing::Fault::kLostAfter; };
  EXPECT_EQ(world_.Run(world_.Settings()).progress.counts.deferred, 1);
  world_.portal.fault = [](const PortalRequest&) { return testing::Fault::kNone; };
  world_.now += absl::Minutes(10);
  const auto result = world_.Run(world_.Settings());
  ASSERT_EQ(result.end, RunEnd::kSucceeded) << result.error;
  EXPECT_EQ(world_.portal.OfClient(doubted_).size(), 1u);
}

}  // namespace
}  // namespace guestbridge::agent
