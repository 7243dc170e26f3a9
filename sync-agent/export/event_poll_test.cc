#include "sync-agent/export/event_poll.h"

#include <gtest/gtest.h>

#include <utility>

#include "sync-agent/export/fake_world_test.h"

namespace guestbridge::agent {
namespace {

using testing::Fault;
using testing::World;

// Thirty guests on a portal that is reached as an application.
class EventPollTest : public ::testing::Test {
 protected:
  EventPollTest() {
    for (int i = 1; i <= 30; ++i) world_.base.Add(i, "Orlova");
    world_.portal.application = true;
    // The first binds, the second is the first whose sweep counts from then on.
    world_.Run(Scheduled());
    world_.now += absl::Hours(1);
    world_.Run(Scheduled());
    world_.now += absl::Hours(1);
  }

  RunSettings Scheduled() {
    RunSettings settings = world_.Settings();
    settings.portal_events = true;
    settings.unattended = true;
    return settings;
  }

  // The run, and by how many questions it looked at contacts by ID.
  int LookedAt(const RunSettings& settings) {
    const int before = world_.portal.looked_at;
    EXPECT_EQ(world_.Run(settings).end, RunEnd::kSucceeded);
    return world_.portal.looked_at - before;
  }

  // Deletes the contact of the guest of that number.
  ClientKey DeleteContactOf(size_t number) {
    const ClientKey key = world_.base.clients[number - 1].key;
    world_.portal.Delete(world_.portal.OfClient(key).at(0));
    return key;
  }

  bool HasOneContact(const ClientKey& key) const {
    return world_.portal.OfClient(key).size() == 1;
  }

