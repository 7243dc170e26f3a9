#include "sync-agent/client_links.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "common/status/error.h"
#include "common/time/clock.h"
#include "sync-agent/client_tasks_fixture_test.h"
#include "sync-agent/ledger_portal.h"

namespace guestbridge::agent {
namespace {

using ::testing::ElementsAre;
using testing::Fault;
using ::testing::IsEmpty;

class ClientLinksTest : public ClientTasksTest {
 protected:
  // Empty: it was done; else the reason.
  std::string Link(const std::string& client, int64_t contact) {
    v1::LinkClientRequest request;
    request.set_name(absl::StrCat("integrations/main/clients/", client));
    request.set_contact(contact);
    const auto told = LinkClient(request, Parts());
    if (told.ok()) told_ = *told;
    return ReasonOf(told.status());
  }
  std::string Unlink(const std::string& client, bool make_new = false) {
    v1::UnlinkClientRequest request;
    request.set_name(absl::StrCat("integrations/main/clients/", client));
    request.set_make_new(make_new);
    const auto told = UnlinkClient(request, Parts());
    if (told.ok()) told_ = *told;
    return ReasonOf(told.status());
  }
  std::string Link(size_t i, int64_t contact) { return Link(Key(i).guid(), contact); }
  std::string Unlink(size_t i, bool make_new = false) {
    return Unlink(Key(i).guid(), make_new);
  }

