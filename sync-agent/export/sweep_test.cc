#include "sync-agent/export/sweep.h"

#include <gtest/gtest.h>

#include <set>

#include "sync-agent/export/fake_world_test.h"
#include "sync-agent/model/origin.h"

namespace guestbridge::agent {
namespace {

using testing::World;

// One guest on the portal; its contact's ID then belongs to somebody else.
class SweepTest : public ::testing::Test {
 protected:
  SweepTest() {
    client_ = world_.base.Add(1, "Orlova", "+79161234567").key;
    world_.base.Add(2, "Ivanov");
    world_.Run(world_.Settings());
    id_ = world_.portal.OfClient(client_).front();
  }

  testing::FakeContact& contact() { return world_.portal.contacts.at(id_); }
  void LinkByHand(const ClientKey& client, int64_t contact) {
    ASSERT_TRUE(
        world_.ledger->SetPair(client, {kLinkedByHand, 3, {ContactId(contact)}, {}})
            .ok());
  }

  World world_;
  ClientKey client_;
  int64_t id_ = 0;
};

TEST_F(SweepTest, AStrangerUnderOurIdIsLeftAloneAndTheGuestGetsAContact) {
  contact() = {};
  contact().fields["LAST_NAME"] = "Somebody else";
  world_.base.clients[0].attributes["Phone"] = "+79163334455";
  world_.Run(world_.Settings());
  EXPECT_EQ(contact().fields["LAST_NAME"], "Somebody else");
  EXPECT_TRUE(contact().multifields.empty());
  ASSERT_EQ(world_.portal.OfClient(client_).size(), 1u);
  EXPECT_NE(world_.portal.OfClient(client_).front(), id_);
}

// By its ID there is none, and by its mark there is: nobody knows.
TEST_F(SweepTest, AContactThatIsStillListedByItsMarkIsNotMadeAgain) {
  world_.portal.instead = [this](const Command& command) -> std::optional<Fate> {
    const auto* get = std::get_if<GetContact>(&command);
    if (get == nullptr || get->id.value() != id_) return std::nullopt;
    return Fate::kGone;
  };
  world_.portal.spoil = [this](const Command& command, CommandResult* result) {
    const auto* list = std::get_if<ListContacts>(&command);
    if (list == nullptr || list->ids.empty()) return;
    std::erase_if(result->rows,
                  [&](const ContactRow& row) { return row.id.value() == id_; });
  };
  const auto result = world_.Run(world_.Settings());
  ASSERT_EQ(result.end, RunEnd::kSucceeded) << result.error;
  EXPECT_EQ(result.progress.counts.recreated, 0);
  EXPECT_EQ(world_.portal.OfClient(client_), std::vector<int64_t>{id_});
  EXPECT_EQ((**world_.ledger->Get(client_)).link, LinkState::kLive);
  ASSERT_FALSE(result.progress.notices.empty());
  EXPECT_EQ(result.progress.notices[0].reason, "CONTACT_UNREADABLE");
}

TEST_F(SweepTest, AContactThatLostItsStampIsStampedAgain) {
  contact().stamp = {};
  const auto result = world_.Run(world_.Settings());
  EXPECT_EQ(result.progress.counts.added + result.progress.counts.recreated, 0);
  EXPECT_EQ(contact().stamp.origin, client_.guid());
  EXPECT_EQ(world_.portal.contacts.size(), 2u);
}

TEST_F(SweepTest, AnotherClientsContactUnderOurIdIsNotTaken) {
  contact().stamp.origin = "99999999-0000-4000-8000-000000000000";
  world_.Run(world_.Settings());
  EXPECT_EQ(contact().stamp.origin, "99999999-0000-4000-8000-000000000000");
  EXPECT_EQ(world_.portal.OfClient(client_).size(), 1u);
}

TEST_F(SweepTest, AGuestsOwnContactUnderAnotherIdIsFollowedThere) {
  world_.portal.contacts[500] = contact();
  contact().stamp.origin = "99999999-0000-4000-8000-000000000000";
  RunSettings dry = world_.Settings();
  dry.dry_run = true;
  EXPECT_EQ(world_.Run(dry).progress.counts.added, 0);
  const auto result = world_.Run(world_.Settings());
  ASSERT_EQ(result.end, RunEnd::kSucceeded) << result.error;
  EXPECT_EQ(world_.portal.OfClient(client_), std::vector<int64_t>{500});
  EXPECT_EQ((**world_.ledger->Get(client_)).contact.value(), 500);
  EXPECT_EQ(world_.Run(world_.Settings()).progress.counts.unchanged, 2);
}

TEST_F(SweepTest, WhatAPersonLinkedIsStampedAgainWhateverMarkStandsOnIt) {
  LinkByHand(client_, id_);
  const PairNote by_hand = **world_.ledger->Pair(client_);
  const ClientKey& other = world_.base.clients[1].key;
  for (const Stamp& stamp : {Stamp{"guestbridge:other", "x", ""},
                             Stamp{"guestbridge:base", other.guid(), ""}}) {
    contact().stamp = stamp;
    RunSettings dry = world_.Settings();
    dry.dry_run = true;
    EXPECT_EQ(world_.Run(dry).progress.counts.added, 0);
    const auto result = world_.Run(world_.Settings());
    ASSERT_EQ(result.end, RunEnd::kSucceeded) << result.error;
    EXPECT_EQ(world_.portal.contacts.size(), 2u);
    EXPECT_EQ(contact().stamp.origin, client_.guid());
    EXPECT_EQ((**world_.ledger->Get(client_)).contact.value(), id_);
    EXPECT_EQ(**world_.ledger->Pair(client_), by_hand);
  }
}

TEST_F(SweepTest, WhatAPersonLinkedIsNotGivenToTheGuestWhoseMarkItBears) {
  LinkByHand(client_, id_);
  const ClientKey& other = world_.base.clients[1].key;
  // Of the other guest nothing is left but the mark on that contact.
  world_.portal.contacts.at(world_.portal.OfClient(other).front()).stamp = {
      "guestbridge:other", "x", ""};
  contact().stamp.origin = other.guid();
  for (int run = 0; run < 2; ++run) {
    ASSERT_EQ(world_.Run(world_.Settings()).end, RunEnd::kSucceeded);
    EXPECT_EQ(contact().stamp.origin, client_.guid());
    EXPECT_EQ((**world_.ledger->Get(client_)).contact.value(), id_);
  }
  EXPECT_EQ(world_.portal.OfClient(other).size(), 1u);
}

TEST_F(SweepTest, NorWhereThatGuestIsTakenUpFirst) {
  LinkByHand(client_, id_);
  world_.base.clients[0].marked_for_deletion = true;  // never stamped again
  ClientRow& third = world_.base.Add(3, "Sidorov");
  third.contact = ContactId(id_);
  const ClientKey other = third.key;
  contact().stamp.origin = other.guid();
  for (const int added : {1, 0}) {
    const auto result = world_.Run(world_.Settings());
    ASSERT_EQ(result.end, RunEnd::kSucceeded) << result.error;
    EXPECT_EQ(result.progress.counts.added, added);
    EXPECT_EQ((**world_.ledger->Get(client_)).contact.value(), id_);
    EXPECT_NE((**world_.ledger->Get(other)).contact.value(), id_);
  }
  EXPECT_EQ(contact().fields["LAST_NAME"], "Orlova");
}

TEST_F(SweepTest, NorDoesThatGuestWaitForItWhereThePersonsIsNotExportedAnyMore) {
  LinkByHand(client_, id_);
  world_.base.clients[0].marked_for_deletion = true;  // never stamped again
  const ClientKey& other = world_.base.clients[1].key;
  testing::FakeContact& own =
      world_.portal.contacts.at(world_.portal.OfClient(other).front());
  own = {};
  own.fields["LAST_NAME"] = "Somebody else";
  contact().stamp.origin = other.guid();
  for (const int added : {1, 0}) {
    const auto result = world_.Run(world_.Settings());
    ASSERT_EQ(result.end, RunEnd::kSucceeded) << result.error;
    EXPECT_EQ(result.progress.counts.added, added);
    EXPECT_EQ(result.progress.counts.deferred, 0);
    EXPECT_EQ((**world_.ledger->Get(client_)).contact.value(), id_);
    EXPECT_NE((**world_.ledger->Get(other)).contact.value(), id_);
  }
  EXPECT_EQ(world_.portal.contacts.size(), 3u);
}

TEST_F(SweepTest, AGuestIsNotAddedWhileThePortalDoesNotSayWhereHisContactIs) {
  world_.portal.contacts[500] = contact();
  contact().stamp.origin = "99999999-0000-4000-8000-000000000000";
  world_.portal.instead = [](const Command& command) {
    const auto* list = std::get_if<ListContacts>(&command);
    return list != nullptr && list->origin.has_value()
               ? std::optional<Fate>(Fate::kUnknown)
               : std::nullopt;
  };
  EXPECT_EQ(world_.Run(world_.Settings()).progress.counts.deferred, 1);
  EXPECT_EQ(world_.portal.OfClient(client_), std::vector<int64_t>{500});
}

// The stamps of two contacts in one page, exchanged; not on the portal.
void MixUp(CommandResult* result) {
  if (result->rows.size() == 2) std::swap(result->rows[0].stamp, result->rows[1].stamp);
}

TEST_F(SweepTest, APageThatMixesContactsUpMakesNoSecondOne) {
  world_.portal.spoil = [](const Command& command, CommandResult* result) {
    const auto* list = std::get_if<ListContacts>(&command);
    if (list != nullptr && !list->ids.empty()) MixUp(result);
  };
  const auto result = world_.Run(world_.Settings());
  ASSERT_EQ(result.end, RunEnd::kSucceeded) << result.error;
  EXPECT_EQ(result.progress.counts.deferred, 2);
  EXPECT_EQ(world_.portal.contacts.size(), 2u);
  world_.portal.spoil = [](const Command&, CommandResult*) {};
  EXPECT_EQ(world_.Run(world_.Settings()).progress.counts.deferred, 0);
  EXPECT_EQ(world_.portal.contacts.size(), 2u);
  EXPECT_EQ((**world_.ledger->Get(client_)).contact.value(), id_);
}

TEST_F(SweepTest, AWrongWordOfWhereTheOwnContactStandsMakesNoSecondOne) {
  const int64_t others_id = world_.portal.OfClient(world_.base.clients[1].key).front();
  contact().stamp.origin = "99999999-0000-4000-8000-000000000000";
  world_.portal.contacts[500] = world_.portal.contacts.at(others_id);
  world_.portal.contacts[500].stamp = {};
  world_.portal.spoil = [this](const Command& command, CommandResult* result) {
    const auto* list = std::get_if<ListContacts>(&command);
    if (list == nullptr || !list->origin.has_value()) return;
    if (list->origin->origin != client_.guid()) return;
    ContactRow& row = result->rows.emplace_back();
    row.id = ContactId(500);
    row.stamp = *list->origin;
  };
  const auto result = world_.Run(world_.Settings());
  ASSERT_EQ(result.end, RunEnd::kSucceeded) << result.error;
  EXPECT_EQ(result.progress.counts.deferred, 1);
  EXPECT_TRUE(world_.portal.OfClient(client_).empty());
}

TEST_F(SweepTest, TwoContactsThatChangedPlacesAreFollowedBoth) {
  const ClientKey other = world_.base.clients[1].key;
  const int64_t others_id = world_.portal.OfClient(other).front();
  std::swap(contact(), world_.portal.contacts.at(others_id));
  RunSettings dry = world_.Settings();
  dry.dry_run = true;
  const auto told = world_.Run(dry);
  EXPECT_EQ(told.progress.counts.added + told.progress.counts.recreated, 0);
  // Also when the process dies in between.
  for (int requests = 0;; ++requests) {
    const auto result = world_.Run(world_.Settings(), requests);
    // 1C is told of each contact for one guest, whenever it is told.
    std::set<ContactId> queued;
    const auto pending = world_.ledger->PendingWriteBacks(10);
    ASSERT_TRUE(pending.ok()) << pending.status();
    for (const WriteBackItem& item : *pending) {
      EXPECT_TRUE(queued.insert(item.contact).second) << "after request " << requests;
    }
    if (result.crashed) continue;
    ASSERT_EQ(result.end, RunEnd::kSucceeded) << result.error;
    break;
  }
  EXPECT_EQ(world_.portal.contacts.size(), 2u);
  EXPECT_EQ((**world_.ledger->Get(client_)).contact.value(), others_id);
  EXPECT_EQ((**world_.ledger->Get(other)).contact.value(), id_);
}

// Each of two guests was told the ID of the next contact, which for the last one was
// not there: what was made for him stands under the other's name in the ledger.
class NextContactToldTest : public SweepTest {
 protected:
  NextContactToldTest() {
    other_ = world_.base.clients[1].key;
    others_id_ = world_.portal.OfClient(other_).front();
    Link(client_, 0);
    Link(other_, id_);
    Link(client_, kNowhere);
  }
  void Link(const ClientKey& client, int64_t contact) {
    ClientRecord record = **world_.ledger->Get(client);
    record.contact = ContactId(contact);
    ASSERT_TRUE(world_.ledger->Put({record}).ok());
  }
  void ExpectEachHasItsOwn() {
    EXPECT_EQ(world_.portal.contacts.size(), 2u);
    EXPECT_EQ((**world_.ledger->Get(client_)).contact.value(), id_);
    EXPECT_EQ((**world_.ledger->Get(other_)).contact.value(), others_id_);
    EXPECT_TRUE(world_.ledger->Dirty(ClientKey(), 0, 10)->empty());
  }

