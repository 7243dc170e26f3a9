#include "sync-agent/export/matcher.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "sync-agent/export/fake_world_test.h"

namespace guestbridge::agent {
namespace {

using ::testing::ElementsAre;
using testing::FakeContact;
using testing::World;

class MatcherTest : public ::testing::Test {
 protected:
  FakeContact& Contact(int64_t id, const std::string& family,
                       const std::string& phone) {
    FakeContact& contact = world.portal.contacts[id];
    contact.fields["LAST_NAME"] = family;
    if (!phone.empty()) contact.multifields["PHONE"] = {{id, phone, "WORK"}};
    return contact;
  }
  MatchCounts Match(bool apply = false) {
    auto settings = world.Settings();
    settings.kind = RunKind::kMatch;
    settings.apply = apply;
    const auto result = world.Run(settings);
    EXPECT_EQ(result.end, RunEnd::kSucceeded) << result.error;
    const RunCounts& c = result.progress.counts;
    EXPECT_EQ(c.scanned, c.unchanged + c.added + c.updated + c.recreated + c.skipped +
                             c.failed + c.deferred);
    EXPECT_EQ(c.scanned, static_cast<int>(world.base.clients.size()));
    return result.progress.match;
  }
  RunCounts Export() { return world.Run(world.Settings()).progress.counts; }
  const ClientKey& Key(size_t i) { return world.base.clients[i].key; }
  ClientRecord Record(size_t i) {
    return world.ledger->Get(Key(i))->value_or(ClientRecord{});
  }
  PairNote Pair(size_t i) { return world.ledger->Pair(Key(i))->value_or(PairNote{}); }
  void Link(size_t i, int64_t contact) {
    ClientRecord record = Record(i);
    record.key = Key(i);
    record.link = LinkState::kLive;
    record.contact = ContactId(contact);
    record.dirty = true;
    record.exported = ContentDigest{};
    record.exported.fields_known = false;
    ASSERT_TRUE(world.ledger->Link(record, ContactId()).ok());
    ASSERT_TRUE(
        world.ledger->SetPair(Key(i), {kLinkedByHand, 3, {ContactId(contact)}, {}})
            .ok());
  }
  // Clients of which the last match said that.
  std::vector<ClientKey> Told(Ledger::MatchResult result) {
    return *world.ledger->MatchResults(result, ClientKey(), 100);
  }
  void Unlink(size_t i) {
    PairNote note;
    note.refused = {Record(i).contact};
    ASSERT_TRUE(world.ledger->Unlink(Key(i)).ok());
    ASSERT_TRUE(world.ledger->SetPair(Key(i), note).ok());
  }

