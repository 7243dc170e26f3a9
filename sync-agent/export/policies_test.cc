// What a hotel may choose: gone contacts, robots, nameless guests.
#include <gtest/gtest.h>

#include "sync-agent/export/policies_site_test.h"

namespace guestbridge::agent {
namespace {

// --- gone contacts

TEST(GoneContactPolicy, ByDefaultASurvivorIsLinkedAndElseAContactIsMade) {
  Site site;
  site.RunOnce();
  site.MergeAway(7000);
  EXPECT_EQ(site.RunOnce().recreated, 0);
  EXPECT_EQ(site.Record().contact, ContactId(7000));
  site.portal.contacts.erase(7000);
  EXPECT_EQ(site.RunOnce().recreated, 1);
  EXPECT_EQ(site.Contacts().size(), 1u);
}

TEST(GoneContactPolicy, RelinkLinksASurvivor) {
  Site site;
  site.policies.gone_contact = GoneContactPolicy::kRelink;
  site.RunOnce();
  site.MergeAway(7000);
  EXPECT_EQ(site.RunAsTold().skipped, 0);
  EXPECT_EQ(site.Record().link, LinkState::kLive);
  EXPECT_EQ(site.Contacts(), std::vector<int64_t>{7000});
}

TEST(GoneContactPolicy, RelinkWithoutASurvivorSkipsAndFindsOneThatTurnsUp) {
  Site site;
  site.policies.gone_contact = GoneContactPolicy::kRelink;
  site.RunOnce();
  const testing::FakeContact gone = site.portal.contacts.at(site.Contact());
  site.portal.contacts.erase(site.Contact());
  EXPECT_EQ(site.RunAsTold().skipped, 1);
  EXPECT_EQ(site.Record().reason, "CONTACT_GONE_RELINK");
  EXPECT_EQ(site.RunAsTold().skipped, 1);
  EXPECT_TRUE(site.Contacts().empty());
  // Not known by its version: a comparison looks at it.
  EXPECT_EQ((*site.ledger->KnownVersions({site.Guest()}))[0].version, "");
  site.portal.contacts[7000] = gone;
  site.portal.contacts[7000].stamp = Stamp();
  EXPECT_EQ(site.RunAsTold().skipped, 0);
  EXPECT_EQ(site.Contacts(), std::vector<int64_t>{7000});
}

TEST(GoneContactPolicy, AGuestWhoWaitedForASwitchIsCountedOnce) {
  Site site;
  site.policies.gone_contact = GoneContactPolicy::kNever;
  site.RunOnce();
  site.portal.contacts.erase(site.Contact());
  RunSettings switched_off = site.WithPolicies();
  switched_off.events.contact_deleted = false;
  ASSERT_EQ(site.Run(switched_off).end, RunEnd::kSucceeded);
  ASSERT_TRUE(site.Record().dirty);
  // By its row, and as one that waits.
  const RunCounts counts = site.RunAsTold();
  EXPECT_EQ(counts.skipped, 1);
  EXPECT_EQ(counts.scanned, 2);
}

TEST(GoneContactPolicy, RelinkDoesNotGiveOneSurvivorToTwo) {
  Site site;
  site.base.Add(3, "Orlova", kPhone);
  site.policies.gone_contact = GoneContactPolicy::kRelink;
  site.RunOnce();
  site.portal.contacts.erase(site.portal.OfClient(site.base.clients[2].key)[0]);
  site.MergeAway(7000);
  EXPECT_EQ(site.RunAsTold().skipped, 1);
}

TEST(GoneContactPolicy, AskLeavesItToAPersonWithTheSurvivorAsACandidate) {
  Site site;
  site.policies.gone_contact = GoneContactPolicy::kAsk;
  site.RunOnce();
  site.MergeAway(7000);
  EXPECT_EQ(site.RunAsTold().deferred, 1);
  EXPECT_EQ(site.Record().link, LinkState::kReview);
  EXPECT_EQ(site.Record().reason, kContactGoneAsk);
  EXPECT_EQ((*site.ledger->Pair(site.Guest()))->candidates,
            std::vector<ContactId>{ContactId(7000)});
  // It goes on waiting, whatever changes in 1C.
  site.base.clients[0].attributes["LastName"] = "Novikova";
  EXPECT_EQ(site.RunAsTold().deferred, 1);
  EXPECT_EQ(site.Record().reason, kContactGoneAsk);
  EXPECT_TRUE(site.Contacts().empty());
  // Another policy takes it up from there.
  site.policies.gone_contact = GoneContactPolicy::kRecreate;
  EXPECT_EQ(site.RunOnce().recreated, 1);
  EXPECT_EQ(site.Contacts().size(), 1u);
  EXPECT_EQ(site.Record().reason, "");
}

TEST(GoneContactPolicy, WhoWasAskedAboutIsTakenUpAfterAnUnclearAnswer) {
  Site site;
  site.policies.gone_contact = GoneContactPolicy::kAsk;
  site.RunOnce();
  site.portal.contacts.erase(site.Contact());
  EXPECT_EQ(site.RunOnce().deferred, 1);
  site.policies.gone_contact = GoneContactPolicy::kRecreate;
  site.portal.instead = [](const Command& command) {
    return std::holds_alternative<GetContact>(command) ? std::optional(Fate::kUnknown)
                                                       : std::nullopt;
  };
  EXPECT_EQ(site.RunOnce().deferred, 1);
  EXPECT_EQ(site.Record().link, LinkState::kReview);
  EXPECT_EQ(site.Record().reason, kContactGoneAsk);
  site.portal.instead = [](const Command&) { return std::nullopt; };
  EXPECT_EQ(site.RunOnce().recreated, 1);
  EXPECT_EQ(site.Contacts().size(), 1u);
}

TEST(GoneContactPolicy, WhoWasAskedAboutIsTakenUpWhenItsRowComesBack) {
  Site site;
  site.policies.gone_contact = GoneContactPolicy::kAsk;
  site.RunOnce();
  site.portal.contacts.erase(site.Contact());
  EXPECT_EQ(site.RunOnce().deferred, 1);
  RunSettings settings = site.WithPolicies();
  settings.events.contact_deleted = false;  // leaves it dirty
  site.Run(settings);
  const ClientRow row = site.base.clients[0];
  site.base.clients.erase(site.base.clients.begin());
  site.RunOnce();
  site.base.clients.insert(site.base.clients.begin(), row);
  EXPECT_EQ(site.Record().link, LinkState::kReview);
  EXPECT_EQ(site.Record().reason, kContactGoneAsk);
  site.policies.gone_contact = GoneContactPolicy::kRecreate;
  EXPECT_EQ(site.RunOnce().recreated, 1);
  EXPECT_EQ(site.Contacts().size(), 1u);
}

TEST(GoneContactPolicy, NeverSkipsButFollowsTheClientsOwnMark) {
  Site site;
  site.policies.gone_contact = GoneContactPolicy::kNever;
  site.RunOnce();
  const testing::FakeContact gone = site.portal.contacts.at(site.Contact());
  site.portal.contacts.erase(site.Contact());
  EXPECT_EQ(site.RunAsTold().skipped, 1);
  EXPECT_EQ(site.Record().reason, "CONTACT_GONE_NEVER");
  site.base.clients[0].attributes["LastName"] = "Novikova";
  EXPECT_EQ(site.RunAsTold().skipped, 1);
  EXPECT_TRUE(site.Contacts().empty());
  // Out of the recycle bin: another ID, the same mark.
  site.portal.contacts[7000] = gone;
  EXPECT_EQ(site.RunOnce().updated, 1);
  EXPECT_EQ(site.Record().contact, ContactId(7000));
  EXPECT_EQ(site.portal.contacts[7000].fields["LAST_NAME"], "Novikova");
}

TEST(GoneContactPolicy, HoldsForAnIdIn1CThatLeadsNowhereToo) {
  for (const GoneContactPolicy policy :
       {GoneContactPolicy::kRelink, GoneContactPolicy::kAsk,
        GoneContactPolicy::kNever}) {
    SCOPED_TRACE(GoneContactReason(policy));
    Site site;
    site.policies.gone_contact = policy;
    site.base.clients[0].contact = ContactId(77);
    const RunCounts counts = site.RunAsTold();
    EXPECT_EQ(counts.added, 1);
    EXPECT_EQ(counts.recreated, 0);
    EXPECT_TRUE(site.Contacts().empty());
    EXPECT_EQ(site.Record().reason, GoneContactReason(policy));
    site.policies.gone_contact = GoneContactPolicy::kRecreate;
    EXPECT_EQ(site.RunAsTold().recreated, 1);
    EXPECT_EQ(site.Contacts().size(), 1u);
  }
}

TEST(GoneContactPolicy, AContactThatAPersonRefusedIsNoSurvivor) {
  Site site;
  site.RunOnce();
  site.MergeAway(7000);
  PairNote note;
  note.refused = {ContactId(7000)};
  ASSERT_TRUE(site.ledger->SetPair(site.Guest(), note).ok());
  EXPECT_EQ(site.RunOnce().recreated, 1);
  EXPECT_NE(site.Record().contact, ContactId(7000));
}

// --- a hotel that moves to another portal

struct MovedSite : Site {
  MovedSite() {
    base.Add(3, "Ivanov");
    RunOnce();
    TakeIds();
  }
  // 1C takes the IDs that wait.
  void TakeIds() {
    const std::vector<WriteBackItem> waiting = *ledger->PendingWriteBacks(100);
    for (const WriteBackItem& item : waiting) {
      ASSERT_TRUE(ledger->FinishWriteBack(item, absl::OkStatus(), false).ok());
      for (ClientRow& row : base.clients) {
        if (row.key == item.key) row.contact = item.contact;
      }
    }
  }
  void Move(int64_t next_id) {
    ASSERT_TRUE(ledger->ForgetLinks({}).ok());
    portal.contacts.clear();
    portal.next_id = next_id;
    doubts = std::make_unique<Doubts>();
  }
  void ExpectOneEach() {
    EXPECT_EQ(portal.contacts.size(), base.clients.size());
    for (const ClientRow& row : base.clients) {
      const auto contacts = portal.OfClient(row.key);
      ASSERT_EQ(contacts.size(), 1u);
      EXPECT_EQ((*ledger->Get(row.key))->contact.value(), contacts[0]);
    }
  }
};

TEST(AnotherPortal, GuestsAreNewThereWhateverIsDoneAboutGoneContacts) {
  for (const GoneContactPolicy policy :
       {GoneContactPolicy::kRecreate, GoneContactPolicy::kRelink,
        GoneContactPolicy::kAsk, GoneContactPolicy::kNever}) {
    SCOPED_TRACE(static_cast<int>(policy));
    MovedSite site;
    site.policies.gone_contact = policy;
    site.Move(5000);
    const RunCounts counts = site.RunAsTold();
    EXPECT_EQ(counts.added, 3);
    EXPECT_EQ(counts.recreated, 0);
    EXPECT_EQ(counts.skipped + counts.deferred, 0);
    site.ExpectOneEach();
    // Once more, from a portal of which 1C got one ID only.
    const std::vector<WriteBackItem> waiting = *site.ledger->PendingWriteBacks(1);
    ASSERT_EQ(waiting.size(), 1u);
    ASSERT_TRUE(site.ledger->FinishWriteBack(waiting[0], absl::OkStatus(), false).ok());
    for (ClientRow& row : site.base.clients) {
      if (row.key == waiting[0].key) row.contact = waiting[0].contact;
    }
    site.Move(9000);
    EXPECT_EQ(site.RunAsTold().added, 3);
    site.ExpectOneEach();
  }
}

TEST(AnotherPortal, GuestsAreNewThereThoughDeletedContactsAreNoEvent) {
  MovedSite site;
  site.Move(5000);
  RunSettings settings = site.WithPolicies();
  settings.events.contact_deleted = false;
  EXPECT_EQ(site.Run(settings).progress.counts.added, 3);
  site.ExpectOneEach();
}

TEST(AnotherPortal, AGuestWhoseContactWasGoneBeforeTheMoveIsNewThereToo) {
  MovedSite site;
  site.policies.gone_contact = GoneContactPolicy::kNever;
  site.portal.contacts.erase(site.Contact());
  EXPECT_EQ(site.RunOnce().skipped, 1);
  site.Move(5000);
  EXPECT_EQ(site.RunAsTold().added, 3);
  site.ExpectOneEach();
}

TEST(AnotherPortal, AnIdThatTheLedgerNeverKnewStaysUpToThePolicy) {
  MovedSite site;
  site.policies.gone_contact = GoneContactPolicy::kNever;
  site.Move(5000);
  site.base.Add(4, "Novikova").contact = ContactId(site.base.clients[0].contact);
  EXPECT_EQ(site.RunAsTold().skipped, 1);
}

TEST(AnotherPortal, WhoeverHasTheOldNumberThereIsLeftAlone) {
  MovedSite site;
  const int64_t number = site.base.clients[0].contact.value();
  site.Move(5000);
  testing::FakeContact namesake;
  namesake.fields["LAST_NAME"] = "Orlova";
  namesake.multifields["PHONE"] = {{1, "+79998887766", "WORK"}};
  site.portal.contacts[number] = namesake;
  EXPECT_EQ(site.RunAsTold().added, 3);
  EXPECT_TRUE(site.portal.contacts.at(number).stamp.origin.empty());
  EXPECT_NE(site.Record().contact.value(), number);
}

TEST(AnotherPortal, OneThatWasOnlyRenamedKeepsItsContactsThatLostTheirMark) {
  MovedSite site;
  ASSERT_TRUE(site.ledger->ForgetLinks({}).ok());
  const int64_t contact = site.Contact();
  site.portal.contacts.at(contact).stamp = Stamp();
  RunSettings settings = site.WithPolicies();
  settings.cold = true;
  EXPECT_EQ(site.Run(settings).progress.counts.added, 0);
  site.ExpectOneEach();
  EXPECT_EQ(site.Record().contact.value(), contact);
}

TEST(AnotherPortal, AnEqualNumberThereIsTheContactOnceItIsLinked) {
  MovedSite site;
  const int64_t first = site.portal.contacts.begin()->first;
  site.Move(first);  // the same numbers once more
  EXPECT_EQ(site.RunOnce().added, 3);
  // It lost its mark: not a stranger's, though an earlier contact had that number.
  site.portal.contacts.at(site.portal.OfClient(site.base.clients[2].key)[0]).stamp = {};
  EXPECT_EQ(site.RunOnce().added, 0);
  site.ExpectOneEach();
}

// --- robots

TEST(RobotsPolicy, SaysForWhomTheyStart) {
  struct Case {
    RobotsPolicy policy;
    bool first, again, fresh;  // quiet
  };
  for (const Case& one : {Case{RobotsPolicy::kNewGuests, true, true, false},
                          Case{RobotsPolicy::kNever, true, true, true},
                          Case{RobotsPolicy::kAlways, false, false, false}}) {
    SCOPED_TRACE(static_cast<int>(one.policy));
    Site site;
    site.policies.robots = one.policy;
    EXPECT_EQ(site.RunOnce().added, 2);
    EXPECT_EQ(site.portal.contacts.at(site.Contact()).import, one.first);
    site.portal.contacts.erase(site.Contact());
    const ClientKey fresh = site.base.Add(3, "Novikova").key;
    const RunCounts counts = site.RunAsTold();
    EXPECT_EQ(counts.added, 1);
    EXPECT_EQ(counts.recreated, 1);
    EXPECT_EQ(site.portal.contacts.at(site.Contact()).import, one.again);
    EXPECT_EQ(site.portal.contacts.at(site.portal.OfClient(fresh)[0]).import,
              one.fresh);
  }
}

// --- nameless guests

TEST(NamelessPolicy, ExportsWhatElseIsFilledAndNobodyWithNothing) {
  Site site;
  site.MapAlso("Remarks", "COMMENTS");
  const ClientKey noted = site.base.Add(3, "").key;
  site.base.clients.back().attributes["Remarks"] = "Group of ten";
  const ClientKey blank = site.base.Add(4, "").key;
  EXPECT_EQ(site.RunAsTold().skipped, 2);
  site.policies.export_nameless = true;
  const RunCounts counts = site.RunAsTold();
  EXPECT_EQ(counts.added, 1);
  EXPECT_EQ(counts.skipped, 1);
  EXPECT_EQ(site.portal.OfClient(noted).size(), 1u);
  EXPECT_TRUE(site.portal.OfClient(blank).empty());
  // And it is changed like any other.
  site.base.clients[2].attributes["Remarks"] = "Group of twelve";
  EXPECT_EQ(site.RunAsTold().updated, 1);
}

}  // namespace
}  // namespace guestbridge::agent