  static constexpr int64_t kNowhere = 777;
  ClientKey other_;
  int64_t others_id_ = 0;
};

TEST_F(NextContactToldTest, EachGetsItsOwnBackAndNobodyIsMadeAnew) {
  RunSettings dry = world_.Settings();
  dry.dry_run = true;
  const auto told = world_.Run(dry);
  EXPECT_EQ(told.progress.counts.added + told.progress.counts.recreated, 0);
  for (int requests = 0;; ++requests) {
    ASSERT_LT(requests, 100);
    const auto result = world_.Run(world_.Settings(), requests);
    if (result.crashed) continue;
    ASSERT_EQ(result.end, RunEnd::kSucceeded) << result.error;
    EXPECT_EQ(result.progress.counts.added + result.progress.counts.recreated, 0);
    break;
  }
  // What died in the midst may be an update, which is in doubt for a while.
  world_.now += absl::Minutes(10);
  ASSERT_EQ(world_.Run(world_.Settings()).end, RunEnd::kSucceeded);
  ExpectEachHasItsOwn();
}

TEST_F(NextContactToldTest, EachGetsItsOwnBackThoughTheyHoldTheSame) {
  for (ClientRow& row : world_.base.clients) {
    row.attributes["LastName"] = "Petrova";
    row.attributes["Phone"] = "+79163334455";
  }
  Link(other_, 0);
  Link(client_, id_);
  Link(other_, others_id_);
  world_.Run(world_.Settings());
  Link(client_, 0);
  Link(other_, id_);
  Link(client_, kNowhere);
  ASSERT_EQ(world_.Run(world_.Settings()).end, RunEnd::kSucceeded);
  ExpectEachHasItsOwn();
}

TEST_F(NextContactToldTest, WhomAPersonLinkedKeepsTheContact) {
  LinkByHand(other_, id_);
  const auto result = world_.Run(world_.Settings());
  ASSERT_EQ(result.end, RunEnd::kSucceeded) << result.error;
  EXPECT_EQ(result.progress.counts.recreated, 1);
  EXPECT_EQ((**world_.ledger->Get(other_)).contact.value(), id_);
  EXPECT_NE((**world_.ledger->Get(client_)).contact.value(), id_);
}

constexpr char kNonce[] = "lostlost";

// Somebody copied one guest's mark onto the contact of another one.
class CopiedMarkTest : public SweepTest {
 protected:
  CopiedMarkTest() {
    other_ = world_.base.clients[1].key;
    others_id_ = world_.portal.OfClient(other_).front();
    world_.portal.contacts.at(others_id_).stamp.origin = client_.guid();
  }
  // The guest's contact is gone, and what became of the one in its place is not known.
  void LeaveInDoubt() {
    ClientRecord lost = **world_.ledger->Get(client_);
    lost.link = LinkState::kLost;
    ASSERT_TRUE(world_.ledger->Put({lost}).ok());
    Intent intent;
    intent.key = client_;
    intent.nonce = kNonce;
    intent.recreate = true;
    ASSERT_TRUE(world_.ledger->CommitIntents({intent}, ContactId(id_)).ok());
    world_.portal.contacts.erase(id_);
  }
  World::Result RunWhenDue() {
    RunSettings settings = world_.Settings();
    settings.kind = RunKind::kSettle;
    world_.Run(settings);  // sees the doubt, which is not due yet
    world_.now += absl::Minutes(10);
    const World::Result result = world_.Run(world_.Settings());
    EXPECT_EQ(result.end, RunEnd::kSucceeded) << result.error;
    return result;
  }
  // Each guest has a contact of its own in the ledger, and nobody has the other's.
  void ExpectApart() {
    const ClientRecord guest = **world_.ledger->Get(client_);
    const ClientRecord other = **world_.ledger->Get(other_);
    EXPECT_EQ(guest.link, LinkState::kLive);
    EXPECT_EQ(other.link, LinkState::kLive);
    EXPECT_NE(guest.contact.value(), others_id_);
    EXPECT_NE(guest.contact, other.contact);
  }
  bool Noticed(const World::Result& result) {
    for (const RunNotice& notice : result.progress.notices) {
      if (notice.reason == "CONTACT_LINKED_ELSEWHERE") {
        return notice.parameters.at("contact") == std::to_string(others_id_) &&
               notice.parameters.at("client") == other_.guid();
      }
    }
    return false;
  }

