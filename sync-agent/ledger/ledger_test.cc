#include "sync-agent/ledger/ledger.h"

#include <gtest/gtest.h>

#include <fstream>

#include "common/status/error.h"
#include "tests/testing/seeded_random.h"
#include "tests/testing/temp_dir.h"

namespace guestbridge::agent {
namespace {

using ::guestbridge::testing::SeededRandom;
using ::guestbridge::testing::TempDir;

ClientKey Key(int number) {
  const std::string digits = std::to_string(number);
  return ClientKey("00000000-0000-4000-8000-" + std::string(12 - digits.size(), '0') +
                   digits);
}

Intent Add(int number) {
  Intent intent;
  intent.key = Key(number);
  intent.nonce = "noncenon";
  intent.digest.hash = "hash";
  return intent;
}

class LedgerTest : public ::testing::Test {
 protected:
  SeededRandom random_{1};
  TempDir dir_;
  std::string file_ = dir_.path() + "/ledger.db";

  std::unique_ptr<Ledger> Open() {
    auto ledger = Ledger::Open(file_, random_);
    EXPECT_TRUE(ledger.ok()) << ledger.status();
    return *std::move(ledger);
  }
};

TEST_F(LedgerTest, KeepsItsIdentityAndItsSequenceNeverGoesBack) {
  std::string id;
  int64_t sequence = 0;
  {
    auto ledger = Open();
    id = ledger->id();
    ASSERT_TRUE(ledger->SetNote("watermark", "w").ok());
    sequence = ledger->sequence();
    EXPECT_GT(sequence, 0);
  }
  auto ledger = Open();
  EXPECT_EQ(ledger->id(), id);
  EXPECT_EQ(ledger->sequence(), sequence);
  EXPECT_EQ(*ledger->Note("watermark"), "w");
}

TEST_F(LedgerTest, ACommitOutlivesAPowerCut) {
  const auto durability = Open()->durability();
  ASSERT_TRUE(durability.ok()) << durability.status();
  EXPECT_EQ(*durability, Database::Durability::kFull);
}

TEST_F(LedgerTest, WhatIsDoneTogetherIsDurableTogether) {
  auto ledger = Open();
  const auto another = Open();
  ASSERT_TRUE(ledger
                  ->Together([&] {
                    ASSERT_TRUE(ledger->SetNote("a", "1").ok());
                    ASSERT_TRUE(ledger->CommitIntents({Add(1)}, ContactId(1)).ok());
                    EXPECT_EQ(*another->Note("a"), "");
                    EXPECT_EQ(another->Attempts()->size(), 0u);
                  })
                  .ok());
  EXPECT_EQ(*another->Note("a"), "1");
  EXPECT_EQ(another->Attempts()->size(), 1u);
}

TEST_F(LedgerTest, ARefusalInsideOfTogetherUndoesThatCallOnly) {
  auto ledger = Open();
  ASSERT_TRUE(
      ledger
          ->Together([&] {
            ASSERT_TRUE(ledger->CommitIntents({Add(1)}, ContactId(1)).ok());
            EXPECT_EQ(
                ReasonOf(
                    ledger->CommitIntents({Add(2), Add(1)}, ContactId(1)).status()),
                "ATTEMPT_OUTSTANDING");
            ASSERT_TRUE(ledger->SetNote("a", "1").ok());
          })
          .ok());
  EXPECT_EQ(ledger->Attempts()->size(), 1u);
  EXPECT_EQ(*ledger->Note("a"), "1");
}

TEST_F(LedgerTest, AFailureOfTheDatabaseInsideOfTogetherUndoesAllOfIt) {
  auto ledger = Open();
  auto broken = Database::Open(file_, Database::Durability::kFull, /*check=*/false);
  ASSERT_TRUE(broken.ok());
  ASSERT_TRUE((*broken)->Execute("DROP TABLE match_index").ok());
  EXPECT_FALSE(ledger
                   ->Together([&] {
                     ASSERT_TRUE(ledger->SetNote("a", "1").ok());
                     EXPECT_FALSE(ledger->ClearIndex().ok());
                     EXPECT_FALSE(ledger->SetNote("b", "1").ok());
                   })
                   .ok());
  EXPECT_EQ(*ledger->Note("a"), "");
  EXPECT_EQ(*ledger->Note("b"), "");
  EXPECT_TRUE(ledger->SetNote("c", "1").ok());
}

// What SQLite would keep to undo a part of it goes beyond any bound of its own.
TEST_F(LedgerTest, WhatIsDoneTogetherMayTouchTensOfMegabytes) {
  auto ledger = Open();
  std::vector<ClientRecord> records(6000);
  for (size_t n = 0; n < records.size(); ++n) {
    records[n].key = Key(static_cast<int>(n));
    records[n].link = LinkState::kLive;
    records[n].contact = ContactId(static_cast<int64_t>(n) + 1);
    records[n].parameters = {{"list", std::string(3000, 'a')}};
  }
  ASSERT_TRUE(ledger->Put(records).ok());
  for (ClientRecord& record : records) record.parameters = {};
  ASSERT_TRUE(ledger->Together([&] { EXPECT_TRUE(ledger->Put(records).ok()); }).ok());
  EXPECT_EQ((*ledger->Get(Key(5999)))->parameters, Parameters());
}

TEST_F(LedgerTest, AnIntentOutlivesTheProcessAndIsADoubtThen) {
  {
    auto ledger = Open();
    ASSERT_TRUE(ledger->CommitIntents({Add(1), Add(2)}, ContactId(77)).ok());
  }
  auto ledger = Open();
  const auto attempts = *ledger->Attempts();
  ASSERT_EQ(attempts.size(), 2u);
  EXPECT_EQ(attempts[0].intent.key, Key(1));
  EXPECT_EQ(attempts[1].ordinal, 1);
  EXPECT_EQ(attempts[0].high, ContactId(77));
  EXPECT_TRUE((*ledger->Get(Key(1)))->dirty);
}

TEST_F(LedgerTest, AClientHasOneOutstandingAttemptAndAChunkIsAllOrNothing) {
  auto ledger = Open();
  ASSERT_TRUE(ledger->CommitIntents({Add(1)}, ContactId()).ok());
  const auto second = ledger->CommitIntents({Add(2), Add(1)}, ContactId());
  EXPECT_EQ(ReasonOf(second.status()), "ATTEMPT_OUTSTANDING");
  EXPECT_FALSE(ledger->AttemptOf(Key(2))->has_value());
}

TEST_F(LedgerTest, AnIdInItsOwnSlotLinksAndQueuesTheWriteBack) {
  auto ledger = Open();
  ASSERT_TRUE(ledger->CommitIntents({Add(1)}, ContactId()).ok());
  ASSERT_TRUE(
      ledger
          ->Settle({{Key(1), Evidence::Done(ContactId(500)), 3, Outcome::kAdded, 1000}})
          .ok());
  const ClientRecord record = **ledger->Get(Key(1));
  EXPECT_EQ(record.link, LinkState::kLive);
  EXPECT_EQ(record.contact, ContactId(500));
  EXPECT_FALSE(record.dirty);
  EXPECT_EQ(record.exported.hash, "hash");
  EXPECT_EQ(record.write_back, WriteBackState::kPending);
  EXPECT_EQ((*ledger->CountOutcomes(3))[Outcome::kAdded], 1);
  EXPECT_EQ(*ledger->CountAttempts(), 0);
  EXPECT_EQ(*ledger->Witness(), ContactId(500));
}

TEST_F(LedgerTest, ALookUpThatBeganTooEarlySettlesNothing) {
  auto ledger = Open();
  ASSERT_TRUE(ledger->CommitIntents({Add(1)}, ContactId()).ok());
  const Evidence early = Evidence::CompleteMiss(absl::Seconds(119), absl::Seconds(120));
  ASSERT_TRUE(ledger->Settle({{Key(1), early, 0, Outcome::kNone, 0}}).ok());
  EXPECT_TRUE(ledger->AttemptOf(Key(1))->has_value());
  const Evidence late = Evidence::CompleteMiss(absl::Seconds(120), absl::Seconds(120));
  ASSERT_TRUE(ledger->Settle({{Key(1), late, 0, Outcome::kNone, 0}}).ok());
  EXPECT_FALSE(ledger->AttemptOf(Key(1))->has_value());
  EXPECT_TRUE((*ledger->Get(Key(1)))->dirty);
}

TEST_F(LedgerTest, OneContactBelongsToOneClient) {
  auto ledger = Open();
  ClientRecord record;
  record.key = Key(1);
  record.link = LinkState::kLive;
  record.contact = ContactId(9);
  ASSERT_TRUE(ledger->Link(record, ContactId()).ok());
  record.key = Key(2);
  EXPECT_EQ(ReasonOf(ledger->Link(record, ContactId())), "CONTACT_LINKED_ELSEWHERE");
}

TEST_F(LedgerTest, AWriteBackOfAnIdThatChangedMeanwhileStaysQueued) {
  auto ledger = Open();
  ClientRecord record;
  record.key = Key(1);
  record.link = LinkState::kLive;
  record.contact = ContactId(9);
  ASSERT_TRUE(ledger->Link(record, ContactId()).ok());
  const WriteBackItem item = (*ledger->PendingWriteBacks(10))[0];
  record.contact = ContactId(10);
  ASSERT_TRUE(ledger->Link(record, ContactId()).ok());
  ASSERT_TRUE(ledger->FinishWriteBack(item, absl::OkStatus(), false).ok());
  ASSERT_EQ(ledger->PendingWriteBacks(10)->size(), 1u);
  EXPECT_EQ((*ledger->PendingWriteBacks(10))[0].contact, ContactId(10));
}

TEST_F(LedgerTest, AWriteBackThatFailedStandsBehindAllOthersHoweverOldItIs) {
  auto ledger = Open();
  for (int n = 1; n <= 3; ++n) {
    ClientRecord record;
    record.key = Key(n);
    record.link = LinkState::kLive;
    record.contact = ContactId(n);
    record.exported_unix = n == 1 ? 0 : 1'000'000;  // the first was adopted
    ASSERT_TRUE(ledger->Link(record, ContactId()).ok());
  }
  const WriteBackItem locked = (*ledger->PendingWriteBacks(1))[0];
  ASSERT_EQ(locked.key, Key(1));
  ASSERT_TRUE(ledger
                  ->FinishWriteBack(locked, MakeError("SOURCE_LOCKED", {}),
                                    /*parked=*/false)
                  .ok());
  const auto pending = *ledger->PendingWriteBacks(10);
  ASSERT_EQ(pending.size(), 3u);
  EXPECT_EQ(pending.back().key, Key(1));
}

TEST_F(LedgerTest, AParkedWriteBackSaysWhyAndIsTriedAgainOnRequest) {
  auto ledger = Open();
  ClientRecord record;
  record.key = Key(1);
  record.link = LinkState::kLive;
  record.contact = ContactId(9);
  ASSERT_TRUE(ledger->Link(record, ContactId()).ok());
  const WriteBackItem item = (*ledger->PendingWriteBacks(1))[0];
  ASSERT_TRUE(ledger
                  ->FinishWriteBack(item,
                                    MakeError("WRITE_NOT_KEPT", {{"entity", "E"}}),
                                    /*parked=*/true)
                  .ok());
  const ClientRecord parked = **ledger->Get(Key(1));
  EXPECT_EQ(parked.write_back, WriteBackState::kParked);
  EXPECT_EQ(parked.write_back_reason, "WRITE_NOT_KEPT");
  EXPECT_EQ(parked.write_back_parameters.at("entity"), "E");
  EXPECT_TRUE(ledger->PendingWriteBacks(1)->empty());
  EXPECT_EQ(*ledger->Requeue({}), 1);
  EXPECT_EQ(ledger->PendingWriteBacks(1)->size(), 1u);
  EXPECT_FALSE((*ledger->Get(Key(1)))->dirty);
}

TEST_F(LedgerTest, WhatTheWholeBaseRefusesIsParkedTogetherAndQueuedAgainByReason) {
  auto ledger = Open();
  for (int n = 1; n <= 3; ++n) {
    ClientRecord record;
    record.key = Key(n);
    record.link = LinkState::kLive;
    record.contact = ContactId(n);
    ASSERT_TRUE(ledger->Link(record, ContactId()).ok());
  }
  const WriteBackItem gone = (*ledger->PendingWriteBacks(1))[0];
  ASSERT_TRUE(
      ledger->FinishWriteBack(gone, MakeError("CLIENT_GONE", {{"entity", "E"}}), true)
          .ok());
  ASSERT_TRUE(
      ledger->ParkWriteBacks(MakeError("SOURCE_RIGHT_MISSING", {{"entity", "E"}}))
          .ok());
  EXPECT_EQ(ledger->CountWriteBacks()->pending, 0);
  EXPECT_EQ(ledger->CountWriteBacks()->parked, 3);
  const auto refusals = *ledger->WriteBackRefusals();
  ASSERT_EQ(refusals.size(), 2u);
  EXPECT_EQ(refusals[0].reason, "SOURCE_RIGHT_MISSING");
  EXPECT_EQ(refusals[0].count, 2);
  EXPECT_EQ(refusals[0].parameters.at("entity"), "E");
  EXPECT_EQ(refusals[1].reason, "CLIENT_GONE");

  ASSERT_TRUE(ledger
                  ->UnparkWriteBacks([](absl::string_view reason) {
                    return reason == "SOURCE_RIGHT_MISSING";
                  })
                  .ok());
  EXPECT_EQ(ledger->CountWriteBacks()->pending, 2);
  EXPECT_EQ(ledger->CountWriteBacks()->parked, 1);
}

TEST_F(LedgerTest, ClientsThatAreMissingAreCountedByReason) {
  auto ledger = Open();
  std::vector<ClientRecord> records(8);
  for (size_t n = 0; n < records.size(); ++n) {
    records[n].key = Key(static_cast<int>(n));
  }
  records[0].dirty = true;
  for (size_t n : {1, 2, 7}) {
    records[n].problem = Outcome::kDeferred;
    records[n].reason = "AWAITING_MATCH_REVIEW";
    records[n].parameters = {{"certainty", "MEDIUM"}, {"contact", absl::StrCat(n)}};
  }
  for (size_t n : {5, 6}) {
    records[n].problem = Outcome::kFailed;
    records[n].reason = "PORTAL_REFUSED";
    records[n].parameters = {{"code", "Y"}};
  }
  records[3].problem = Outcome::kFailed;
  records[3].reason = "PORTAL_REFUSED";
  records[3].parameters = {{"code", "X"}};
  records[4].problem = Outcome::kSkipped;  // not meant to be there
  records[4].reason = "MARKED_FOR_DELETION";
  ASSERT_TRUE(ledger->Put(records).ok());
  const auto missing = *ledger->CountMissingByReason();
  ASSERT_EQ(missing.size(), 4u);
  EXPECT_EQ(missing[0].reason, "AWAITING_MATCH_REVIEW");
  EXPECT_EQ(missing[0].count, 3);
  EXPECT_EQ(missing[0].problem, Outcome::kDeferred);
  // Each has another contact.
  EXPECT_EQ(missing[0].parameters, (Parameters{{"certainty", "MEDIUM"}}));
  EXPECT_EQ(missing[1].reason, "PORTAL_REFUSED");
  EXPECT_EQ(missing[1].count, 2);
  EXPECT_EQ(missing[1].parameters.at("code"), "Y");
  EXPECT_EQ(missing[2].reason, "");
  EXPECT_EQ(missing[3].reason, "PORTAL_REFUSED");
  EXPECT_EQ(missing[3].parameters.at("code"), "X");
}

TEST_F(LedgerTest, ARetryOfAllLeavesSkippedAndReviewedClientsAlone) {
  auto ledger = Open();
  std::vector<ClientRecord> records(3);
  const Outcome problems[] = {Outcome::kSkipped, Outcome::kFailed, Outcome::kDeferred};
  for (size_t n = 0; n < records.size(); ++n) {
    records[n].key = Key(static_cast<int>(n));
    records[n].problem = problems[n];
    records[n].reason = "WHY";
  }
  ASSERT_TRUE(ledger->Put(records).ok());
  EXPECT_EQ(*ledger->Requeue({}), 1);
  EXPECT_EQ((*ledger->Get(Key(0)))->reason, "WHY");
  EXPECT_EQ((*ledger->Get(Key(2)))->reason, "WHY");
  EXPECT_EQ(*ledger->Requeue({Key(0), Key(2)}), 1);
  EXPECT_TRUE((*ledger->Get(Key(0)))->dirty);
  EXPECT_FALSE((*ledger->Get(Key(2)))->dirty);
}

TEST_F(LedgerTest, ADamagedFileIsReportedAndLeftAsItIs) {
  const std::string garbage(8192, 'x');
  std::ofstream(file_) << garbage;
  const auto opened = Ledger::Open(file_, random_);
  EXPECT_EQ(ReasonOf(opened.status()), "LEDGER_CORRUPT");
  std::ifstream in(file_);
  const std::string kept((std::istreambuf_iterator<char>(in)), {});
  EXPECT_EQ(kept, garbage);
}

TEST_F(LedgerTest, RefusedClientsAreQueuedAgainOnRequest) {
  auto ledger = Open();
  ASSERT_TRUE(ledger->CommitIntents({Add(1)}, ContactId()).ok());
  ASSERT_TRUE(
      ledger
          ->Settle({{Key(1), Evidence::Refused("PORTAL_REFUSED", {{"code", "X"}}), 1,
                     Outcome::kFailed, 0}})
          .ok());
  EXPECT_TRUE(ledger->Dirty(ClientKey(), 2, 10)->empty());
  EXPECT_EQ(*ledger->Requeue({}), 1);
  EXPECT_EQ(ledger->Dirty(ClientKey(), 2, 10)->size(), 1u);
  EXPECT_TRUE((*ledger->Get(Key(1)))->reason.empty());
}

TEST_F(LedgerTest, ACopyHoldsAllAndLeavesTheLedgerAlone) {
  auto ledger = Open();
  ClientRecord linked;
  linked.key = Key(1);
  linked.link = LinkState::kLive;
  linked.contact = ContactId(100);
  ASSERT_TRUE(ledger->Link(linked, ContactId()).ok());
  ASSERT_TRUE(ledger->Erase(Key(2), 1).ok());
  const int64_t sequence = ledger->sequence();
  const auto copy = ledger->Copy();
  ASSERT_TRUE(copy.ok()) << copy.status();
  EXPECT_EQ((*copy)->id(), ledger->id());
  EXPECT_EQ((*copy)->sequence(), sequence);
  EXPECT_EQ((*(*copy)->Get(Key(1)))->contact, ContactId(100));
  EXPECT_EQ((*(*copy)->Get(Key(2)))->link, LinkState::kErased);
  ASSERT_TRUE((*copy)->ForgetLinks({{"a", "1"}}).ok());
  EXPECT_EQ(*(*copy)->CountLinked(), 0);
  EXPECT_EQ(*ledger->CountLinked(), 1);
  EXPECT_EQ(*ledger->Note("a"), "");
  EXPECT_EQ(ledger->sequence(), sequence);
}

TEST_F(LedgerTest, CountsWhoseContactARunHasDeleted) {
  auto ledger = Open();
  for (int i = 1; i <= 3; ++i) {
    ClientRecord linked;
    linked.key = Key(i);
    linked.link = LinkState::kLive;
    linked.contact = ContactId(100 + i);
    ASSERT_TRUE(ledger->Link(linked, ContactId()).ok());
  }
  Intent intent = Add(1);
  intent.kind = AttemptKind::kDelete;
  ASSERT_TRUE(ledger->CommitIntents({intent}, ContactId(1)).ok());
  EXPECT_EQ(*ledger->CountDeletions(7), 0);
  ASSERT_TRUE(
      ledger
          ->Settle({{Key(1), Evidence::Done(ContactId(101)), 7, Outcome::kSkipped, 1}})
          .ok());
  // This one was gone before the run came.
  ClientRecord met = **ledger->Get(Key(2));
  met.link = LinkState::kLost;
  met.reason = kMarkedContactGone;
  met.problem = met.outcome = Outcome::kSkipped;
  met.run = 7;
  ASSERT_TRUE(ledger->Put({met}).ok());
  EXPECT_EQ(*ledger->CountDeletions(7), 1);
  EXPECT_EQ(*ledger->CountDeletions(8), 0);
}

TEST_F(LedgerTest, WhoseContactWasWhichOnAnEarlierPortalOutlivesTheProcess) {
  ClientRecord record;
  record.key = Key(1);
  record.link = LinkState::kLive;
  record.contact = ContactId(12);
  ClientRecord lost = record;
  lost.key = Key(2);
  lost.link = LinkState::kLost;
  lost.contact = ContactId(14);
  ClientRecord apart = record;
  apart.key = Key(4);
  apart.contact = ContactId(15);
  PairNote taken_off;
  taken_off.refused = {ContactId(15), ContactId(16)};
  {
    auto ledger = Open();
    ASSERT_TRUE(ledger->Link(apart, ContactId(15)).ok());
    ASSERT_TRUE(ledger->Unlink(Key(4)).ok());
    ASSERT_TRUE(ledger->SetPair(Key(4), taken_off).ok());
    ASSERT_TRUE(ledger->Link(record, ContactId(12)).ok());
    ASSERT_TRUE(ledger->Put({lost}).ok());
    // Made again as 13, which 1C has not taken yet.
    record.contact = ContactId(13);
    ASSERT_TRUE(ledger->Put({record}).ok());
    EXPECT_FALSE(*ledger->IsOfEarlierPortal(Key(1), ContactId(13)));
    ASSERT_TRUE(ledger->ForgetLinks({{"portal", "other:443"}}).ok());
  }
  auto ledger = Open();
  EXPECT_EQ(*ledger->Note("portal"), "other:443");
  for (const int id : {12, 13}) {
    EXPECT_TRUE(*ledger->IsOfEarlierPortal(Key(1), ContactId(id)));
    // It is nobody's contact now.
    EXPECT_FALSE(ledger->ClientOf(ContactId(id))->has_value());
  }
  for (const int id : {15, 16}) {
    EXPECT_TRUE(*ledger->IsOfEarlierPortal(Key(4), ContactId(id))) << id;
  }
  EXPECT_FALSE(*ledger->IsOfEarlierPortal(Key(4), ContactId(14)));
  for (const int id : {0, 1, 2, 3, 123, 14, 15}) {
    EXPECT_FALSE(*ledger->IsOfEarlierPortal(Key(1), ContactId(id))) << id;
  }
  EXPECT_TRUE(*ledger->IsOfEarlierPortal(Key(2), ContactId(14)));
  // Also while a proposal waits here.
  ClientRecord proposed = **ledger->Get(Key(2));
  proposed.link = LinkState::kReview;
  ASSERT_TRUE(ledger->Put({proposed}).ok());
  EXPECT_TRUE(*ledger->IsOfEarlierPortal(Key(2), ContactId(14)));
  EXPECT_FALSE(*ledger->IsOfEarlierPortal(Key(3), ContactId(13)));
  EXPECT_FALSE(ledger->Witness()->exists());
  // With a contact here, an equal number is no longer one of there.
  record.contact = ContactId(12);
  ASSERT_TRUE(ledger->Link(record, ContactId()).ok());
  EXPECT_FALSE(*ledger->IsOfEarlierPortal(Key(1), ContactId(12)));
  ASSERT_TRUE(ledger->Erase(Key(1), 1).ok());
  EXPECT_FALSE(*ledger->IsOfEarlierPortal(Key(1), ContactId(12)));
}

}  // namespace
}  // namespace guestbridge::agent