  World world;
};

// 1C does not hold its ID: a copy of the base, or one that was restored.
TEST_F(MatcherTest, AContactWithTheGuestsMarkIsAdoptedByTheNextExport) {
  world.base.Add(1, "Orlova");
  Export();  // The ledger is no longer new: it does not look at the whole portal.
  const ClientKey key = world.base.Add(2, "Ivanov").key;
  Contact(500, "Ivanov", "").stamp = Stamp{"guestbridge:base", key.guid(), ""};
  const MatchCounts found = Match();
  EXPECT_EQ(found.matched, 1);
  EXPECT_EQ(found.proposed, 0);
  EXPECT_TRUE(world.portal.contacts[500].fields.count("LAST_NAME"));
  const RunCounts counts = Export();
  EXPECT_EQ(counts.added, 0);
  EXPECT_EQ(world.portal.OfClient(key), std::vector<int64_t>{500});
  EXPECT_EQ(Record(1).contact, ContactId(500));
  EXPECT_EQ(Pair(1).found_by, "MATCHED_BY_ORIGIN");
}

TEST_F(MatcherTest, ProposesAndAppliesWithAStamp) {
  world.portal.contacts[50] = {{{"LAST_NAME", "Orlova"}},
                               {{"PHONE", {{1, "8 916 123-45-67", "WORK"}}}},
                               {},
                               false};
  world.base.Add(1, "Orlova", "+79161234567");
  world.base.Add(2, "Ivanov", "+79160000000");
  auto match = world.Settings();
  match.kind = RunKind::kMatch;
  const auto proposed = world.Run(match);
  EXPECT_EQ(proposed.end, RunEnd::kSucceeded) << proposed.error;
  EXPECT_EQ(proposed.progress.match.matched, 1);
  EXPECT_EQ(proposed.progress.match.proposed, 1);
  EXPECT_EQ(proposed.progress.match.unmatched, 1);
  EXPECT_TRUE(world.portal.contacts.at(50).stamp.origin.empty());
  // An unsettled proposal keeps the export from making a second contact.
  const auto exported = world.Run(world.Settings());
  EXPECT_EQ(exported.progress.counts.deferred, 1);
  EXPECT_EQ(exported.progress.counts.added, 1);

  match = world.Settings();
  match.kind = RunKind::kMatch;
  match.apply = true;
  const MatchCounts applied = world.Run(match).progress.match;
  EXPECT_EQ(applied.applied, 1);
  EXPECT_EQ(applied.proposed, 1);
  EXPECT_EQ(world.portal.contacts.at(50).stamp.origin,
            world.base.clients[0].key.guid());
  world.Run(world.Settings());
  for (const ClientRow& row : world.base.clients) {
    EXPECT_EQ(world.portal.OfClient(row.key).size(), 1u);
  }
}

TEST_F(MatcherTest, SaysHowAPairWasFound) {
  Contact(50, "Orlova", "8 916 123-45-67");
  Contact(60, "Ivanov", "");
  Contact(70, "Petrov", "");
  world.base.Add(1, "Orlova", "+79161234567");
  world.base.Add(2, "Ivanov").contact = ContactId(60);
  world.base.Add(3, "Sidorov").contact = ContactId(70);  // of an earlier portal
  world.base.Add(4, "Kim", "+79160000004");
  const MatchCounts counts = Match();
  EXPECT_EQ(counts.matched, 2);
  EXPECT_EQ(counts.proposed, 1) << "an export adopts what 1C names";
  EXPECT_EQ(counts.unmatched, 2);
  EXPECT_EQ(Pair(0).found_by, "MATCHED_BY_PHONE_NAME");
  EXPECT_EQ(Pair(0).candidates, std::vector<ContactId>{ContactId(50)});
  EXPECT_EQ(Pair(1).found_by, "MATCHED_BY_STORED_ID");
  EXPECT_EQ(Pair(3), PairNote());
  EXPECT_EQ(Record(1).link, LinkState::kNew);  // an export adopts it by itself
  EXPECT_EQ(Export().added, 2);
  EXPECT_EQ(world.portal.OfClient(Key(1)), std::vector<int64_t>{60});
  EXPECT_EQ(Pair(1).found_by, "MATCHED_BY_STORED_ID");
}

TEST_F(MatcherTest, TheNumberThatAGuestHadOnAnEarlierPortalIsNoClaim) {
  world.base.Add(1, "Orlova");
  Export();
  const ContactId number = Record(0).contact;
  world.base.clients[0].contact = number;
  ASSERT_TRUE(world.ledger->ForgetLinks({}).ok());
  world.portal.contacts.clear();
  Contact(number.value(), "Orlova", "+79998887766");  // a namesake
  Contact(500, "Orlova", "+79161234567");
  EXPECT_EQ(Match(/*apply=*/true).applied, 0);
  world.base.clients[0].attributes["Phone"] = "+79161234567";
  // Proposed by its phone, it still has no contact here.
  EXPECT_EQ(Match().matched, 1);
  EXPECT_EQ(Record(0).proposed, ContactId(500));
  EXPECT_EQ(Match(/*apply=*/true).applied, 1);
  EXPECT_EQ(world.portal.OfClient(Key(0)), std::vector<int64_t>{500});
  EXPECT_TRUE(world.portal.contacts.at(number.value()).stamp.origin.empty());
}

TEST_F(MatcherTest, AnAcceptedPairHoldsThoughItsStampNeverArrived) {
  Contact(50, "", "+79161234567");  // a call that became a contact
  world.base.Add(1, "Orlova", "+79161234567");
  world.portal.fault = [](const PortalRequest&) { return testing::Fault::kLostBefore; };
  EXPECT_EQ(Match(/*apply=*/true).applied, 1);
  EXPECT_TRUE(world.portal.contacts.at(50).stamp.origin.empty());
  world.portal.fault = [](const PortalRequest&) { return testing::Fault::kNone; };
  world.now += absl::Minutes(10);
  world.base.clients[0].attributes["Phone"] = "+79263334455";
  for (int i = 0; i < 3; ++i) {
    Export();
    world.now += absl::Minutes(10);
  }
  EXPECT_EQ(world.portal.OfClient(Key(0)), std::vector<int64_t>{50});
  EXPECT_EQ(world.portal.contacts.size(), 1u);
}

TEST_F(MatcherTest, WhatAMatchCallsTheStoredOneAnExportAdopts) {
  Contact(60, "Семёнов", "");
  Contact(61, "Anna", "").fields["NAME"] = "Orlova";
  Contact(62, "Kim", "8 (916) 123-00-62");
  world.MapAlso("Name", "NAME");
  world.base.Add(1, "Семенов").contact = ContactId(60);
  world.base.Add(2, "Orlova").contact = ContactId(61);
  world.base.clients[1].attributes["Name"] = "Anna";
  world.base.Add(3, "Lee", "+7 916 123 00 62").contact = ContactId(62);
  EXPECT_EQ(Match().matched, 3);
  EXPECT_EQ(Export().added, 0);
  for (size_t i = 0; i < 3; ++i) {
    EXPECT_EQ(world.portal.OfClient(Key(i)),
              std::vector<int64_t>{60 + static_cast<int64_t>(i)});
  }
}

TEST_F(MatcherTest, WhatManyCarryPairsNobody) {
  for (int i = 0; i < kMostCarriers + 1; ++i) {
    Contact(50 + i, i == 0 ? "Orlova" : absl::StrCat("Guest", i), "+79161234567");
  }
  for (int i = 0; i < kMostCarriers + 1; ++i) {
    world.base.Add(10 + i, absl::StrCat("Client", i), "+79265555555");
  }
  Contact(90, "Client0", "+79265555555");
  world.base.Add(1, "Orlova", "+79161234567");
  const MatchCounts counts = Match();
  EXPECT_EQ(counts.matched, 0);
  EXPECT_EQ(counts.ambiguous, 0);
}

TEST_F(MatcherTest, TwoThatFitAlikeAreLeftToAPerson) {
  Contact(50, "Orlova", "+79161234567");
  Contact(51, "Orlova", "+79161234567");
  Contact(60, "Kim", "+79160000001");
  world.base.Add(1, "Orlova", "+79161234567");  // twins on the portal
  world.base.Add(2, "Kim", "+79160000001");     // entered twice in 1C
  world.base.Add(3, "Kim", "+79160000001");
  EXPECT_EQ(Match(/*apply=*/true).ambiguous, 3);
  EXPECT_EQ(Pair(0).candidates, (std::vector<ContactId>{ContactId(50), ContactId(51)}));
  EXPECT_EQ(Pair(1).candidates, std::vector<ContactId>{ContactId(60)});
  EXPECT_EQ(Record(1).reason, "AMBIGUOUS_MATCH");
  const RunCounts counts = Export();
  EXPECT_EQ(counts.deferred, 3);
  EXPECT_EQ(Record(1).reason, "AMBIGUOUS_MATCH");
  EXPECT_EQ(world.portal.adds + world.portal.imports, 0);
}

TEST_F(MatcherTest, TheBetterClaimHasTheContact) {
  Contact(50, "Orlova", "+79161234567");
  Contact(60, "Kim", "+79160000001");
  world.base.Add(1, "Orlova", "+79161234567");
  world.base.Add(2, "Ivanova", "+79161234567");  // her friend, on one phone
  world.base.Add(3, "Kim", "+79160000001");
  world.base.Add(4, "Kim", "+79160000001").contact = ContactId(60);
  const MatchCounts counts = Match();
  EXPECT_EQ(counts.matched, 2);
  EXPECT_EQ(counts.ambiguous, 0);
  EXPECT_EQ(counts.unmatched, 2);
  EXPECT_EQ(Record(0).proposed, ContactId(50));
  EXPECT_EQ(Pair(3).found_by, "MATCHED_BY_STORED_ID");
}

TEST_F(MatcherTest, AnotherNameOnThePhoneIsLeftToAPerson) {
  Contact(50, "Orlova", "+79161234567");
  world.base.Add(1, "Ivanova", "+79161234567");
  EXPECT_EQ(Match().ambiguous, 1);
  EXPECT_EQ(Pair(0).candidates, std::vector<ContactId>{ContactId(50)});
}

TEST_F(MatcherTest, AContactOfAnotherClientIsNoCandidate) {
  Contact(50, "Orlova", "+79161234567").stamp = {"guestbridge:other-base", "x", ""};
  Contact(60, "Kim", "+79160000001");
  world.base.Add(1, "Orlova", "+79161234567");
  world.base.Add(2, "Kim", "+79160000001");
  Link(1, 60);
  world.base.Add(3, "Kim", "+79160000001");
  const MatchCounts counts = Match();
  EXPECT_EQ(counts.linked, 1);
  EXPECT_EQ(counts.unmatched, 2);
}

TEST_F(MatcherTest, NorIsItWhereTheGuestsMarkStandsOnIt) {
  Contact(60, "Kim", "+79160000001");
  world.base.Add(1, "Kim", "+79160000001");
  Link(0, 60);
  const ClientKey key = world.base.Add(2, "Orlova").key;
  world.portal.contacts[60].stamp = {"guestbridge:base", key.guid(), ""};
  for (const bool apply : {false, true}) {
    const MatchCounts counts = Match(apply);
    EXPECT_EQ(counts.matched, 0);
    EXPECT_EQ(counts.unmatched, 1);
    EXPECT_EQ(counts.applied, 0);
    EXPECT_NE(Record(1).link, LinkState::kReview);
  }
  EXPECT_EQ(Record(0).contact, ContactId(60));
  // Where one of its own bears the mark, too, there is nothing to choose between.
  Contact(61, "Orlova", "").stamp = {"guestbridge:base", key.guid(), ""};
  EXPECT_EQ(Match().matched, 1);
  EXPECT_EQ(Pair(1).candidates, std::vector<ContactId>{ContactId(61)});
}

TEST_F(MatcherTest, ThePortalIsReadInLargeRequestsAndNotGuestByGuest) {
  constexpr int kGuests = 300;
  for (int i = 0; i < kGuests; ++i) {
    world.base.Add(i, absl::StrCat("Guest", i), absl::StrCat("8 916 ", 1'000'000 + i));
  }
  int contacts = 0;
  const auto requests_with = [&](int count) {
    for (; contacts < count; ++contacts) {
      Contact(1000 + contacts, absl::StrCat("Guest", contacts),
              absl::StrCat("+7916", 1'000'000 + contacts));
    }
    const int before = world.portal.requests;
    EXPECT_EQ(Match().matched, kGuests);
    return world.portal.requests - before;
  };
  const int few = requests_with(10'000);
  EXPECT_LT(few, 12);
  EXPECT_EQ(requests_with(20'000) - few, 10'000 / 2500);
  EXPECT_LT(world.portal.looked_at, kGuests / 10);
}

TEST_F(MatcherTest, NothingOfTheTwoSidesIsLeftBehind) {
  Contact(50, "Orlova", "+79161234567");
  world.base.Add(1, "Orlova", "+79161234567");
  Match();
  EXPECT_FALSE(world.ledger->IndexedTraits(ContactId(50))->has_value());
  EXPECT_TRUE(world.ledger->MatchClients(ClientKey(), 10)->empty());
}

TEST_F(MatcherTest, WhatItSaidOfEachClientStaysWhenItHasEnded) {
  using Result = Ledger::MatchResult;
  Contact(50, "Orlova", "+79161234567");
  Contact(60, "Ivanov", "");
  Contact(70, "Kim", "+79160000007");
  Contact(80, "Lee", "");
  world.base.Add(1, "Orlova", "+79161234567");
  world.base.Add(2, "Ivanov").contact = ContactId(60);
  world.base.Add(3, "Petrov", "+79160000007");  // on Kim's phone
  world.base.Add(4, "Sidorov");
  world.base.Add(5, "Lee");
  Link(4, 80);
  world.base.Add(6, "");
  const MatchCounts counts = Match();
  EXPECT_THAT(Told(Result::kMatched), ElementsAre(Key(0), Key(1)));
  EXPECT_THAT(Told(Result::kAmbiguous), ElementsAre(Key(2)));
  EXPECT_THAT(Told(Result::kNew).front(), Key(3));
  EXPECT_EQ(Told(Result::kNew).size(), static_cast<size_t>(counts.unmatched));
  EXPECT_EQ(Told(Result::kAny).size(),
            static_cast<size_t>(counts.matched + counts.ambiguous + counts.unmatched));
  // The next one says it anew.
  world.base.clients[3].attributes["Phone"] = "+79160000007";
  world.base.clients[3].attributes["LastName"] = "Kim";
  Match();
  EXPECT_THAT(Told(Result::kMatched), ElementsAre(Key(0), Key(1), Key(3)));
}

TEST_F(MatcherTest, OneThatIsRefusedSaysNothing) {
  Contact(50, "Orlova", "+79161234567");
  world.base.Add(1, "Orlova", "+79161234567");
  Match();
  auto settings = world.Settings();
  settings.kind = RunKind::kMatch;
  settings.apply = true;
  settings.most_changed = 0;
  EXPECT_EQ(world.Run(settings).end, RunEnd::kFailed);
  EXPECT_TRUE(Told(Ledger::MatchResult::kAny).empty());
  EXPECT_FALSE(world.ledger->IndexedTraits(ContactId(50))->has_value());
}

TEST_F(MatcherTest, AnExportDoesTheSameWithAndWithoutWhatItSaid) {
  std::vector<std::string> made;
  for (const bool kept : {true, false}) {
    World fresh(7);
    auto& contacts = fresh.portal.contacts;
    contacts[50].fields["LAST_NAME"] = "Orlova";
    contacts[50].multifields["PHONE"] = {{50, "+79161234567", "WORK"}};
    contacts[60].fields["LAST_NAME"] = "Ivanov";
    contacts[70].fields["LAST_NAME"] = "Kim";
    contacts[70].multifields["PHONE"] = {{70, "+79160000007", "WORK"}};
    fresh.base.Add(1, "Orlova", "+79161234567");
    fresh.base.Add(2, "Ivanov").contact = ContactId(60);
    fresh.base.Add(3, "Petrov", "+79160000007");
    fresh.base.Add(4, "Sidorov");
    auto settings = fresh.Settings();
    settings.kind = RunKind::kMatch;
    fresh.Run(settings);
    if (!kept) {
      EXPECT_TRUE(fresh.ledger->ClearIndex().ok());
    }
    const RunCounts counts = fresh.Run(fresh.Settings()).progress.counts;
    std::string all = absl::StrCat(counts.added, " ", counts.updated, " ",
                                   counts.deferred, " ", fresh.portal.requests);
    for (const ClientRow& row : fresh.base.clients) {
      const ClientRecord record = fresh.ledger->Get(row.key)->value_or(ClientRecord{});
      absl::StrAppend(&all, "\n", static_cast<int>(record.link), " ",
                      record.contact.value(), " ", record.proposed.value(), " ",
                      record.reason, " ", record.revision);
    }
    for (const auto& [id, contact] : contacts) {
      absl::StrAppend(&all, "\n", id, " ", contact.stamp.origin);
    }
    made.push_back(all);
  }
  EXPECT_EQ(made[0], made[1]);
  EXPECT_THAT(made[0], ::testing::StartsWith("1 0 2 "));
}

TEST_F(MatcherTest, ALinkByHandHoldsWhateverTheTwoLookLike) {
  Contact(50, "Somebody else", "");
  world.base.Add(1, "Orlova", "+79161234567");
  Link(0, 50);
  EXPECT_EQ(Export().added, 0);
  EXPECT_EQ(world.portal.OfClient(Key(0)), std::vector<int64_t>{50});
  EXPECT_EQ(world.portal.contacts.at(50).fields.at("LAST_NAME"), "Orlova");
  EXPECT_EQ(Pair(0).found_by, kLinkedByHand);
}

TEST_F(MatcherTest, AnUnlinkedClientWaitsAndIsNeverDoubled) {
  world.base.Add(1, "Orlova", "+79161234567");
  Export();
  const int64_t old = world.portal.OfClient(Key(0)).front();
  world.base.clients[0].contact = ContactId(old);  // written back
  Unlink(0);
  for (const bool apply : {false, true}) {
    EXPECT_EQ(Match(apply).ambiguous, 1);
    EXPECT_EQ(Export().deferred, 1);
  }
  auto cold = world.Settings();
  cold.cold = true;
  EXPECT_EQ(world.Run(cold).progress.counts.deferred, 1);
  EXPECT_EQ(world.portal.contacts.size(), 1u);
  EXPECT_EQ(Record(0).reason, kClientUnlinked);
  EXPECT_EQ(world.ledger->CountWriteBacks()->pending, 0);

  // Another contact that fits is shown, and joined by a person only.
  Contact(500, "Orlova", "+79161234567");
  EXPECT_EQ(Match(/*apply=*/true).applied, 0);
  EXPECT_EQ(Pair(0).candidates, std::vector<ContactId>{ContactId(500)});
}

TEST_F(MatcherTest, ARefusedContactIsNotAdoptedAgain) {
  Contact(50, "Orlova", "+79161234567");
  world.base.Add(1, "Orlova", "+79161234567").contact = ContactId(50);
  PairNote note;
  note.refused = {ContactId(50)};
  ASSERT_TRUE(world.ledger->SetPair(Key(0), note).ok());
  EXPECT_EQ(Match().unmatched, 1);
  EXPECT_EQ(Export().added, 1);
  EXPECT_TRUE(world.portal.contacts.at(50).stamp.origin.empty());
}

}  // namespace
}  // namespace guestbridge::agent