  ClientKey other_;
  int64_t others_id_ = 0;
};

TEST_F(CopiedMarkTest, IsNotFollowedWhenTheGuestsOwnContactGoes) {
  world_.portal.contacts.erase(id_);
  RunSettings dry = world_.Settings();
  dry.dry_run = true;
  const auto told = world_.Run(dry);
  EXPECT_EQ(told.end, RunEnd::kSucceeded) << told.error;
  const auto result = world_.Run(world_.Settings());
  ASSERT_EQ(result.end, RunEnd::kSucceeded) << result.error;
  EXPECT_EQ(result.progress.counts.recreated, 1);
  EXPECT_EQ(told.progress.counts.recreated, 1);
  EXPECT_EQ(told.progress.counts.added, result.progress.counts.added);
  EXPECT_TRUE(Noticed(result));
  ExpectApart();
  EXPECT_EQ(world_.Run(world_.Settings()).progress.counts.unchanged, 2);
}

TEST_F(CopiedMarkTest, IsNotFollowedThoughTheWholeStampWasCopied) {
  world_.portal.contacts.at(others_id_).stamp = contact().stamp;
  world_.portal.contacts.erase(id_);
  const auto result = world_.Run(world_.Settings());
  ASSERT_EQ(result.end, RunEnd::kSucceeded) << result.error;
  EXPECT_TRUE(Noticed(result));
  ExpectApart();
}

TEST_F(CopiedMarkTest, IsNotTakenForWhatADoubtIsAbout) {
  LeaveInDoubt();
  const World::Result result = RunWhenDue();
  EXPECT_EQ(result.progress.counts.recreated, 1);
  EXPECT_TRUE(Noticed(result));
  ExpectApart();
}

TEST_F(CopiedMarkTest, IsNotTakenThoughTheDoubtIsAboutItWhereAPersonLinkedIt) {
  LinkByHand(other_, others_id_);
  LeaveInDoubt();
  Stamp& stamp = world_.portal.contacts.at(others_id_).stamp;
  auto version = DecodeOriginVersion(stamp.version);
  ASSERT_TRUE(version.ok()) << version.status();
  version->nonce = kNonce;
  stamp.version = EncodeOriginVersion(*version);
  ASSERT_TRUE(DecodeOriginVersion(stamp.version).ok());
  const World::Result result = RunWhenDue();
  EXPECT_TRUE(Noticed(result));
  ExpectApart();
  EXPECT_EQ((**world_.ledger->Get(other_)).contact.value(), others_id_);
}

TEST_F(CopiedMarkTest, IsNoSecondContactToALookAtTheWholePortal) {
  RunSettings settings = world_.Settings();
  settings.cold = true;
  const auto result = world_.Run(settings);
  ASSERT_EQ(result.end, RunEnd::kSucceeded) << result.error;
  for (const RunNotice& notice : result.progress.notices) {
    EXPECT_NE(notice.reason, "TWO_CONTACTS_OF_ONE_CLIENT");
  }
  EXPECT_TRUE(Noticed(result));
  ExpectApart();
}

TEST_F(CopiedMarkTest, IsNotFollowedByALookAtTheWholePortal) {
  ClientRecord lost = **world_.ledger->Get(client_);
  lost.link = LinkState::kLost;
  lost.dirty = true;
  ASSERT_TRUE(world_.ledger->Put({lost}).ok());
  world_.portal.contacts.erase(id_);
  RunSettings settings = world_.Settings();
  settings.cold = true;
  const auto result = world_.Run(settings);
  ASSERT_EQ(result.end, RunEnd::kSucceeded) << result.error;
  EXPECT_TRUE(Noticed(result));
  ExpectApart();
}

}  // namespace
}  // namespace guestbridge::agent
