// What a hotel may choose to become of guests that are marked for deletion in 1C.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <variant>
#include <vector>

#include "sync-agent/export/policies_site_test.h"

namespace guestbridge::agent {
namespace {

using ::testing::ElementsAre;
using testing::Fault;

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

TEST(DeletionMarkPolicy, WhatThePortalPutOffIsLookedAtAgainBeforeItGoes) {
  MarkedSite site;
  const int64_t id = site.Contact();
  site.portal.refused_method = "crm.contact.delete";
  site.portal.fault = [&](const PortalRequest& request) {
    if (std::holds_alternative<DeleteContact>(request.commands.front())) {
      site.portal.contacts.at(id).stamp.origin = "99999999-0000-4000-8000-000000000000";
    }
    return Fault::kNone;
  };
  site.RunAsTold();
  EXPECT_EQ(site.portal.refused_method, "");
  EXPECT_EQ(site.portal.contacts.count(id), 1u);
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

// The mark is mapped like any attribute.
struct KeptSite : Site {
  KeptSite() {
    policies.deletion_mark = DeletionMarkPolicy::kMark;
    Map({{"LastName", "LAST_NAME", {}},
         {"Phone", "PHONE", {}},
         {"DeletionMark", "UF_CRM_MARK", {}}});
    Mark(0, false);
    Mark(1, false);
    RunOnce();
  }
  void Mark(size_t i, bool marked) {
    base.clients[i].marked_for_deletion = marked;
    base.clients[i].attributes["DeletionMark"] = marked ? "true" : "false";
  }
  std::string MarkOnPortal() {
    return portal.contacts.at(Contact()).fields["UF_CRM_MARK"];
  }
};

TEST(DeletionMarkPolicy, AMarkThatIsAValueReachesTheContactAndIsTakenOffAgain) {
  KeptSite site;
  const int64_t contact = site.Contact();
  EXPECT_EQ(site.MarkOnPortal(), "false");
  site.Mark(0, true);
  const RunCounts counts = site.RunAsTold();
  EXPECT_EQ(counts.updated, 1);
  EXPECT_EQ(counts.skipped, 0);
  EXPECT_EQ(site.MarkOnPortal(), "true");
  site.base.clients[0].attributes["LastName"] = "Novikova";
  EXPECT_EQ(site.RunAsTold().updated, 1);
  EXPECT_EQ(site.portal.contacts.at(contact).fields["LAST_NAME"], "Novikova");
  EXPECT_EQ(site.RunAsTold().unchanged, 2);
  EXPECT_EQ(site.Record().reason, "");
  site.Mark(0, false);
  EXPECT_EQ(site.RunAsTold().updated, 1);
  EXPECT_EQ(site.MarkOnPortal(), "false");
  EXPECT_EQ(site.Contacts(), std::vector<int64_t>{contact});
}

TEST(DeletionMarkPolicy, AMarkThatIsAValueMakesNoContact) {
  KeptSite site;
  site.base.Add(3, "Novikova");
  site.Mark(2, true);
  site.base.Add(4, "Belova");
  site.base.clients[3].contact = ContactId(77);  // of another portal, say
  site.Mark(3, true);
  EXPECT_EQ(site.RunAsTold().skipped, 2);
  EXPECT_EQ(site.portal.contacts.size(), 2u);
  EXPECT_EQ((*site.ledger->Get(site.base.clients[2].key))->reason,
            "MARKED_FOR_DELETION");
  site.Mark(2, false);
  site.Mark(3, false);
  const RunCounts counts = site.RunAsTold();
  EXPECT_EQ(counts.added + counts.recreated, 2);
}

TEST(DeletionMarkPolicy, AContactThatIsGoneIsMadeAgainOnlyWithTheMarkOff) {
  for (const bool changed : {false, true}) {
    KeptSite site;
    site.Mark(0, true);
    if (!changed) site.RunOnce();
    // With a change the update finds it gone, else the comparison of all does.
    site.portal.contacts.erase(site.Contact());
    EXPECT_EQ(site.RunOnce().skipped, 1);
    EXPECT_EQ(site.RunAsTold().skipped, 1);
    EXPECT_TRUE(site.Contacts().empty());
    EXPECT_EQ(site.Record().reason, kMarkedContactGone);
    site.Mark(0, false);
    EXPECT_EQ(site.RunAsTold().recreated, 1);
    EXPECT_EQ(site.Contacts().size(), 1u);
  }
}

TEST(DeletionMarkPolicy, AContactThatBecameAnothersIsNotReplacedWhileTheMarkStands) {
  KeptSite site;
  const int64_t contact = site.Contact();
  site.Mark(0, true);
  site.RunOnce();
  testing::FakeContact& held = site.portal.contacts.at(contact);
  held.stamp.origin = site.base.clients[1].key.guid();
  held.fields["LAST_NAME"] = "Stranger";
  held.multifields.clear();
  EXPECT_EQ(site.RunOnce().skipped, 1);
  EXPECT_EQ(site.portal.contacts.size(), 2u);
  EXPECT_EQ(site.Record().reason, kMarkedContactNotOurs);
  EXPECT_EQ(site.RunOnce().skipped, 1);
  EXPECT_EQ(site.portal.contacts.size(), 2u);
  site.Mark(0, false);
  EXPECT_EQ(site.RunOnce().added, 1);
  EXPECT_EQ(site.Contacts().size(), 1u);
}

TEST(DeletionMarkPolicy, UnderTheOthersAMappedMarkChangesNothingAboutWhoIsExported) {
  for (const auto policy : {DeletionMarkPolicy::kIgnore, DeletionMarkPolicy::kDelete}) {
    KeptSite site;
    site.policies.deletion_mark = policy;
    site.Mark(0, true);
    site.base.Add(3, "Novikova");
    site.Mark(2, true);
    EXPECT_EQ(site.RunAsTold().skipped, 2);
    EXPECT_EQ(site.Contacts().size(), policy == DeletionMarkPolicy::kIgnore ? 1u : 0u);
    if (policy == DeletionMarkPolicy::kIgnore) {
      EXPECT_EQ(site.MarkOnPortal(), "false");
    }
  }
}

TEST(DeletionMarkPolicy, AnAdditionInDoubtOfAMarkedGuestIsFollowedByItsMark) {
  Site site;
  site.policies.deletion_mark = DeletionMarkPolicy::kMark;
  site.Map({{"LastName", "LAST_NAME", {}}, {"DeletionMark", "UF_CRM_MARK", {}}});
  site.RunOnce();
  site.base.Add(3, "Belova");
  int writes = 0;
  site.portal.fault = [&](const PortalRequest& request) {
    const bool adds = std::any_of(request.commands.begin(), request.commands.end(),
                                  [](const Command& command) {
                                    return std::holds_alternative<AddContact>(command);
                                  });
    return adds && ++writes == 1 ? Fault::kLostAfter : Fault::kNone;
  };
  site.Run(site.WithPolicies());
  ASSERT_EQ(*site.ledger->CountAttempts(), 1);
  ClientRow& row = site.base.clients[2];
  row.marked_for_deletion = true;
  row.attributes["DeletionMark"] = "true";
  site.now += absl::Seconds(300);
  site.RunOnce();
  site.RunOnce();
  const std::vector<int64_t> ids = site.portal.OfClient(row.key);
  ASSERT_EQ(ids.size(), 1u);
  EXPECT_EQ(site.portal.contacts.at(ids[0]).fields["UF_CRM_MARK"], "true");
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
    const ContactId contact(site.Contact());
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
    EXPECT_EQ(result.progress.counts.deleted, 1);  // however often it was tried
    site.ExpectDeleted();
    // The history tells of each command that may have been carried out.
    std::vector<std::string> told;
    const std::vector<HistoryEntry> entries =
        site.ledger->History(site.Guest(), 0, 10)->entries;
    for (const HistoryEntry& entry : entries) {
      if (entry.kind != HistoryKind::kDeleted) continue;
      told.push_back(entry.reason);
      EXPECT_EQ(entry.contact, contact);
    }
    if (fault == Fault::kLostAfter) {
      EXPECT_THAT(told, ElementsAre("DELETION_UNCERTAIN"));
    } else if (fault == Fault::kTooFast) {
      EXPECT_THAT(told, ElementsAre(""));
    } else {
      EXPECT_THAT(told, ElementsAre("", "DELETION_UNCERTAIN"));
    }
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

}  // namespace
}  // namespace guestbridge::agent
