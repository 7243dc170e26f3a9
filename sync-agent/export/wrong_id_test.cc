#include <gtest/gtest.h>

#include "sync-agent/export/adder.h"
#include "sync-agent/export/event_poll.h"
#include "sync-agent/export/fake_world_test.h"

namespace guestbridge::agent {
namespace {

using testing::ExpectOneContactEach;
using testing::FakePortal;
using testing::Fault;
using testing::Said;
using testing::World;

// The portal answers with an ID that is not the new contact's.
class WrongIdTest : public ::testing::Test {
 protected:
  void ExpectOwnContacts() {
    ExpectOneContactEach(world_);
    for (const ClientRow& client : world_.base.clients) {
      const std::vector<int64_t> own = world_.portal.OfClient(client.key);
      EXPECT_EQ((**world_.ledger->Get(client.key)).contact.value(), own.front());
    }
  }
  void ExpectNobodyHasAnothers() {
    for (const auto& [id, contact] : world_.portal.contacts) {
      const auto owner = *world_.ledger->ClientOf(ContactId(id));
      if (!owner.has_value()) continue;
      EXPECT_EQ(owner->guid(), contact.stamp.origin) << id;
    }
  }
  // Also later guests come by imports.
  World::Result ImportAll() {
    RunSettings settings = world_.Settings();
    settings.policies.robots = RobotsPolicy::kNever;
    return world_.Run(settings);
  }
  void SettleHonestly() {
    world_.portal.told_id = [](int64_t id) { return id; };
    world_.now += absl::Minutes(10);
    const auto result = ImportAll();
    ASSERT_EQ(result.end, RunEnd::kSucceeded) << result.error;
    ExpectOwnContacts();
  }