  v1::Client told_;  // by the last decision
};

TEST_F(ClientLinksTest, AnAmbiguousPairIsDecidedByALink) {
  Contact(50, "Orlova");
  Contact(51, "Orlova");
  world.base.Add(1, "Orlova", "+79161234567");
  EXPECT_EQ(Match().ambiguous, 1);
  EXPECT_EQ(Export().deferred, 1);
  EXPECT_EQ(Link(0, 51), "");
  EXPECT_EQ(told_.contact(), 51);
  EXPECT_EQ(told_.found_by(), kLinkedByHand);
  EXPECT_EQ(told_.state(), v1::Client::QUEUED);
  EXPECT_EQ(Link(0, 51), "");
  EXPECT_EQ(Link(0, 50), "CLIENT_ALREADY_LINKED");
  Export();
  EXPECT_THAT(Marked(0), ElementsAre(51));
  EXPECT_EQ(world.ledger->PendingWriteBacks(10)->at(0).contact, ContactId(51));
  RunEverything();
  EXPECT_THAT(Marked(0), ElementsAre(51));
  EXPECT_EQ(world.portal.contacts.size(), 2u);
}

TEST_F(ClientLinksTest, APersonMayLinkWhatLooksUnlike) {
  Contact(50, "Petrov", "+79263334455");
  world.base.Add(1, "Orlova", "+79161234567");
  EXPECT_EQ(Link("1", 50), "");  // by its code
  RunEverything();
  EXPECT_THAT(Marked(0), ElementsAre(50));
  EXPECT_EQ(world.portal.contacts.at(50).fields.at("LAST_NAME"), "Orlova");
  EXPECT_EQ(world.portal.contacts.size(), 1u);
}

TEST_F(ClientLinksTest, APersonMayKeepTheContactThatTheClientHasAndThatLooksUnlike) {
  const int64_t contact = Exported("Orlova");
  FakeContact& changed = Contact(contact, "Petrov", "+79263334455");
  changed.stamp = {};
  EXPECT_EQ(Link(0, contact), "");
  EXPECT_EQ(told_.contact(), contact);
  EXPECT_EQ(told_.found_by(), kLinkedByHand);
  EXPECT_EQ(Export().added, 0);
  RunEverything();
  EXPECT_THAT(Marked(0), ElementsAre(contact));
  EXPECT_EQ(world.portal.contacts.at(contact).fields.at("LAST_NAME"), "Orlova");
  EXPECT_EQ(world.portal.contacts.size(), 1u);
}

TEST_F(ClientLinksTest, TheContactThatTheClientHasIsNotItsWhereAnotherMarkStandsOnIt) {
  const int64_t contact = Exported("Orlova");
  world.portal.contacts.at(contact).stamp = {"guestbridge:other", "x", ""};
  EXPECT_EQ(Link(0, contact), "CONTACT_OF_ANOTHER_CLIENT");
  world.portal.Delete(contact);
  EXPECT_EQ(Link(0, contact), "CONTACT_ID_UNKNOWN");
  EXPECT_EQ(Record(0).link, LinkState::kLive);
}

TEST_F(ClientLinksTest, AContactThatIsNotTheClientsToTakeIsRefused) {
  const int64_t contact = Exported("Ivanov");
  Contact(50, "Orlova").stamp = {"guestbridge:other", "x", ""};
  Contact(51, "Orlova").stamp = {"guestbridge:base", "x", ""};
  world.base.Add(2, "Orlova");
  world.base.Add(3, "Folder").is_folder = true;
  const Stamp of_another_base = {"guestbridge:other", Key(1).guid(), ""};
  Contact(52, "Orlova").stamp = of_another_base;
  EXPECT_EQ(Link(1, contact), "CONTACT_LINKED_ELSEWHERE");
  EXPECT_EQ(Link(1, 50), "CONTACT_OF_ANOTHER_CLIENT");
  EXPECT_EQ(Link(1, 51), "CONTACT_OF_ANOTHER_CLIENT");
  EXPECT_EQ(Link(1, 52), "CONTACT_OF_ANOTHER_CLIENT");
  EXPECT_EQ(Link(1, 999), "CONTACT_ID_UNKNOWN");
  EXPECT_EQ(Link(2, 51), "CLIENT_NOT_FOUND");
  EXPECT_EQ(Link("nobody", 51), "CLIENT_NOT_FOUND");
  EXPECT_FALSE(world.ledger->Get(Key(1))->has_value());
  EXPECT_EQ(world.portal.contacts.at(52).stamp, of_another_base);
}

TEST_F(ClientLinksTest, AContactThatAnUnlinkedClientStillMarksIsItsUntilItIsDecided) {
  const int64_t contact = Exported("Ivanov");
  world.base.Add(2, "Orlova");
  EXPECT_EQ(Unlink(0), "");
  EXPECT_EQ(Link(1, contact), "CONTACT_OF_ANOTHER_CLIENT");
  EXPECT_EQ(Unlink(0, /*make_new=*/true), "");
  EXPECT_EQ(Link(1, contact), "");
  RunEverything();
  EXPECT_THAT(Marked(1), ElementsAre(contact));
  EXPECT_EQ(Marked(0).size(), 1u);
  EXPECT_EQ(world.portal.contacts.size(), 2u);
}

TEST_F(ClientLinksTest, ALinkAtAnotherPortalIsKeptAndTheOldOnesAreForgotten) {
  sides_.settings.portal.host = "old.example";
  Contact(50, "Orlova");
  world.base.Add(1, "Orlova");
  EXPECT_EQ(Link(0, 50), "");
  EXPECT_EQ(*world.ledger->Note(kPortalNote), "old.example:443");
  world.base.Add(2, "Ivanov");
  sides_.settings.portal.host = "new.example";
  // Here the number is another guest's.
  Contact(50, "Ivanov");
  EXPECT_EQ(Link(1, 50), "");
  EXPECT_EQ(*world.ledger->Note(kPortalNote), "new.example:443");
  EXPECT_EQ(Record(0).link, LinkState::kNew);
  EXPECT_FALSE(*IsOfAnotherPortal(sides_.settings.portal, *world.ledger));
  RunEverything();
  EXPECT_THAT(Marked(1), ElementsAre(50));
  EXPECT_EQ(world.portal.contacts.size(), 2u);
}

TEST_F(ClientLinksTest, WhoWasLinkedOnlyOnAnEarlierPortalIsNotTakenApartHere) {
  sides_.settings.portal.host = "old.example";
  Contact(50, "Orlova");
  world.base.Add(1, "Orlova");
  EXPECT_EQ(Link(0, 50), "");
  sides_.settings.portal.host = "new.example";
  EXPECT_EQ(Unlink(0), "CLIENT_NOT_LINKED");
  EXPECT_EQ(Record(0).link, LinkState::kNew);
}

TEST_F(ClientLinksTest, AnErasedClientStaysErased) {
  Exported("Orlova");
  Contact(50, "Orlova");
  ClientRecord record = Record(0);
  record.link = LinkState::kErased;
  ASSERT_TRUE(world.ledger->Put({record}).ok());
  EXPECT_EQ(Link(0, 50), "CLIENT_NOT_FOUND");
  EXPECT_EQ(Unlink(0), "CLIENT_NOT_LINKED");
  EXPECT_EQ(Unlink(0, /*make_new=*/true), "CLIENT_NOT_LINKED");
  EXPECT_TRUE(world.ledger->Unlink(Key(0)).ok());
  EXPECT_EQ(Record(0).link, LinkState::kErased);
}

TEST_F(ClientLinksTest, WhatIsInDoubtIsNotDecided) {
  const int64_t contact = Exported("Orlova");
  Contact(50, "Petrov");
  world.base.Add(2, "Petrov");
  Intend(0);
  Intend(1);
  EXPECT_EQ(Unlink(0), "ATTEMPT_OUTSTANDING");
  EXPECT_EQ(Link(1, 50), "ATTEMPT_OUTSTANDING");
  EXPECT_EQ(Record(0).contact, ContactId(contact));
  EXPECT_EQ(Record(1).link, LinkState::kNew);
}

TEST_F(ClientLinksTest, NothingIsDecidedWhileARunIsUnderWay) {
  const int64_t contact = Exported("Orlova");
  world.base.Add(2, "Petrov");
  Contact(50, "Petrov");
  run_under_way_ = true;
  const int requests = world.portal.requests;
  EXPECT_EQ(Link(1, 50), "RUN_IN_PROGRESS");
  EXPECT_EQ(Unlink(0), "RUN_IN_PROGRESS");
  EXPECT_EQ(Unlink(0, /*make_new=*/true), "RUN_IN_PROGRESS");
  EXPECT_EQ(world.portal.requests, requests);
  EXPECT_EQ(Record(0).contact, ContactId(contact));
}

TEST_F(ClientLinksTest, AnUnlinkIsAskedOfNobodyAndTheClientWaits) {
  const int64_t contact = Exported("Orlova");
  const int requests = world.portal.requests;
  EXPECT_EQ(Unlink(0), "");
  EXPECT_EQ(Unlink(0), "");
  EXPECT_EQ(world.portal.requests, requests);
  EXPECT_EQ(told_.state(), v1::Client::AMBIGUOUS);
  EXPECT_EQ(told_.reason(), kClientUnlinked);
  EXPECT_EQ(told_.contact(), 0);
  EXPECT_EQ(world.ledger->CountWriteBacks()->pending, 0);
  EXPECT_EQ(Export().deferred, 1);
  RunEverything();
  EXPECT_THAT(Marked(0), ElementsAre(contact));
  EXPECT_EQ(world.portal.contacts.size(), 1u);
  EXPECT_TRUE(IsUnlinked(0));
}

TEST_F(ClientLinksTest, WhateverElseKeepsAnUndecidedClientAwayItStaysUndecided) {
  Exported("Orlova");
  Contact(50, "Orlova");
  Contact(60, "Petrov", "+79263334455");
  Contact(61, "Petrov", "+79263334455");
  world.base.Add(2, "Petrov", "+79263334455");
  EXPECT_EQ(Match().ambiguous, 1);
  EXPECT_EQ(Unlink(0), "");
  for (ClientRow& row : world.base.clients) row.marked_for_deletion = true;
  EXPECT_EQ(Export().skipped, 2);
  ASSERT_TRUE(world.ledger->Requeue({Key(0), Key(1)}).ok());
  Export();
  for (ClientRow& row : world.base.clients) row.marked_for_deletion = false;
  EXPECT_EQ(Export().deferred, 2);
  EXPECT_EQ(Record(0).reason, kClientUnlinked);
  EXPECT_EQ(Record(1).reason, "AMBIGUOUS_MATCH");
  RunEverything();
  EXPECT_TRUE(IsUnlinked(0));
  EXPECT_EQ(Record(1).link, LinkState::kReview);
  EXPECT_EQ(world.portal.contacts.size(), 4u);
}

TEST_F(ClientLinksTest, AWriteBackThatWasInFlightDoesNotBringThePairBack) {
  world.base.Add(1, "Orlova", "+79161234567");
  Export();
  const WriteBackItem flying = world.ledger->PendingWriteBacks(1)->at(0);
  EXPECT_EQ(Unlink(0), "");
  ASSERT_TRUE(world.ledger->FinishWriteBack(flying, absl::OkStatus(), false).ok());
  EXPECT_EQ(world.ledger->CountWriteBacks()->pending, 0);
  EXPECT_EQ(Record(0).contact, ContactId());
  Contact(50, "Orlova");
  EXPECT_EQ(Link(0, 50), "");
  // Once more: 1C now holds the old contact's ID.
  ASSERT_TRUE(world.ledger->FinishWriteBack(flying, absl::OkStatus(), false).ok());
  EXPECT_EQ(world.ledger->PendingWriteBacks(1)->at(0).contact, ContactId(50));
}

TEST_F(ClientLinksTest, LinkedElsewhereTheOldContactLosesTheMark) {
  const int64_t old = Exported("Orlova");
  Contact(50, "Orlova");
  EXPECT_EQ(Unlink(0), "");
  EXPECT_EQ(Link(0, 50), "");
  EXPECT_THAT(Marked(0), IsEmpty());
  RunEverything();
  EXPECT_THAT(Marked(0), ElementsAre(50));
  EXPECT_TRUE(world.portal.contacts.at(old).stamp.originator.empty());
  EXPECT_EQ(world.portal.contacts.size(), 2u);
  // A lost ledger comes back with the same pair.
  world.ledger = *Ledger::Open(":memory:", world.random);
  auto rebuild = world.Settings();
  rebuild.kind = RunKind::kRebuild;
  world.Run(rebuild);
  EXPECT_EQ(Record(0).contact, ContactId(50));
}

TEST_F(ClientLinksTest, LinkedBackTheOldContactIsBroughtUpToDateWithoutDoubles) {
  const int64_t old = Exported("Orlova");
  EXPECT_EQ(Unlink(0), "");
  world.base.clients[0].attributes["Phone"] = "+79169999999";
  EXPECT_EQ(Link(0, old), "");
  RunEverything();
  EXPECT_THAT(Marked(0), ElementsAre(old));
  const auto& phones = world.portal.contacts.at(old).multifields.at("PHONE");
  ASSERT_EQ(phones.size(), 1u);
  EXPECT_EQ(phones[0].value, "+79169999999");
}

TEST_F(ClientLinksTest, OfTwoContactsWithTheMarkTheOtherLosesIt) {
  const int64_t first = Exported("Orlova");
  world.portal.contacts[50] = world.portal.contacts.at(first);  // copied by a manager
  world.ledger = *Ledger::Open(":memory:", world.random);
  EXPECT_EQ(Link(0, 50), "");
  EXPECT_THAT(Marked(0), ElementsAre(50));
  RunEverything();
  EXPECT_THAT(Marked(0), ElementsAre(50));
}

// kill -9 between the portal and the ledger is an answer that nobody reads.
TEST_F(ClientLinksTest, WithoutTheAnswerAboutTheMarkTheClientWaits) {
  for (const Fault fault : {Fault::kLostBefore, Fault::kLostAfter}) {
    for (const bool known : {true, false}) {
      for (const bool make_new : {true, false}) {
        SCOPED_TRACE(absl::StrCat(static_cast<int>(fault), known, make_new));
        world.portal = FakePortal();
        world.base = FakeBase();
        world.ledger = *Ledger::Open(":memory:", world.random);
        Exported("Orlova");
        Contact(50, "Orlova");
        if (known) {
          EXPECT_EQ(Unlink(0), "");
        } else if (make_new) {
          continue;  // only a client that waits can be asked for
        } else {
          world.ledger = *Ledger::Open(":memory:", world.random);
          world.base.clients[0].contact = ContactId();
        }
        world.portal.fault = [fault](const PortalRequest&) { return fault; };
        const auto decide = [&] {
          return make_new ? Unlink(0, /*make_new=*/true) : Link(0, 50);
        };
        EXPECT_EQ(decide(), "CONNECTION_LOST");
        world.portal.fault = [](const PortalRequest&) { return Fault::kNone; };
        EXPECT_TRUE(IsUnlinked(0));
        RunEverything();
        EXPECT_EQ(world.portal.contacts.size(), 2u);
        EXPECT_EQ(decide(), "");
        RunEverything();
        EXPECT_EQ(Marked(0).size(), 1u);
        EXPECT_EQ(world.portal.contacts.size(), make_new ? 3u : 2u);
      }
    }
  }
}

TEST_F(ClientLinksTest, AMarkThatThePortalKeepsIsSaidAndTheClientWaits) {
  Exported("Orlova");
  Contact(50, "Orlova");
  EXPECT_EQ(Unlink(0), "");
  line_->deaf = true;
  EXPECT_EQ(Link(0, 50), "MARK_NOT_TAKEN_OFF");
  EXPECT_EQ(Unlink(0, /*make_new=*/true), "MARK_NOT_TAKEN_OFF");
  EXPECT_TRUE(IsUnlinked(0));
  line_->deaf = false;
  line_->cut = true;
  EXPECT_EQ(Link(0, 50), "LOOKUP_INCOMPLETE");
  EXPECT_TRUE(IsUnlinked(0));
}

TEST_F(ClientLinksTest, NoneOfThemMakesOneNewContact) {
  const int64_t old = Exported("Orlova");
  EXPECT_EQ(Unlink(0, /*make_new=*/true), "CLIENT_STILL_LINKED");
  EXPECT_EQ(Unlink(0), "");
  EXPECT_EQ(Unlink(0, /*make_new=*/true), "");
  EXPECT_EQ(Unlink(0, /*make_new=*/true), "");
  EXPECT_EQ(told_.state(), v1::Client::QUEUED);
  // 1C still holds the ID of the contact that is not this guest's.
  EXPECT_EQ(Match(/*apply=*/true).applied, 0);
  EXPECT_EQ(Export().added, 1);
  ASSERT_EQ(Marked(0).size(), 1u);
  EXPECT_NE(Marked(0).front(), old);
  EXPECT_EQ(Unlink(0, /*make_new=*/true), "CLIENT_STILL_LINKED");
  RunEverything();
  EXPECT_EQ(Marked(0).size(), 1u);
  EXPECT_EQ(world.portal.contacts.size(), 2u);
}

// … whose contact is gone, where that is asked.
class GoneContactTest : public ClientLinksTest {
 protected:
  GoneContactTest() {
    world.policies.gone_contact = GoneContactPolicy::kAsk;
    old_ = Exported("Orlova");
    world.base.Add(2, "Petrov", "+79263334455");
    Export();
    world.portal.contacts.erase(old_);
    EXPECT_EQ(Export().deferred, 1);
    EXPECT_EQ(Record(0).reason, kContactGoneAsk);
  }
  int64_t old_ = 0;
};

TEST_F(GoneContactTest, WaitsForAPersonWhateverRuns) {
  EXPECT_EQ(Unlink(0), "CLIENT_NOT_LINKED");
  Contact(500, "Orlova");
  EXPECT_EQ(Match(/*apply=*/true).applied, 0);
  EXPECT_EQ(Record(0).parameters.at("contact"), absl::StrCat(old_));
  RunEverything();
  EXPECT_THAT(Marked(0), IsEmpty());
  EXPECT_EQ(Record(0).reason, kContactGoneAsk);
}

TEST_F(GoneContactTest, ANewOneIsMadeWhenAPersonSaysSo) {
  EXPECT_EQ(Unlink(0, /*make_new=*/true), "");
  EXPECT_EQ(told_.state(), v1::Client::QUEUED);
  // 1C holds the ID of the contact that is gone: nobody is asked about it again.
  EXPECT_EQ(Export().recreated, 1);
  EXPECT_EQ(Marked(0).size(), 1u);
  RunEverything();
  EXPECT_EQ(Marked(0).size(), 1u);
}

TEST_F(GoneContactTest, AnotherContactIsLinkedWhenAPersonSaysSo) {
  Contact(500, "Sidorova", "+79990000000");
  EXPECT_EQ(Link(0, 500), "");
  RunEverything();
  EXPECT_THAT(Marked(0), ElementsAre(500));
}

TEST_F(ClientLinksTest, NoneOfTheCandidatesMakesOneNewContact) {
  Contact(50, "Orlova");
  Contact(51, "Orlova");
  Contact(60, "Petrov", "+79263334455");
  world.base.Add(1, "Orlova", "+79161234567");
  world.base.Add(2, "Petrov", "+79263334455");
  world.base.Add(3, "Nobody", "+79267778899");
  Match();
  EXPECT_EQ(Record(1).proposed, ContactId(60));
  EXPECT_EQ(Unlink(2, /*make_new=*/true), "CLIENT_NOT_LINKED");
  EXPECT_EQ(Unlink(0), "CLIENT_NOT_LINKED");
  for (const size_t i : {0, 1}) EXPECT_EQ(Unlink(i, /*make_new=*/true), "");
  EXPECT_EQ(Match(/*apply=*/true).applied, 0);
  EXPECT_EQ(Export().added, 3);
  RunEverything();
  EXPECT_EQ(world.portal.contacts.size(), 6u);
}

}  // namespace
}  // namespace guestbridge::agent
