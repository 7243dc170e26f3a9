#include <gtest/gtest.h>

#include <functional>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "sync-agent/ledger/ledger.h"
#include "tests/testing/seeded_random.h"

namespace guestbridge::agent {
namespace {

ClientKey Key(int n) {
  return ClientKey(
      absl::StrCat("00000000-0000-4000-8000-", absl::Dec(n, absl::kZeroPad12)));
}

class QuarantineTest : public ::testing::Test {
 protected:
  // A client that was refused in the run of that number.
  ClientRecord Refused(int n, int64_t run = 10) {
    ClientRecord record;
    record.key = Key(n);
    record.problem = Outcome::kFailed;
    record.reason = "PORTAL_REFUSED";
    record.refused_hash = "h";
    record.run = run;
    record.outcome = Outcome::kFailed;
    return record;
  }
  bool Known(int n) { return ledger_->Get(Key(n))->has_value(); }

  testing::SeededRandom random_{1};
  std::unique_ptr<Ledger> ledger_ = *Ledger::Open(":memory:", random_);
};

TEST_F(QuarantineTest, WhoNoRunMeetsAnyMoreIsForgottenInPortions) {
  for (int n = 1; n <= 5; ++n) ASSERT_TRUE(ledger_->Put({Refused(n)}).ok());
  ASSERT_TRUE(ledger_->Put({Refused(6, /*run=*/20)}).ok());
  EXPECT_EQ(*ledger_->CountMissing(), 6);
  EXPECT_EQ(*ledger_->ForgetRefused(10, 100), 0) << "met by that very run";
  EXPECT_EQ(*ledger_->ForgetRefused(20, 3), 3);
  EXPECT_EQ(*ledger_->ForgetRefused(20, 3), 2);
  const int64_t sequence = ledger_->sequence();
  EXPECT_EQ(*ledger_->ForgetRefused(20, 3), 0);
  EXPECT_EQ(ledger_->sequence(), sequence) << "nothing to forget writes nothing";
  EXPECT_TRUE(Known(6));
  EXPECT_EQ(*ledger_->CountMissing(), 1);
}

TEST_F(QuarantineTest, WhatMustNotBeLostStays) {
  const std::pair<const char*, std::function<void(ClientRecord*)>> kCases[] = {
      {"linked",
       [](ClientRecord* one) {
         one->link = LinkState::kLive;
         one->contact = ContactId(7);
       }},
      {"lost",
       [](ClientRecord* one) {
         one->link = LinkState::kLost;
         one->contact = ContactId(8);
       }},
      {"under review", [](ClientRecord* one) { one->link = LinkState::kReview; }},
      {"proposed", [](ClientRecord* one) { one->proposed = ContactId(9); }},
      {"exported once", [](ClientRecord* one) { one->revision = 1; }},
      {"to be tried again", [](ClientRecord* one) { one->dirty = true; }},
      {"deferred", [](ClientRecord* one) { one->problem = Outcome::kDeferred; }},
      {"dropped",
       [](ClientRecord* one) {
         one->problem = Outcome::kSkipped;
         one->reason = kClientDropped;
       }},
      {"never met", [](ClientRecord* one) { one->run = 0; }},
  };
  int n = 0;
  for (const auto& [what, change] : kCases) {
    SCOPED_TRACE(what);
    ClientRecord record = Refused(++n);
    change(&record);
    ASSERT_TRUE(ledger_->Put({record}).ok());
    EXPECT_EQ(*ledger_->ForgetRefused(100, 100), 0);
    EXPECT_TRUE(Known(n));
  }
}

TEST_F(QuarantineTest, WhoseContactWasWhichOnAnEarlierPortalStays) {
  ClientRecord linked;
  linked.key = Key(1);
  linked.link = LinkState::kLive;
  linked.contact = ContactId(7);
  ASSERT_TRUE(ledger_->Link(linked, ContactId()).ok());
  ASSERT_TRUE(ledger_->ForgetLinks({}).ok());
  ASSERT_TRUE(ledger_->Put({Refused(1)}).ok());
  EXPECT_EQ(*ledger_->ForgetRefused(100, 100), 0);
  EXPECT_TRUE(*ledger_->IsOfEarlierPortal(Key(1), ContactId(7)));
}

TEST_F(QuarantineTest, AnAttemptAndAPairHoldItBack) {
  ASSERT_TRUE(ledger_->Put({Refused(1), Refused(2)}).ok());
  Intent intent;
  intent.key = Key(1);
  ASSERT_TRUE(ledger_->CommitIntents({intent}, ContactId(1)).ok());
  // As a second refusal of which nobody knows leaves it.
  ClientRecord parked = **ledger_->Get(Key(1));
  parked.dirty = false;
  ASSERT_TRUE(ledger_->Put({parked}).ok());
  PairNote note;
  note.refused = {ContactId(5)};
  ASSERT_TRUE(ledger_->SetPair(Key(2), note).ok());
  EXPECT_EQ(*ledger_->ForgetRefused(100, 100), 0);
  EXPECT_TRUE(Known(1));
  EXPECT_TRUE(Known(2));
  const Settlement settled = {Key(1), Evidence::NotExecuted(), 0, Outcome::kNone, 0};
  ASSERT_TRUE(ledger_->Settle({settled}).ok());
  EXPECT_EQ(*ledger_->ForgetRefused(100, 100), 1);
  EXPECT_FALSE(Known(1));
}

}  // namespace
}  // namespace guestbridge::agent
