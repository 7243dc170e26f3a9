#include "sync-agent/export/reconciler.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sync-agent/export/export_machine.h"
#include "sync-agent/export/fake_world_test.h"

namespace guestbridge::agent {
namespace {

using ::testing::ElementsAre;
using testing::FakeContact;
using testing::Fault;
using ::testing::IsEmpty;
using testing::World;

RunSettings Reconcile(World& world, bool apply) {
  RunSettings settings = world.Settings();
  settings.kind = RunKind::kReconcile;
  settings.dry_run = !apply;
  settings.first_export = false;
  return settings;
}

ReconcileFound Found(World& world, bool apply = false) {
  const auto result = world.Run(Reconcile(world, apply));
  EXPECT_EQ(result.end, RunEnd::kSucceeded) << result.error;
  return result.progress.reconcile;
}

int Count(const ReconcileFound& found, FindingKind kind) {
  const auto count = found.counts.find(kind);
  return count == found.counts.end() ? 0 : count->second;
}

std::vector<Finding> Of(const ReconcileFound& found, FindingKind kind) {
  std::vector<Finding> findings;
  for (const Finding& finding : found.findings) {
    if (finding.kind == kind) findings.push_back(finding);
  }
  return findings;
}

// Twenty guests, exported, their IDs in 1C.
void Export(World& world, int guests = 20) {
  for (int i = 1; i <= guests; ++i) {
    world.base.Add(i, absl::StrCat("Orlova", i), absl::StrCat("+7916", 1000000 + i));
  }
  ASSERT_EQ(world.Run(world.Settings()).end, RunEnd::kSucceeded);
  for (ClientRow& row : world.base.clients) {
    row.contact = (*world.ledger->Get(row.key))->contact;
    ASSERT_TRUE(
        world.ledger->FinishWriteBack({row.key, row.contact}, absl::OkStatus(), false)
            .ok());
  }
}

FakeContact& ContactOf(World& world, int guest) {
  return world.portal.contacts.at(
      world.portal.OfClient(world.base.clients[guest - 1].key).at(0));
}

int64_t IdOf(World& world, int guest) {
  return world.portal.OfClient(world.base.clients[guest - 1].key).at(0);
}

// By a manager, an hour later.
void Touch(World& world, int guest) {
  ContactOf(world, guest).fields["MODIFY_BY_ID"] = "7";
  ContactOf(world, guest).fields["DATE_MODIFY"] =
      absl::FormatTime("%Y-%m-%dT%H:%M:%S+00:00", world.Now().wall + absl::Hours(1),
                       absl::UTCTimeZone());
}

void ExpectClean(World& world) {
  const ReconcileFound found = Found(world);
  EXPECT_THAT(found.findings, IsEmpty());
  EXPECT_THAT(found.counts, IsEmpty());
}

// Mends, and looks again.
ReconcileFound Mend(World& world) {
  ReconcileFound found = Found(world, /*apply=*/true);
  // The write-back is not a part of this world.
  for (ClientRow& row : world.base.clients) {
    const auto record = *world.ledger->Get(row.key);
    if (!record.has_value() || record->link != LinkState::kLive) continue;
    row.contact = record->contact;
    EXPECT_TRUE(
        world.ledger->FinishWriteBack({row.key, row.contact}, absl::OkStatus(), false)
            .ok());
  }
  return found;
}

TEST(Reconciler, FindsNothingRightAfterAnExport) {
  World world;
  Export(world, 60);
  const int requests = world.portal.requests;
  const ReconcileFound found = Found(world);
  EXPECT_THAT(found.findings, IsEmpty());
  EXPECT_EQ(found.contacts, 60);
  EXPECT_EQ(found.marked, 60);
  // The highest IDs twice, two pages, the end.
  EXPECT_LE(world.portal.requests - requests, 5);
}

TEST(Reconciler, FindsAGuestThatIsNotOnThePortalAndExportsIt) {
  World world;
  Export(world);
  const ClientKey key = world.base.Add(21, "Novikova").key;
  world.base.Add(22, "");  // Nameless: nobody misses it.
  const ReconcileFound found = Found(world);
  EXPECT_EQ(found.counts.size(), 1u);
  ASSERT_EQ(Count(found, FindingKind::kMissing), 1);
  EXPECT_EQ(found.findings[0].client, key);
  EXPECT_THAT(world.portal.OfClient(key), IsEmpty());

  EXPECT_EQ(Count(Mend(world), FindingKind::kMissing), 1);
  EXPECT_EQ(world.portal.OfClient(key).size(), 1u);
  ExpectClean(world);
}

TEST(Reconciler, FindsContactsThatAreGoneTheHighestIdAmongThemAndMakesThemAgain) {
  World world;
  Export(world);
  world.portal.Delete(IdOf(world, 3));
  world.portal.Delete(IdOf(world, 20));
  const ReconcileFound found = Found(world);
  EXPECT_EQ(found.counts.size(), 1u);
  EXPECT_EQ(Count(found, FindingKind::kGone), 2);
  EXPECT_EQ(world.portal.contacts.size(), 18u);
  // Nothing of it was kept: an export finds the same by itself.
  EXPECT_EQ((*world.ledger->Get(world.base.clients[2].key))->link, LinkState::kLive);

  EXPECT_EQ(Count(Mend(world), FindingKind::kGone), 2);
  EXPECT_EQ(world.portal.contacts.size(), 20u);
  ExpectClean(world);
}

TEST(Reconciler, ADoubledContactIsReportedAndNeverTouched) {
  World world;
  Export(world);
  const int64_t linked = IdOf(world, 5);
  world.portal.contacts[500] = ContactOf(world, 5);
  for (const bool apply : {false, true}) {
    const ReconcileFound found = Found(world, apply);
    EXPECT_EQ(found.counts.size(), 1u);
    const auto doubled = Of(found, FindingKind::kDoubled);
    ASSERT_EQ(doubled.size(), 1u);
    EXPECT_EQ(doubled[0].contact.value(), linked);
    EXPECT_THAT(doubled[0].others, ElementsAre(ContactId(500)));
    EXPECT_EQ(world.portal.OfClient(world.base.clients[4].key).size(), 2u);
  }
  // A person merges them: the other one stays.
  world.portal.Delete(linked);
  const auto gone = Of(Mend(world), FindingKind::kGone);
  ASSERT_EQ(gone.size(), 1u);
  EXPECT_THAT(gone[0].others, ElementsAre(ContactId(500)));
  EXPECT_EQ(world.portal.contacts.size(), 20u);
  ExpectClean(world);
}

TEST(Reconciler, AnotherGuestsContactIsNotDoubledWhateverMarkStandsOnIt) {
  World world;
  Export(world);
  const int64_t others = IdOf(world, 6);
  ContactOf(world, 6).stamp = ContactOf(world, 5).stamp;
  const ReconcileFound found = Found(world);
  EXPECT_EQ(Count(found, FindingKind::kDoubled), 0);
  const auto changed = Of(found, FindingKind::kChangedOnPortal);
  ASSERT_EQ(changed.size(), 1u);
  EXPECT_EQ(changed[0].contact.value(), others);
  // Nor of a guest that the ledger does not know.
  world.portal.contacts.at(others).stamp.origin =
      "99999999-0000-4000-8000-000000000000";
  EXPECT_EQ(Count(Found(world), FindingKind::kOrphaned), 0);
}

TEST(Reconciler, AMarkedContactThatTheLedgerDoesNotKnowIsLinkedAndNotDoubled) {
  World world;
  Export(world);
  const ClientKey key = world.base.Add(21, "Novikova").key;
  world.portal.contacts[500].stamp = {"guestbridge:base", key.guid(), ""};
  world.portal.contacts[500].fields["LAST_NAME"] = "Novikova";
  world.portal.contacts[501].stamp = {"guestbridge:base", "not ours at all", ""};
  const ReconcileFound found = Found(world);
  EXPECT_EQ(found.counts.size(), 1u);
  const auto orphaned = Of(found, FindingKind::kOrphaned);
  ASSERT_EQ(orphaned.size(), 1u);
  EXPECT_EQ(orphaned[0].client, key);
  EXPECT_EQ(orphaned[0].contact.value(), 500);

  Mend(world);
  EXPECT_THAT(world.portal.OfClient(key), ElementsAre(500));
  EXPECT_EQ((*world.ledger->Get(key))->contact.value(), 500);
  ExpectClean(world);
}

TEST(Reconciler, TellsWhatWasChangedOnThePortalFromWhatWasChangedIn1C) {
  World world;
  Export(world);
  ContactOf(world, 4).fields["LAST_NAME"] = "Petrova";
  Touch(world, 4);
  world.base.clients[5].attributes["LastName"] = "Sidorova";
  const ReconcileFound found = Found(world);
  EXPECT_EQ(found.counts.size(), 2u);
  const auto there = Of(found, FindingKind::kChangedOnPortal);
  ASSERT_EQ(there.size(), 1u);
  EXPECT_EQ(there[0].client, world.base.clients[3].key);
  EXPECT_THAT(there[0].fields, ElementsAre("LAST_NAME"));
  EXPECT_EQ(there[0].modified_by, 7);
  EXPECT_GT(there[0].modify_unix, 0);
  const auto here = Of(found, FindingKind::kChangedInSource);
  ASSERT_EQ(here.size(), 1u);
  EXPECT_EQ(here[0].client, world.base.clients[5].key);
  EXPECT_THAT(here[0].fields, ElementsAre("LAST_NAME"));
  EXPECT_EQ(ContactOf(world, 4).fields["LAST_NAME"], "Petrova");

  Mend(world);
  EXPECT_EQ(ContactOf(world, 4).fields["LAST_NAME"], "Orlova4");
  EXPECT_EQ(ContactOf(world, 6).fields["LAST_NAME"], "Sidorova");
  ExpectClean(world);
}

TEST(Reconciler, WhatIsSwitchedOffIsToldAndNotMended) {
  World world;
  Export(world);
  ContactOf(world, 4).fields["LAST_NAME"] = "Petrova";
  Touch(world, 4);
  for (const bool apply : {false, true}) {
    RunSettings settings = Reconcile(world, apply);
    settings.events.client_changed = false;
    const auto result = world.Run(settings);
    EXPECT_EQ(result.end, RunEnd::kSucceeded) << result.error;
    EXPECT_EQ(Count(result.progress.reconcile, FindingKind::kChangedOnPortal), 1);
    EXPECT_EQ(result.progress.counts.updated, 0);
    EXPECT_EQ(result.progress.counts.skipped, 1);
    EXPECT_EQ(result.progress.counts.unchanged, 19);
    EXPECT_EQ(ContactOf(world, 4).fields["LAST_NAME"], "Petrova");
  }
  // Switched on again, it is mended.
  EXPECT_EQ(Count(Mend(world), FindingKind::kChangedOnPortal), 1);
  EXPECT_EQ(ContactOf(world, 4).fields["LAST_NAME"], "Orlova4");
}

TEST(Reconciler, SetsBackOnlyWhatDiffersAndLeavesWhatManagersAdded) {
  World world;
  world.MapAlso("Remarks", "COMMENTS");
  Export(world);
  FakeContact& contact = ContactOf(world, 4);
  contact.fields["COMMENTS"] = "likes the sea";  // 1C has none
  contact.fields["POST"] = "manager";            // not mapped
  contact.multifields["PHONE"].push_back({1, "+74951112233", "WORK"});
  Touch(world, 4);
  ExpectClean(world);
  // Their edit of our phone: it is added again, theirs stays.
  contact.multifields["PHONE"][0].value = "+74957778899";
  const auto there = Of(Mend(world), FindingKind::kChangedOnPortal);
  ASSERT_EQ(there.size(), 1u);
  EXPECT_THAT(there[0].fields, ElementsAre("PHONE"));
  EXPECT_EQ(contact.fields["COMMENTS"], "likes the sea");
  EXPECT_EQ(contact.fields["POST"], "manager");
  EXPECT_EQ(contact.multifields["PHONE"].size(), 3u);
  ExpectClean(world);
}

TEST(Reconciler, APolicyThatDoesNotOverwriteSeesNoDifference) {
  using Policy = MappingEntry::Policy;
  World world;
  world.Map({{"LastName", "LAST_NAME"},
             {"Phone", "PHONE"},
             {"First", "NAME", {}, Policy::kCreateOnly},
             {"City", "ADDRESS_CITY", {}, Policy::kFillEmpty}});
  for (int i = 1; i <= 3; ++i) {
    ClientRow& row = world.base.Add(i, "Orlova");
    row.attributes["First"] = "Anna";
    row.attributes["City"] = "Sochi";
  }
  world.Run(world.Settings());
  ContactOf(world, 2).fields["NAME"] = "Anya";
  ContactOf(world, 2).fields["ADDRESS_CITY"] = "Moscow";
  Touch(world, 2);
  EXPECT_EQ(Count(Found(world), FindingKind::kChangedOnPortal), 0);
}

TEST(Reconciler, AMarkThatWasTakenOffIsFoundAndPutBack) {
  World world;
  Export(world);
  ContactOf(world, 4).stamp = Stamp();
  const auto there = Of(Found(world), FindingKind::kChangedOnPortal);
  ASSERT_EQ(there.size(), 1u);
  EXPECT_THAT(there[0].fields, ElementsAre("ORIGINATOR_ID", "ORIGIN_ID"));
  Mend(world);
  EXPECT_EQ(world.portal.OfClient(world.base.clients[3].key).size(), 1u);
  EXPECT_EQ(world.portal.contacts.size(), 20u);
  ExpectClean(world);
}

TEST(Reconciler, AnIdThat1CLostIsQueuedAgainOnlyWhenAsked) {
  World world;
  Export(world);
  world.base.clients[1].contact = ContactId();
  world.base.clients[2].contact = ContactId(77);
  const ReconcileFound found = Found(world);
  EXPECT_EQ(found.counts.size(), 1u);
  const auto lost = Of(found, FindingKind::kWriteBackMissing);
  ASSERT_EQ(lost.size(), 2u);
  EXPECT_THAT(lost[0].others, IsEmpty());
  EXPECT_THAT(lost[1].others, ElementsAre(ContactId(77)));
  EXPECT_EQ(world.ledger->CountWriteBacks()->pending, 0);
  EXPECT_EQ(Count(Found(world, /*apply=*/true), FindingKind::kWriteBackMissing), 2);
  EXPECT_EQ(world.ledger->CountWriteBacks()->pending, 2);
}

TEST(Reconciler, ALedgerThatWasRebuiltComparesWithWhat1CSays) {
  World world;
  Export(world);
  RunSettings rebuild = world.Settings();
  rebuild.kind = RunKind::kRebuild;
  auto fresh = Ledger::Open(":memory:", world.random);
  world.ledger = *std::move(fresh);
  ASSERT_EQ(world.Run(rebuild).end, RunEnd::kSucceeded);
  ExpectClean(world);
  ContactOf(world, 4).fields["LAST_NAME"] = "Petrova";
  ContactOf(world, 5).fields["LAST_NAME"] = "";
  world.base.clients[5].attributes["LastName"] = "Sidorova";
  const ReconcileFound found = Found(world);
  EXPECT_EQ(Count(found, FindingKind::kChangedOnPortal), 2);
  EXPECT_EQ(Count(found, FindingKind::kChangedInSource), 1);
  Mend(world);
  ExpectClean(world);
}

TEST(Reconciler, WithoutApplyNothingIsWrittenOrDecided) {
  World world;
  Export(world);
  world.base.Add(21, "Novikova");
  world.portal.Delete(IdOf(world, 3));
  ContactOf(world, 4).fields["LAST_NAME"] = "Petrova";
  world.base.clients[5].attributes["LastName"] = "Sidorova";
  const auto before = *world.ledger->List(ClientKey(), 100);
  const auto contacts = world.portal.contacts.size();
  EXPECT_EQ(Found(world).counts.size(), 4u);
  const auto after = *world.ledger->List(ClientKey(), 100);
  ASSERT_EQ(after.size(), before.size());
  for (size_t i = 0; i < before.size(); ++i) {
    EXPECT_EQ(after[i].link, before[i].link);
    EXPECT_EQ(after[i].dirty, before[i].dirty);
    EXPECT_EQ(after[i].exported, before[i].exported);
    EXPECT_EQ(after[i].run, before[i].run);
  }
  EXPECT_EQ(world.portal.contacts.size(), contacts);
  EXPECT_EQ(ContactOf(world, 4).fields["LAST_NAME"], "Petrova");
}

TEST(Reconciler, OneThatWasKilledAnywhereIsGoneOnWithAndTellsAllOfIt) {
  int deaths = 0;
  for (int crash = 0; crash < 40; ++crash) {
    SCOPED_TRACE(crash);
    World world;
    Export(world);
    const ClientKey novice = world.base.Add(21, "Novikova").key;
    world.portal.Delete(IdOf(world, 3));
    ContactOf(world, 4).fields["LAST_NAME"] = "Petrova";
    world.base.clients[5].attributes["LastName"] = "Sidorova";
    const RunSettings settings = Reconcile(world, /*apply=*/true);
    World::Result result = world.Run(settings, crash);
    const bool died = result.crashed;
    deaths += died ? 1 : 0;
    if (died) result = world.Run(settings);
    EXPECT_EQ(result.end, RunEnd::kSucceeded) << result.error;
    const ReconcileFound& found = result.progress.reconcile;
    EXPECT_EQ(Count(found, FindingKind::kMissing), 1);
    EXPECT_EQ(Count(found, FindingKind::kGone), 1);
    EXPECT_EQ(Count(found, FindingKind::kChangedOnPortal), 1);
    EXPECT_EQ(Count(found, FindingKind::kChangedInSource), 1);
    // What was in doubt is settled by the time of the next.
    world.now += absl::Minutes(5);
    RunSettings settle = world.Settings();
    settle.settle = true;
    ASSERT_EQ(world.Run(settle).end, RunEnd::kSucceeded);
    Mend(world);
    EXPECT_EQ(world.portal.contacts.size(), 21u);
    EXPECT_EQ(world.portal.OfClient(novice).size(), 1u);
    ExpectClean(world);
    if (!died) break;
  }
  EXPECT_GE(deaths, 5);
}

TEST(Reconciler, APortalThatDoesNotShowEverythingEndsTheRun) {
  World world;
  Export(world);
  world.portal.shut_method = "crm.contact.list";
  const auto result = world.Run(Reconcile(world, /*apply=*/false));
  EXPECT_EQ(result.end, RunEnd::kFailed);
}

}  // namespace
}  // namespace guestbridge::agent
