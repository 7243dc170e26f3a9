// Old copies that are put back, and writes of which nobody knows: what the portal holds
// is then more than the ledger says.

#include <gtest/gtest.h>

#include <filesystem>

#include "sync-agent/export/export_machine.h"
#include "sync-agent/export/fake_world_test.h"
#include "tests/testing/temp_dir.h"

namespace guestbridge::agent {
namespace {

using testing::Fault;
using testing::World;

TEST(RestoredCopies, APutBackLedgerLearnsWhatWasWrittenWithoutIt) {
  const ::guestbridge::testing::TempDir dir;
  const std::string file = dir.path() + "/ledger.db";
  World world;
  const auto open = [&] { world.ledger = *Ledger::Open(file, world.random); };
  open();
  const ClientKey key = world.base.Add(1, "Orlova", "+79160000001").key;
  world.Run(world.Settings());
  world.ledger = nullptr;
  std::filesystem::copy(file, file + ".old");
  open();
  world.base.clients[0].attributes["Phone"] = "+79160000002";
  world.base.clients[0].attributes["LastName"] = "Petrova";
  world.Run(world.Settings());

  world.ledger = nullptr;
  std::filesystem::copy(file + ".old", file,
                        std::filesystem::copy_options::overwrite_existing);
  open();
  // As the old copy has it: only the portal knows that it was otherwise meanwhile.
  world.base.clients[0].attributes["Phone"] = "+79160000001";
  world.base.clients[0].attributes["LastName"] = "Orlova";
  RunSettings settings = world.Settings();
  settings.cold = true;
  EXPECT_EQ(world.Run(settings).end, RunEnd::kSucceeded);
  const auto& contact = world.portal.contacts.at(world.portal.OfClient(key)[0]);
  EXPECT_EQ(contact.fields.at("LAST_NAME"), "Orlova");
  ASSERT_EQ(contact.multifields.at("PHONE").size(), 1u);
  EXPECT_EQ(contact.multifields.at("PHONE")[0].value, "+79160000001");
}

TEST(RestoredCopies, APutBackBaseGetsItsIdsAgainThoughTheContentIsOldToo) {
  World world;
  world.base.Add(1, "Orlova");
  world.Run(world.Settings());
  const WriteBackItem item = (*world.ledger->PendingWriteBacks(1))[0];
  ASSERT_TRUE(world.ledger->FinishWriteBack(item, absl::OkStatus(), false).ok());
  ASSERT_TRUE(world.ledger->PendingWriteBacks(1)->empty());
  world.base.clients[0].attributes["LastName"] = "Petrova";
  world.base.clients[0].contact = ContactId();
  EXPECT_EQ(world.Run(world.Settings()).progress.counts.updated, 1);
  EXPECT_EQ(world.ledger->PendingWriteBacks(1)->size(), 1u);
}

// The second addition of two is lost after it was carried out, and the client in doubt
// changes in 1C.
ClientKey ChangeInDoubt(World& world) {
  const ClientKey first = world.base.Add(1, "Orlova").key;
  const ClientKey second = world.base.Add(2, "Smirnova").key;
  int writes = 0;
  world.portal.fault = [&](const PortalRequest&) {
    return ++writes == 2 ? Fault::kLostAfter : Fault::kNone;
  };
  world.Run(world.Settings());
  world.portal.fault = [](const PortalRequest&) { return Fault::kNone; };
  EXPECT_EQ(*world.ledger->CountAttempts(), 1);
  const ClientKey changed =
      world.ledger->AttemptOf(second)->has_value() ? second : first;
  for (ClientRow& row : world.base.clients) {
    if (row.key == changed) row.attributes["LastName"] = "Petrova";
  }
  return changed;
}

std::string NameOnPortal(const World& world, const ClientKey& key) {
  const std::vector<int64_t> ids = world.portal.OfClient(key);
  if (ids.size() != 1) return absl::StrCat(ids.size(), " contacts");
  return world.portal.contacts.at(ids[0]).fields.at("LAST_NAME");
}

TEST(DoubtfulAddition, ThatIsFoundIsFollowedByWhatChangedMeanwhile) {
  World world;
  const ClientKey changed = ChangeInDoubt(world);
  // Sees the change while the doubt stands, and is the last to hear of it.
  world.Run(world.Settings());
  EXPECT_EQ(NameOnPortal(world, changed), "Smirnova");
  world.now += absl::Minutes(5);
  RunSettings settle = world.Settings();
  settle.kind = RunKind::kSettle;
  world.Run(settle);
  EXPECT_EQ(NameOnPortal(world, changed), "Petrova");
  EXPECT_TRUE(world.ledger->Dirty(ClientKey(), 0, 10)->empty());
}

TEST(DoubtfulAddition, IsFollowedByWhatChangedInTheVeryRunThatSettlesIt) {
  World world;
  const ClientKey changed = ChangeInDoubt(world);
  RunSettings settings = world.Settings();
  settings.settle = true;
  EXPECT_EQ(world.Run(settings).end, RunEnd::kSucceeded);
  EXPECT_EQ(NameOnPortal(world, changed), "Petrova");
}

TEST(DoubtfulAddition, IsFollowedByWhatChangedThoughTheProcessDiesAfterSettlingIt) {
  for (int requests = 0; requests < 6; ++requests) {
    SCOPED_TRACE(requests);
    World world;
    const ClientKey changed = ChangeInDoubt(world);
    world.Run(world.Settings());  // hears of the change
    world.now += absl::Minutes(5);
    world.base.nothing_new = true;
    RunSettings settings = world.Settings();
    settings.settle = true;
    world.Run(settings, requests);
    // Another process goes on with the same run.
    EXPECT_EQ(world.Run(settings).end, RunEnd::kSucceeded);
    EXPECT_EQ(NameOnPortal(world, changed), "Petrova");
  }
}

TEST(DoubtfulAddition, IsNotSettledByAContactThatAPersonRefused) {
  World world;
  const ClientKey guest = world.base.Add(1, "Orlova").key;
  world.base.Add(2, "Ivanov");
  world.Run(world.Settings());
  const ContactId refused = (*world.ledger->Get(guest))->contact;
  // Unlinked by a person who wants a new contact; the mark still stands on the old one.
  ASSERT_TRUE(world.ledger->Unlink(guest).ok());
  PairNote note;
  note.refused = {refused};
  ASSERT_TRUE(world.ledger->SetPair(guest, note).ok());
  ClientRecord record = **world.ledger->Get(guest);
  record.link = LinkState::kNew;
  record.contact = ContactId();
  record.dirty = true;
  record.exported = ContentDigest{};
  record.reason.clear();
  record.problem = Outcome::kNone;
  record.version.clear();
  ASSERT_TRUE(world.ledger->Put({record}).ok());

  world.portal.fault = [](const PortalRequest&) { return Fault::kLostBefore; };
  world.Run(world.Settings());
  ASSERT_EQ(*world.ledger->CountAttempts(), 1);
  world.portal.fault = [](const PortalRequest&) { return Fault::kNone; };
  world.now += absl::Minutes(5);
  const auto result = world.Run(world.Settings());
  EXPECT_EQ(result.end, RunEnd::kSucceeded) << result.error;
  EXPECT_EQ(result.progress.counts.added, 1);
  EXPECT_EQ(*world.ledger->CountAttempts(), 0);
  EXPECT_EQ((*world.ledger->Get(guest))->link, LinkState::kLive);
  EXPECT_NE((*world.ledger->Get(guest))->contact, refused);
  EXPECT_EQ(world.portal.OfClient(guest).size(), 2u);
}

TEST(DoubtfulAddition, IsNotTouchedByARunThatOnlyLooks) {
  World world;
  const ClientKey changed = ChangeInDoubt(world);
  world.now += absl::Minutes(5);
  RunSettings dry = world.Settings();
  dry.dry_run = true;
  const auto result = world.Run(dry);
  EXPECT_EQ(result.progress.counts.scanned, 2);
  EXPECT_EQ(*world.ledger->CountAttempts(), 1);
  RunSettings match = world.Settings();
  match.kind = RunKind::kMatch;
  world.Run(match);
  EXPECT_EQ(*world.ledger->CountAttempts(), 1);
  EXPECT_EQ(NameOnPortal(world, changed), "Smirnova");
}

TEST(DoubtfulAddition, OnABoxIsSettledWhenTheBoxMayHaveEndedIt) {
  for (const bool box : {false, true}) {
    SCOPED_TRACE(box ? "box" : "cloud");
    World world;
    world.portal.box = box;
    world.portal.operating_each = box ? 0 : 0.2;
    const auto settings = [&] {
      RunSettings ours = world.Settings();
      ours.box_settle_time = absl::Minutes(15);
      return ours;
    };
    world.base.Add(1, "Orlova");
    world.Run(settings());
    world.base.Add(2, "Smirnova");
    world.portal.fault = [&](const PortalRequest&) { return Fault::kLostAfter; };
    world.Run(settings());
    ASSERT_EQ(*world.ledger->CountAttempts(), 1);
    world.portal.fault = [](const PortalRequest&) { return Fault::kNone; };
    // Another process: all that it knows of the portal stands in the ledger.
    world.doubts = std::make_unique<Doubts>();
    RunSettings settle = settings();
    settle.settle = true;
    const absl::Duration before = world.now;
    EXPECT_EQ(world.Run(settle).end, RunEnd::kSucceeded);
    EXPECT_EQ(*world.ledger->CountAttempts(), 0);
    EXPECT_EQ(world.now - before > absl::Minutes(14), box);
  }
}

TEST(RestoredCopies, AnOldCopyOfAContactGivesUpWhatTheClientHasGivenUpSince) {
  World world;
  world.MapAlso("Remarks", "COMMENTS");
  const ClientKey key = world.base.Add(1, "Orlova").key;
  world.base.clients[0].attributes["Remarks"] = "late arrival";
  world.Run(world.Settings());
  const int64_t first = world.portal.OfClient(key).at(0);
  const auto copy = world.portal.contacts.at(first);
  world.base.clients[0].attributes["Remarks"] = "";
  world.Run(world.Settings());
  ASSERT_EQ(world.portal.contacts.at(first).fields["COMMENTS"], "");

  // Somebody deletes the contact and takes an older one out of the recycle bin.
  world.portal.contacts.erase(first);
  world.portal.contacts[777] = copy;
  world.Run(world.Settings());
  EXPECT_EQ(world.portal.OfClient(key), (std::vector<int64_t>{777}));
  EXPECT_EQ(world.portal.contacts.at(777).fields["COMMENTS"], "");
}

TEST(UnreadableClient, IsReadAgainWhenItsRowComesBackThoughNobodyChangedIt) {
  World world;
  world.base.Add(1, "Orlova");
  world.Run(world.Settings());
  // An addition that did not leave, of a client that 1C hides for a while.
  Intent intent;
  intent.key = ClientKey("00000000-0000-4000-8000-000000000002");
  intent.version = "v1";
  ASSERT_TRUE(world.ledger->CommitIntents({intent}, ContactId(100)).ok());
  ASSERT_TRUE(world.ledger->Settle({{intent.key, Evidence::NotExecuted()}}).ok());
  world.Run(world.Settings());
  ASSERT_EQ((*world.ledger->Get(intent.key))->reason, "CLIENT_NOT_IN_SOURCE");
  EXPECT_EQ((*world.ledger->KnownVersions({intent.key}))[0].version, "");
}

TEST(Adoption, ThatWasCutOffBeforeItsStampStillTellsTheIdToTheBase) {
  World world;
  world.base.Add(1, "Orlova");
  world.Run(world.Settings());
  // A match linked a contact that was made by hand, and died.
  const ClientKey key = world.base.Add(2, "Petrova").key;
  world.portal.contacts[50].fields["LAST_NAME"] = "Petrova";
  ClientRecord record;
  record.key = key;
  record.link = LinkState::kLive;
  record.contact = ContactId(50);
  record.dirty = true;
  record.exported.fields_known = false;
  ASSERT_TRUE(world.ledger->Link(record, ContactId()).ok());

  world.Run(world.Settings());
  EXPECT_EQ(world.portal.contacts.at(50).stamp.origin, key.guid());
  EXPECT_EQ((*world.ledger->Get(key))->write_back, WriteBackState::kPending);
}

TEST(DoubtfulAdoption, ThatWasNotCarriedOutIsMadeUpForByTheRunThatSettlesIt) {
  World world;
  testing::FakeContact& contact = world.portal.contacts[50];
  contact.fields["LAST_NAME"] = "Orlova";
  contact.multifields["PHONE"] = {{1, "+79160000001", "MOBILE"}};
  ClientRow& client = world.base.Add(1, "Orlova", "+79160000001");
  client.contact = ContactId(50);
  const ClientKey key = client.key;
  world.portal.fault = [&](const PortalRequest&) { return Fault::kLostBefore; };
  world.Run(world.Settings());
  ASSERT_EQ(*world.ledger->CountAttempts(), 1);
  ASSERT_TRUE(contact.stamp.origin.empty());
  world.portal.fault = [](const PortalRequest&) { return Fault::kNone; };
  world.now += absl::Minutes(5);
  RunSettings settle = world.Settings();
  settle.kind = RunKind::kSettle;
  EXPECT_EQ(world.Run(settle).end, RunEnd::kSucceeded);
  EXPECT_EQ(contact.stamp.origin, key.guid());
  EXPECT_EQ(world.portal.contacts.size(), 1u);
}

class DoubtfulUpdate : public ::testing::TestWithParam<Fault> {};

TEST_P(DoubtfulUpdate, DoesNotLeaveAValueThatWasTakenAwayAfterIt) {
  World world;
  const ClientKey key = world.base.Add(1, "Orlova", "+79160000001").key;
  world.Run(world.Settings());
  world.base.clients[0].attributes["LastName"] = "Petrova";
  world.base.clients[0].attributes["Phone"] = "+79160000002";
  world.portal.fault = [&](const PortalRequest&) { return GetParam(); };
  world.Run(world.Settings());
  ASSERT_EQ(*world.ledger->CountAttempts(), 1);
  world.portal.fault = [](const PortalRequest&) { return Fault::kNone; };
  world.base.clients[0].attributes["LastName"] = "";
  world.base.clients[0].attributes["Phone"] = "+79160000003";
  RunSettings settings = world.Settings();
  settings.settle = true;
  EXPECT_EQ(world.Run(settings).end, RunEnd::kSucceeded);
  const auto& contact = world.portal.contacts.at(world.portal.OfClient(key)[0]);
  EXPECT_EQ(contact.fields.at("LAST_NAME"), "");
  ASSERT_EQ(contact.multifields.at("PHONE").size(), 1u);
  EXPECT_EQ(contact.multifields.at("PHONE")[0].value, "+79160000003");
}

INSTANTIATE_TEST_SUITE_P(Export, DoubtfulUpdate,
                         ::testing::Values(Fault::kLostBefore, Fault::kLostAfter));

}  // namespace
}  // namespace guestbridge::agent