  World world_;
};

int64_t Additions(const PortalRequest& request) {
  size_t additions = 0;
  for (const Command& command : request.commands) {
    const auto* import = std::get_if<ImportContacts>(&command);
    if (import != nullptr) additions += import->items.size();
    if (std::holds_alternative<AddContact>(command)) ++additions;
  }
  return static_cast<int64_t>(additions);
}

TEST_F(WrongIdTest, OfAnOlderContactIsNotBelieved) {
  world_.portal.contacts[50].fields["LAST_NAME"] = "Stranger";
  world_.portal.contacts[60].fields["LAST_NAME"] = "Stranger";
  world_.base.Add(1, "Orlova");
  world_.portal.told_id = [](int64_t) { return 50; };
  auto settings = world_.Settings();
  settings.settle = true;
  const auto result = world_.Run(settings);
  ASSERT_EQ(result.end, RunEnd::kSucceeded) << result.error;
  EXPECT_EQ(result.progress.counts.added, 1);
  ExpectOwnContacts();
}

TEST_F(WrongIdTest, OfAnotherClientIsNotBelieved) {
  for (int i = 1; i <= 300; ++i) world_.base.Add(i, "Orlova");
  // Every seventh time the contact before it.
  world_.portal.told_id = [](int64_t id) { return id % 7 == 0 ? id - 1 : id; };
  auto settings = world_.Settings();
  settings.settle = true;
  const auto result = world_.Run(settings);
  ASSERT_EQ(result.end, RunEnd::kSucceeded) << result.error;
  EXPECT_EQ(result.progress.counts.added, 300);
  ExpectOwnContacts();
}

TEST_F(WrongIdTest, OutOfTheOrderInWhichContactsAreMadeIsNotBelieved) {
  world_.base.Add(1, "Orlova");
  world_.Run(world_.Settings());
  const int64_t first = world_.portal.next_id;
  for (int i = 2; i <= 9; ++i) world_.base.Add(i, "Orlova");
  // A chain: one absurd ID, and two contacts under the IDs of others.
  world_.portal.told_id = [first](int64_t id) {
    if (id == first + 1) return FakePortal::kAbsurdId;
    if (id == first + 5) return first + 1;
    return id == first + 6 ? first + 5 : id;
  };
  world_.Run(world_.Settings());
  ExpectNobodyHasAnothers();
  SettleHonestly();
}

TEST_F(WrongIdTest, OfTheNextGuestForEachIsBelievedForNone) {
  constexpr int64_t kNoId = 0;
  constexpr int64_t kTheSame = -1;
  constexpr int64_t kOneThatIsNotThere = -2;
  constexpr int64_t kFirstContact = 100;
  int guest = 0;
  world_.base.Add(++guest, "Orlova");
  world_.Run(world_.Settings());
  ASSERT_EQ(world_.portal.next_id, kFirstContact + 1);
  // Of each request in order, and new, but for what the last one is told.
  for (const int64_t told : {kFirstContact, kNoId, kTheSame, kOneThatIsNotThere}) {
    SCOPED_TRACE(told);
    const int64_t first = world_.portal.next_id;
    for (int i = 0; i < 100; ++i) world_.base.Add(++guest, "Orlova");
    int64_t last = 0;
    world_.portal.fault = [&](const PortalRequest& request) {
      last = world_.portal.next_id - 1 + Additions(request);
      return Fault::kNone;
    };
    world_.portal.told_id = [&](int64_t id) {
      if (id < last || told == kOneThatIsNotThere) return id + 1;
      return told == kTheSame ? last : told;
    };
    world_.portal.spoil = [&](const Command&, CommandResult* result) {
      for (ItemResult& item : result->items) {
        if (item.fate != Fate::kDone || item.id.exists()) continue;
        item = ItemResult();
        item.reason = "PORTAL_ANSWER_BROKEN";
      }
    };
    ImportAll();
    ASSERT_EQ(world_.portal.next_id, first + 100);
    ExpectNobodyHasAnothers();
    SettleHonestly();
  }
}

TEST_F(WrongIdTest, OfAContactThatSomebodyElseMadeMeanwhileIsNotBelieved) {
  world_.base.Add(1, "Orlova");
  world_.Run(world_.Settings());
  world_.base.Add(2, "Ivanova");
  world_.base.Add(3, "Petrova");
  // Another connection of the portal makes contacts between ours.
  const int64_t others = world_.portal.next_id++;
  world_.portal.contacts[others].fields["LAST_NAME"] = "Stranger";
  world_.portal.told_id = [&](int64_t id) { return id == others + 1 ? others : id; };
  world_.portal.spoil = [&](const Command& command, CommandResult* result) {
    // Not yet there when the run began.
    if (std::holds_alternative<ListNewest>(command) &&
        world_.portal.next_id == others + 1) {
      std::erase_if(result->rows,
                    [&](const ContactRow& row) { return row.id.value() == others; });
    }
  };
  ImportAll();
  EXPECT_FALSE(world_.ledger->ClientOf(ContactId(others))->has_value());
  ExpectNobodyHasAnothers();
  SettleHonestly();
}

TEST_F(WrongIdTest, ThatIsNoneOfACopyWhoseOriginalTheLookDoesNotShow) {
  for (int i = 1; i <= 400; ++i) world_.base.Add(i, "Orlova");
  int64_t original = 0;
  int64_t before = 0;
  // Somebody copies contacts with their stamps as soon as they are made.
  world_.portal.instead = [&](const Command& command) -> std::optional<Fate> {
    if (!std::holds_alternative<ListNewest>(command)) return std::nullopt;
    if (original == 0 && before > 0 && world_.portal.next_id - before > 60) {
      original = before;
      const testing::FakeContact copy = world_.portal.contacts.at(original);
      world_.portal.contacts.emplace(world_.portal.next_id++, copy);
    }
    before = world_.portal.next_id;
    return std::nullopt;
  };
  const auto result = ImportAll();
  ASSERT_GT(original, 0);
  EXPECT_EQ(result.progress.counts.added, 400);
  const ClientKey guest(world_.portal.contacts.at(original).stamp.origin);
  EXPECT_EQ((**world_.ledger->Get(guest)).contact.value(), original);
}

TEST_F(WrongIdTest, OfAGuestWhoTravelsOutsideABatchIsNotBelieved) {
  world_.base.Add(1, "Orlova");
  world_.Run(world_.Settings());
  world_.base.Add(2, "$result[c0]");
  // A new one, which does not stand.
  world_.portal.told_id = [](int64_t id) { return id + 1; };
  const auto result = world_.Run(world_.Settings());
  EXPECT_EQ(result.progress.counts.added, 1);
  ExpectOwnContacts();
}

TEST_F(WrongIdTest, IsNoneOfAGuestOutsideABatchWhoseRunIsCancelledBeforeTheLook) {
  world_.base.Add(1, "Orlova");
  world_.Run(world_.Settings());
  const ClientKey guest = world_.base.Add(2, "$result[c0]").key;
  world_.portal.spoil = [&](const Command& command, CommandResult*) {
    if (std::holds_alternative<AddContact>(command)) world_.cancels = true;
  };
  const auto result = world_.Run(world_.Settings());
  EXPECT_EQ(result.end, RunEnd::kCancelled);
  EXPECT_EQ(result.progress.counts.added, 1);
  EXPECT_EQ(*world_.ledger->CountAttempts(), 0);
  EXPECT_EQ((**world_.ledger->Get(guest)).link, LinkState::kLive);
}

TEST_F(WrongIdTest, IsLookedForByTheNextSweepWhereNoneOfAnAnswerWasShown) {
  world_.base.Add(1, "Orlova");
  world_.Run(world_.Settings());
  for (const bool shown : {true, false}) {
    SCOPED_TRACE(shown);
    ASSERT_TRUE(world_.ledger->SetNote(kSweptNote, "1").ok());
    bool added = false;
    world_.portal.spoil = [&](const Command& command, CommandResult* result) {
      added = added || std::holds_alternative<AddContact>(command);
      if (shown || !added || !std::holds_alternative<ListNewest>(command)) return;
      result->rows.clear();
      result->complete_page = false;
    };
    world_.base.Add(shown ? 2 : 3, "Ivanova");
    EXPECT_EQ(world_.Run(world_.Settings()).progress.counts.added, 1);
    EXPECT_EQ(*world_.ledger->Note(kSweptNote), shown ? "1" : "");
  }
}

TEST_F(WrongIdTest, IsLookedForBehindSomeOfTheRequestsThatAreFull) {
  world_.MapAlso("City", "ADDRESS_CITY");
  for (int i = 1; i <= 3000; ++i) world_.base.Add(i, "Orlova").attributes["City"] = "T";
  int full = 0;
  int in_a_row = 0;
  int most = 0;
  world_.portal.fault = [&](const PortalRequest& request) {
    if (Additions(request) == 0) return Fault::kNone;
    const bool looks = std::holds_alternative<ListNewest>(request.commands.back());
    if (!looks && request.commands.size() == 50) ++full;
    in_a_row = looks ? 0 : in_a_row + 1;
    most = std::max(most, in_a_row);
    return Fault::kNone;
  };
  EXPECT_EQ(world_.Run(world_.Settings()).progress.counts.added, 3000);
  EXPECT_GT(full, 20);
  EXPECT_EQ(most, 10);
}

TEST_F(WrongIdTest, OrARefusalIsNotBelievedOfAContactThatIsShown) {
  world_.base.Add(1, "Orlova");
  world_.Run(world_.Settings());
  for (const Fate said : {Fate::kNotExecuted, Fate::kRefused, Fate::kUnknown}) {
    const int first = static_cast<int>(world_.base.clients.size()) + 1;
    for (int i = first; i < first + 30; ++i) world_.base.Add(i, "Ivanova");
    world_.portal.spoil = [&](const Command&, CommandResult* result) {
      for (ItemResult& item : result->items) {
        item = ItemResult();
        item.fate = said;
      }
    };
    const auto result = ImportAll();
    EXPECT_EQ(result.progress.counts.added, 30);
    EXPECT_EQ(result.progress.counts.failed, 0);
    ExpectOwnContacts();
  }
}

TEST_F(WrongIdTest, OfEveryAnswerDoesNotSlowAFirstExportDown) {
  for (int i = 1; i <= 300; ++i) world_.base.Add(i, "Orlova");
  world_.portal.told_id = [](int64_t id) { return id + 1; };
  auto settings = world_.Settings();
  settings.settle = true;
  const auto result = world_.Run(settings);
  ASSERT_EQ(result.end, RunEnd::kSucceeded) << result.error;
  EXPECT_EQ(result.progress.counts.added, 300);
  EXPECT_LT(world_.portal.requests, 30);
  ExpectOwnContacts();
}

TEST_F(WrongIdTest, OfAContactThatIsItselfInDoubtIsGivenBackToItsOwnClient) {
  for (int i = 1; i <= 2500; ++i) world_.base.Add(i, "Orlova");
  int writes = 0;
  int64_t in_doubt = 0;
  int64_t next = 0;
  world_.portal.fault = [&](const PortalRequest&) {
    if (++writes == 2) {
      in_doubt = world_.portal.next_id;
      return Fault::kLostAfter;
    }
    if (in_doubt > 0 && next == 0) next = world_.portal.next_id;
    return Fault::kNone;
  };
  world_.portal.told_id = [&](int64_t id) { return id == next ? in_doubt : id; };
  auto settings = world_.Settings();
  settings.settle = true;
  const auto result = world_.Run(settings);
  ASSERT_GT(next, in_doubt);
  ASSERT_EQ(result.end, RunEnd::kSucceeded) << result.error;
  world_.now += absl::Minutes(10);
  const auto second = world_.Run(settings);
  ASSERT_EQ(second.end, RunEnd::kSucceeded) << second.error;
  ExpectOwnContacts();
}

TEST_F(WrongIdTest, OfAContactFarAboveAllOthersSpoilsNoLaterLookUp) {
  world_.base.Add(1, "Orlova");
  world_.Run(world_.Settings());
  world_.base.Add(2, "Ivanova");
  world_.portal.told_id = [](int64_t) { return 1'000'000'000'000'000; };
  world_.Run(world_.Settings());
  world_.portal.told_id = [](int64_t id) { return id; };
  world_.base.Add(3, "Petrova");
  world_.portal.fault = [](const PortalRequest&) { return Fault::kLostAfter; };
  world_.Run(world_.Settings());
  world_.portal.fault = [](const PortalRequest&) { return Fault::kNone; };
  world_.now += absl::Minutes(10);
  const auto result = world_.Run(world_.Settings());
  ASSERT_EQ(result.end, RunEnd::kSucceeded) << result.error;
  ExpectOwnContacts();
}

// Somebody else's contact was made since the last run, and the user of the connection
// is shown no contacts by now.
class HiddenContactsTest : public WrongIdTest {
 protected:
  HiddenContactsTest() {
    world_.base.Add(1, "Orlova");
    world_.Run(world_.Settings());
    stranger_ = world_.portal.next_id;
    world_.portal.contacts[stranger_].fields["LAST_NAME"] = "Stranger";
    world_.base.Add(2, "Ivanova");
    world_.base.Add(3, "Petrova");
    world_.base.Add(4, "Sidorova");
  }

  void Hide(bool hidden) {
    world_.portal.admin = !hidden;
    world_.portal.spoil = [hidden](const Command& command, CommandResult* result) {
      const bool list = std::holds_alternative<ListContacts>(command) ||
                        std::holds_alternative<ListNewest>(command);
      if (hidden && list) result->rows.clear();
    };
  }

  int64_t stranger_ = 0;
};

TEST_F(HiddenContactsTest, NoAnswerIsBelievedThatNobodyCanCheckAndTheOthersWait) {
  Hide(true);
  world_.portal.told_id = [this](int64_t) { return stranger_; };
  const auto hidden = world_.Run(world_.Settings());
  ASSERT_EQ(hidden.end, RunEnd::kSucceeded) << hidden.error;
  EXPECT_EQ(hidden.progress.counts.added, 0);
  EXPECT_EQ(hidden.progress.counts.deferred, 3);
  EXPECT_TRUE(Said(hidden.progress, "LOOKUP_INCOMPLETE"));
  EXPECT_EQ(world_.ledger->Attempts()->size(), 1u);
  EXPECT_FALSE(world_.ledger->ClientOf(ContactId(stranger_))->has_value());

  Hide(false);
  world_.portal.told_id = [](int64_t id) { return id; };
  world_.now += absl::Minutes(10);
  const auto shown = world_.Run(world_.Settings());
  ASSERT_EQ(shown.end, RunEnd::kSucceeded) << shown.error;
  EXPECT_TRUE(world_.ledger->Attempts()->empty());
  ExpectOwnContacts();
}

TEST_F(HiddenContactsTest, ARunThatSeesItsOwnContactAfterAllGoesOn) {
  // The newest of ours is gone: the list ends below it, and hides nothing.
  world_.portal.contacts.clear();
  const auto result = world_.Run(world_.Settings());
  ASSERT_EQ(result.end, RunEnd::kSucceeded) << result.error;
  EXPECT_EQ(result.progress.counts.deferred, 0);
  EXPECT_FALSE(Said(result.progress, "LOOKUP_INCOMPLETE"));
  ExpectOwnContacts();
}

}  // namespace
}  // namespace guestbridge::agent
