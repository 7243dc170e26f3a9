// What a hotel may choose: gone contacts, deletion marks, robots, nameless guests.
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "sync-agent/export/export_machine.h"
#include "sync-agent/export/fake_world_test.h"

namespace guestbridge::agent {
namespace {

using testing::Fault;
using testing::World;

constexpr char kPhone[] = "+79161234567";

// One exported guest with a phone, and one more whose contact bears witness.
struct Site : World {
  Site() {
    base.Add(1, "Orlova", kPhone);
    base.Add(2, "Petrova");
  }

  RunSettings WithPolicies(bool dry_run = false) {
    RunSettings settings = Settings();
    settings.dry_run = dry_run;
    return settings;
  }
  RunCounts RunOnce() {
    const Result result = Run(WithPolicies());
    EXPECT_EQ(result.end, RunEnd::kSucceeded) << result.error;
    return result.progress.counts;
  }
  // A run, and that a dry run right before it tells its counts.
  RunCounts RunAsTold() {
    const Result told = Run(WithPolicies(/*dry_run=*/true));
    const RunCounts done = RunOnce();
    EXPECT_EQ(told.progress.counts.added, done.added);
    EXPECT_EQ(told.progress.counts.updated, done.updated);
    EXPECT_EQ(told.progress.counts.recreated, done.recreated);
    EXPECT_EQ(told.progress.counts.skipped, done.skipped);
    EXPECT_EQ(told.progress.counts.deferred, done.deferred);
    EXPECT_EQ(told.progress.counts.unchanged, done.unchanged);
    return done;
  }
  const ClientKey& Guest() const { return base.clients[0].key; }
  ClientRecord Record() { return **ledger->Get(Guest()); }
  std::vector<int64_t> Contacts() const { return portal.OfClient(Guest()); }
  int64_t Contact() const { return portal.OfClient(Guest()).at(0); }
  // Somebody merges the guest's contact into another one, which keeps its own origin.
  void MergeAway(int64_t into) {
    testing::FakeContact survivor = portal.contacts.at(Contact());
    portal.contacts.erase(Contact());
    survivor.stamp = Stamp();
    portal.contacts[into] = survivor;
  }
};

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

// --- deletion marks

struct MarkedSite : Site {
  MarkedSite() {
    policies.deletion_mark = DeletionMarkPolicy::kDelete;
    RunOnce();
    Mark(true);
  }
  void Mark(bool marked) { base.clients[0].marked_for_deletion = marked; }
  void ExpectDeleted() {
    EXPECT_TRUE(Contacts().empty());
    EXPECT_EQ(portal.contacts.size(), base.clients.size() - 1);
    EXPECT_EQ(Record().link, LinkState::kLost);
    EXPECT_EQ(Record().reason, kMarkedContactGone);
    EXPECT_EQ(Record().problem, Outcome::kSkipped);
    EXPECT_FALSE(Record().dirty);
    EXPECT_EQ(*ledger->CountAttempts(), 0);
  }
};

TEST(DeletionMarkPolicy, ByDefaultTheContactStaysAsItIs) {
  MarkedSite site;
  site.policies = Policies();
  site.base.clients[0].attributes["LastName"] = "Novikova";
  EXPECT_EQ(site.RunAsTold().skipped, 1);
  EXPECT_EQ(site.portal.contacts.at(site.Contact()).fields["LAST_NAME"], "Orlova");
}

TEST(DeletionMarkPolicy, DeleteTakesTheContactAwayAndGivesItBackWithTheMarkOff) {
  MarkedSite site;
  const RunCounts counts = site.RunAsTold();
  EXPECT_EQ(counts.skipped, 1);
  EXPECT_EQ(counts.unchanged, 1);
  site.ExpectDeleted();
  const int requests = site.portal.requests;
  EXPECT_EQ(site.RunAsTold().skipped, 1);
  site.ExpectDeleted();
  EXPECT_LT(site.portal.requests - requests, 10);
  const auto told = site.ledger->History(site.Guest(), 0, 1);
  EXPECT_EQ(told->entries[0].kind, HistoryKind::kDeleted);

  site.Mark(false);
  EXPECT_EQ(site.RunAsTold().recreated, 1);
  EXPECT_EQ(site.Contacts().size(), 1u);
  EXPECT_TRUE(site.portal.contacts.at(site.Contact()).import);  // quietly
  EXPECT_EQ(site.Record().reason, "");
  EXPECT_EQ(site.RunAsTold().unchanged, 2);
}

TEST(DeletionMarkPolicy, WhatComesBackIsUpToTheOtherPolicy) {
  MarkedSite site;
  site.policies.gone_contact = GoneContactPolicy::kNever;
  site.RunOnce();
  site.Mark(false);
  EXPECT_EQ(site.RunAsTold().skipped, 1);
  EXPECT_TRUE(site.Contacts().empty());
}

TEST(DeletionMarkPolicy, ADryRunTellsAndDeletesNothing) {
  MarkedSite site;
  const auto plan = site.Run(site.WithPolicies(/*dry_run=*/true)).progress.plan;
  EXPECT_EQ(site.Contacts().size(), 1u);
  ASSERT_TRUE(plan.has_value());
  EXPECT_EQ(plan->written, 1);
  ASSERT_EQ(plan->reasons.size(), 1u);
  EXPECT_EQ(plan->reasons[0].reason, "MARKED_CONTACT_TO_DELETE");
  site.Mark(false);
  EXPECT_NE(site.Run(site.WithPolicies(/*dry_run=*/true)).progress.plan->digest,
            plan->digest);
}

TEST(DeletionMarkPolicy, OnlyAContactWithTheClientsMarkIsDeleted) {
  for (const char* origin : {"", "00000000-0000-4000-8000-000000000002"}) {
    MarkedSite site;
    const int64_t id = site.Contact();
    site.portal.contacts.at(id).stamp.origin = origin;
    EXPECT_EQ(site.RunAsTold().skipped, 1);
    EXPECT_EQ(site.portal.contacts.count(id), 1u);
    EXPECT_EQ(site.Record().reason, "MARKED_CONTACT_NOT_OURS");
  }
}

TEST(DeletionMarkPolicy, AMarkedGuestThatWasNeverExportedIsSkipped) {
  MarkedSite site;
  site.base.Add(3, "Novikova").marked_for_deletion = true;
  site.base.Add(4, "Novikova").marked_for_deletion = true;
  site.base.clients.back().contact = ContactId(site.Contact());
  EXPECT_EQ(site.RunAsTold().skipped, 3);
  EXPECT_EQ((*site.ledger->Get(site.base.clients[2].key))->reason,
            "MARKED_FOR_DELETION");
  EXPECT_EQ(site.portal.contacts.size(), 1u);
}

TEST(DeletionMarkPolicy, AContactThatIsGoneAlreadyNeedsNoDeletion) {
  MarkedSite site;
  site.portal.contacts.erase(site.Contact());
  EXPECT_EQ(site.RunAsTold().skipped, 1);
  site.ExpectDeleted();
}

TEST(DeletionMarkPolicy, TwinsWithTheMarkGoOneByOneOrAreFollowed) {
  MarkedSite site;
  const testing::FakeContact twin = site.portal.contacts.at(site.Contact());
  site.RunOnce();
  site.portal.contacts[7000] = twin;  // restored while the mark stands: left alone
  site.RunOnce();
  EXPECT_EQ(site.Contacts(), std::vector<int64_t>{7000});
  site.Mark(false);
  EXPECT_EQ(site.RunOnce().recreated, 0);
  EXPECT_EQ(site.Record().contact, ContactId(7000));
}

TEST(DeletionMarkPolicy, TheEventThatIsOffStopsIt) {
  MarkedSite site;
  RunSettings settings = site.WithPolicies();
  settings.events.client_marked_for_deletion = false;
  EXPECT_EQ(site.Run(settings).progress.counts.skipped, 1);
  EXPECT_EQ(site.Contacts().size(), 1u);
  EXPECT_EQ(site.RunOnce().skipped, 1);
  site.ExpectDeleted();
}

bool Deletes(const PortalRequest& request) {
  return std::any_of(request.commands.begin(), request.commands.end(),
                     [](const Command& command) {
                       return std::holds_alternative<DeleteContact>(command);
                     });
}

TEST(DeletionMarkPolicy, ALostAnswerIsADoubtThatALookSettles) {
  for (const Fault fault :
       {Fault::kLostBefore, Fault::kLostAfter, Fault::kErrorCore, Fault::kTooFast}) {
    SCOPED_TRACE(static_cast<int>(fault));
    MarkedSite site;
    int left = 1;
    site.portal.fault = [&](const PortalRequest& request) {
      return Deletes(request) && left-- > 0 ? fault : Fault::kNone;
    };
    RunSettings settings = site.WithPolicies();
    settings.settle = true;
    const auto result = site.Run(settings);
    EXPECT_EQ(result.end, RunEnd::kSucceeded) << result.error;
    EXPECT_EQ(result.progress.counts.skipped, 1);
    EXPECT_EQ(result.progress.counts.deferred, 0);
    site.ExpectDeleted();
  }
}

TEST(DeletionMarkPolicy, ADoubtIsWaitedForThoughTheMarkIsTakenOff) {
  MarkedSite site;
  int left = 1;
  site.portal.fault = [&](const PortalRequest& request) {
    return Deletes(request) && left-- > 0 ? Fault::kLostBefore : Fault::kNone;
  };
  const int64_t contact = site.Contact();
  EXPECT_EQ(site.RunOnce().deferred, 1);
  site.Mark(false);
  site.base.clients[0].attributes["LastName"] = "Novikova";
  EXPECT_EQ(site.RunOnce().deferred, 1);  // no write while it may still happen
  EXPECT_EQ(site.portal.contacts.at(contact).fields["LAST_NAME"], "Orlova");
  // It happens late: the look that follows finds the contact gone.
  site.portal.Delete(contact);
  RunSettings settings = site.WithPolicies();
  settings.settle = true;
  const auto result = site.Run(settings);
  EXPECT_EQ(result.progress.counts.recreated, 1);
  EXPECT_EQ(site.Contacts().size(), 1u);
  EXPECT_EQ(site.portal.contacts.at(site.Contact()).fields["LAST_NAME"], "Novikova");
}

TEST(DeletionMarkPolicy, APortalThatWillNotDeleteIsSaidAndNotAskedForEver) {
  MarkedSite site;
  int deletions = 0;
  site.portal.fault = [&](const PortalRequest& request) {
    if (!Deletes(request)) return Fault::kNone;
    ++deletions;
    return Fault::kErrorCore;
  };
  RunSettings settings = site.WithPolicies();
  settings.settle = true;
  const auto result = site.Run(settings);
  EXPECT_EQ(result.progress.counts.failed, 1);
  ASSERT_EQ(result.progress.failures.size(), 1u);
  EXPECT_EQ(result.progress.failures[0].reason, kMarkedContactNotDeleted);
  EXPECT_EQ(deletions, 2);
  EXPECT_EQ(site.RunOnce().failed, 1);
  EXPECT_EQ(deletions, 2);
  // With the mark off it is a guest like any other.
  site.Mark(false);
  EXPECT_EQ(site.RunOnce().unchanged, 2);
  EXPECT_EQ(site.Record().problem, Outcome::kNone);
  // And a retry tries.
  site.Mark(true);
  site.portal.fault = [](const PortalRequest&) { return Fault::kNone; };
  EXPECT_EQ(site.RunOnce().skipped, 1);
  site.ExpectDeleted();
}

TEST(DeletionMarkPolicy, AnAdditionInDoubtIsDeletedOnceItIsFound) {
  Site site;
  site.policies.deletion_mark = DeletionMarkPolicy::kDelete;
  site.base.clients.erase(site.base.clients.begin());  // Petrova bears witness
  site.RunOnce();
  site.base.Add(3, "Novikova");
  site.portal.fault = [](const PortalRequest&) { return Fault::kLostAfter; };
  EXPECT_EQ(site.RunOnce().deferred, 1);
  site.portal.fault = [](const PortalRequest&) { return Fault::kNone; };
  site.base.clients.back().marked_for_deletion = true;
  EXPECT_EQ(site.RunOnce().deferred, 1);
  RunSettings settings = site.WithPolicies();
  settings.settle = true;
  site.Run(settings);
  EXPECT_TRUE(site.portal.OfClient(site.base.clients.back().key).empty());
  EXPECT_EQ((*site.ledger->Get(site.base.clients.back().key))->reason,
            kMarkedContactGone);
}

TEST(DeletionMarkPolicy, ADeathAfterAnyRequestEndsWell) {
  for (int after = 0; after < 12; ++after) {
    SCOPED_TRACE(after);
    MarkedSite site;
    const bool crashed = site.Run(site.WithPolicies(), after).crashed;
    RunSettings settings = site.WithPolicies();
    settings.settle = true;
    const auto result = site.Run(settings);
    EXPECT_EQ(result.end, RunEnd::kSucceeded) << result.error;
    site.ExpectDeleted();
    if (!crashed) return;
  }
  FAIL() << "a run of more requests than it should need";
}

TEST(DeletionMarkPolicy, AnIdThatWaitsFor1CIsNotWrittenAnyMore) {
  MarkedSite site;
  const int before = site.ledger->CountWriteBacks()->pending;
  site.RunOnce();
  EXPECT_EQ(site.ledger->CountWriteBacks()->pending, before - 1);
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