  World world_;
};

TEST_F(EventPollTest, ContactsThatChangedPlacesWaitForASweepAndAreFollowedThen) {
  const ClientKey one = world_.base.clients[0].key;
  const ClientKey two = world_.base.clients[1].key;
  const int64_t ones = world_.portal.OfClient(one).at(0);
  const int64_t twos = world_.portal.OfClient(two).at(0);
  std::swap(world_.portal.contacts.at(ones), world_.portal.contacts.at(twos));
  world_.base.clients[0].attributes["Phone"] = "+79163334455";
  world_.Run(Scheduled());
  EXPECT_EQ(world_.portal.contacts.size(), 30u);
  world_.now += absl::Hours(1);
  world_.Run(Scheduled());
  EXPECT_EQ(world_.portal.contacts.size(), 30u);
  EXPECT_EQ((**world_.ledger->Get(one)).contact.value(), twos);
  EXPECT_EQ((**world_.ledger->Get(two)).contact.value(), ones);
}

TEST_F(EventPollTest, AGuestThatTurnsOutToBeAStrangerIsCountedOnce) {
  const ClientKey one = world_.base.clients[0].key;
  const ClientKey two = world_.base.clients[1].key;
  std::swap(world_.portal.contacts.at(world_.portal.OfClient(one).at(0)),
            world_.portal.contacts.at(world_.portal.OfClient(two).at(0)));
  world_.base.clients[0].attributes["Phone"] = "+79163334455";
  RunSettings dry = Scheduled();
  dry.dry_run = true;
  const RunCounts told = world_.Run(dry).progress.counts;
  EXPECT_EQ(told.scanned, 30);
  EXPECT_EQ(told.unchanged, 29);
  for (const bool whole : {false, true}) {
    RunSettings settings = Scheduled();
    settings.reads_whole = whole;
    const RunCounts done = world_.Run(settings).progress.counts;
    EXPECT_EQ(done.scanned, 30);
    EXPECT_EQ(done.unchanged, 29);
    EXPECT_EQ(done.updated, 1);
    EXPECT_EQ((**world_.ledger->Get(two)).contact.value(),
              world_.portal.OfClient(two).at(0));
    // Once more, the other way round.
    std::swap(world_.portal.contacts.at(world_.portal.OfClient(one).at(0)),
              world_.portal.contacts.at(world_.portal.OfClient(two).at(0)));
    world_.base.clients[0].attributes["Phone"] = "+79163334466";
    world_.now += absl::Hours(1);
  }
}

TEST_F(EventPollTest, AQuietQueueSparesTheSweep) {
  EXPECT_EQ(LookedAt(Scheduled()), 0);
  EXPECT_GT(world_.portal.polls, 0);
}

TEST_F(EventPollTest, ADeletedContactThatTheQueueTellsOfIsMadeAgain) {
  const ClientKey key = DeleteContactOf(7);
  EXPECT_EQ(LookedAt(Scheduled()), 0);
  EXPECT_TRUE(HasOneContact(key));
}

TEST_F(EventPollTest, AnEventOfAContactThatIsThereChangesNothing) {
  const ClientKey key = world_.base.clients[0].key;
  world_.portal.events.push_back(world_.portal.OfClient(key).at(0));
  world_.portal.events.push_back(987654);
  const auto result = world_.Run(Scheduled());
  EXPECT_EQ(result.progress.counts.recreated, 0);
  EXPECT_EQ(result.progress.counts.unchanged, 30);
  EXPECT_TRUE(HasOneContact(key));
}

TEST_F(EventPollTest, MoreEventsThanOneRequestTellsOfAreAllHeard) {
  for (int i = 0; i < 700; ++i) world_.portal.events.push_back(500'000 + i);
  const ClientKey key = DeleteContactOf(3);
  EXPECT_EQ(LookedAt(Scheduled()), 0);
  EXPECT_TRUE(HasOneContact(key));
}

TEST_F(EventPollTest, ARunThatSomebodyWaitsForLooksAtAllContacts) {
  RunSettings settings = Scheduled();
  settings.unattended = false;
  EXPECT_EQ(LookedAt(settings), 30);
}

TEST_F(EventPollTest, OnceADayAllContactsAreLookedAt) {
  world_.now += absl::Hours(20);
  EXPECT_EQ(LookedAt(Scheduled()), 30);
  world_.now += absl::Hours(1);
  EXPECT_EQ(LookedAt(Scheduled()), 0);
}

TEST_F(EventPollTest, AnAnswerThatWasLostIsMadeUpForByTheSweep) {
  const ClientKey key = DeleteContactOf(9);
  bool lost = false;
  world_.portal.fault = [&](const PortalRequest& request) {
    const bool poll = std::holds_alternative<PollEvents>(request.commands[0]);
    return poll && !std::exchange(lost, true) ? Fault::kLostAfter : Fault::kNone;
  };
  EXPECT_EQ(LookedAt(Scheduled()), 30);
  EXPECT_TRUE(lost);
  EXPECT_TRUE(HasOneContact(key));
}

TEST_F(EventPollTest, AProcessThatDiedOverTheAnswerIsMadeUpForByTheSweep) {
  const ClientKey key = DeleteContactOf(9);
  // The newest ID and the handlers were asked for; the third request takes the events.
  ASSERT_TRUE(world_.Run(Scheduled(), /*crash_after=*/2).crashed);
  ASSERT_TRUE(world_.portal.events.empty());
  EXPECT_EQ(LookedAt(Scheduled()), 30);
  EXPECT_TRUE(HasOneContact(key));
}

TEST_F(EventPollTest, ARequestThatMayStillTakeEventsLeavesTheNextRunToSweepToo) {
  bool lost = false;
  world_.portal.fault = [&](const PortalRequest& request) {
    const bool poll = std::holds_alternative<PollEvents>(request.commands[0]);
    return poll && !std::exchange(lost, true) ? Fault::kLostBefore : Fault::kNone;
  };
  EXPECT_EQ(LookedAt(Scheduled()), 30);
  ASSERT_TRUE(lost);
  // After that sweep somebody deletes a contact, and the lost request takes the event.
  const ClientKey key = DeleteContactOf(9);
  world_.portal.events.clear();
  world_.now += absl::Hours(1);
  world_.Run(Scheduled());
  EXPECT_TRUE(HasOneContact(key));
  // That sweep began when nothing could be taken any more.
  EXPECT_EQ(LookedAt(Scheduled()), 0);
}

TEST_F(EventPollTest, HandlersThatVanishedAreMadeUpForByTheSweepAndBoundAgain) {
  world_.portal.bound.clear();
  const ClientKey key = DeleteContactOf(4);
  EXPECT_EQ(LookedAt(Scheduled()), 30);
  EXPECT_TRUE(HasOneContact(key));
  EXPECT_EQ(world_.portal.bound.size(), 1u);
}

TEST_F(EventPollTest, ARunThatBindsAndGetsNoFurtherVouchesForNothing) {
  world_.portal.bound.clear();
  const ClientKey key = DeleteContactOf(4);
  // The newest ID, the handlers, the binding.
  ASSERT_TRUE(world_.Run(Scheduled(), /*crash_after=*/3).crashed);
  ASSERT_EQ(world_.portal.bound.size(), 1u);
  EXPECT_EQ(LookedAt(Scheduled()), 30);
  EXPECT_TRUE(HasOneContact(key));
}

TEST_F(EventPollTest, AContactThatIsToldOfAgainAndAgainIsAskedAboutOnce) {
  const int64_t id = world_.portal.OfClient(world_.base.clients[0].key).at(0);
  for (int i = 0; i < 600; ++i) world_.portal.events.push_back(id);
  const int before = world_.portal.requests;
  EXPECT_EQ(LookedAt(Scheduled()), 0);
  EXPECT_LT(world_.portal.requests - before, 12);
}

TEST_F(EventPollTest, AnOldLedgerDoesNotTrustTheQueueThatOthersHaveRead) {
  const ClientKey key = DeleteContactOf(4);
  world_.portal.events.clear();
  RunSettings settings = Scheduled();
  settings.cold = true;
  world_.Run(settings);
  world_.Run(Scheduled());
  EXPECT_TRUE(HasOneContact(key));
}

TEST_F(EventPollTest, WhoMayNotHaveEventsSweepsAsEver) {
  world_.portal.application = false;
  EXPECT_EQ(LookedAt(Scheduled()), 30);
}

TEST_F(EventPollTest, ADryRunTakesNothingOutOfTheQueue) {
  DeleteContactOf(4);
  RunSettings settings = Scheduled();
  settings.dry_run = true;
  world_.Run(settings);
  EXPECT_EQ(world_.portal.events.size(), 1u);
}

}  // namespace
}  // namespace guestbridge::agent
