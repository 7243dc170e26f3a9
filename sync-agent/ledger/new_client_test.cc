// A new client, from its first attempt on: the attempt stands for it until it is
// settled.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/status/error.h"
#include "sync-agent/ledger/ledger.h"
#include "tests/testing/seeded_random.h"
#include "tests/testing/temp_dir.h"

namespace guestbridge::agent {
namespace {

using ::guestbridge::testing::SeededRandom;
using ::guestbridge::testing::TempDir;
using ::testing::ElementsAre;

ClientKey Key(int number) {
  return ClientKey("00000000-0000-4000-8000-00000000000" + std::to_string(number));
}

Intent Add(int number) {
  Intent intent;
  intent.key = Key(number);
  intent.nonce = "noncenon";
  intent.digest.hash = "hash";
  intent.version = "AAAAAA==";
  return intent;
}

class NewClientTest : public ::testing::Test {
 protected:
  SeededRandom random_{1};
  TempDir dir_;

  std::unique_ptr<Ledger> Open() {
    auto ledger = Ledger::Open(dir_.path() + "/ledger.db", random_);
    EXPECT_TRUE(ledger.ok()) << ledger.status();
    return *std::move(ledger);
  }
  void Settle(Ledger& ledger, int client, const Evidence& evidence) {
    ASSERT_TRUE(
        ledger.Settle({{Key(client), evidence, 3, Outcome::kAdded, 1000}}).ok());
  }
  std::vector<ClientKey> Listed(Ledger& ledger) {
    std::vector<ClientKey> keys;
    ClientKey after;
    for (;;) {
      const auto page = *ledger.List(after, 2);
      for (const ClientRecord& record : page) keys.push_back(record.key);
      if (page.empty()) return keys;
      after = page.back().key;
    }
  }
};

TEST_F(NewClientTest, IsKnownWhileItsFirstAttemptIsUnderWay) {
  {
    auto ledger = Open();
    ClientRecord known;
    known.key = Key(2);
    known.dirty = true;
    ASSERT_TRUE(ledger->Put({known}).ok());
    ASSERT_TRUE(ledger->CommitIntents({Add(1), Add(2), Add(3)}, ContactId(7)).ok());
  }
  auto ledger = Open();  // After a kill.
  const auto record = *ledger->Get(Key(1));
  ASSERT_TRUE(record.has_value());
  EXPECT_TRUE(record->dirty);
  EXPECT_EQ(record->attempts, 1);
  EXPECT_EQ(record->version, "AAAAAA==");
  EXPECT_EQ(record->link, LinkState::kNew);
  EXPECT_THAT(Listed(*ledger), ElementsAre(Key(1), Key(2), Key(3)));
  EXPECT_THAT(*ledger->Dirty(ClientKey(), 3, 10), ElementsAre(Key(1), Key(2), Key(3)));
  EXPECT_THAT(*ledger->Dirty(Key(1), 3, 1), ElementsAre(Key(2)));
  EXPECT_EQ(*ledger->CountMissing(), 3);
  const auto missing = *ledger->CountMissingByReason();
  ASSERT_EQ(missing.size(), 1u);
  EXPECT_EQ(missing[0].count, 3);
  EXPECT_EQ((*ledger->KnownVersions({Key(1)}))[0].version, "");
}

TEST_F(NewClientTest, WaitsForTheNextExportWhenNothingWasDone) {
  auto ledger = Open();
  ASSERT_TRUE(ledger->CommitIntents({Add(1)}, ContactId(7)).ok());
  Settle(*ledger, 1, Evidence::NotExecuted());
  EXPECT_EQ(*ledger->CountAttempts(), 0);
  EXPECT_THAT(*ledger->Dirty(ClientKey(), 4, 10), ElementsAre(Key(1)));
  EXPECT_EQ(*ledger->CountMissing(), 1);
  ASSERT_TRUE(ledger->CommitIntents({Add(1)}, ContactId(7)).ok());
  EXPECT_EQ((*ledger->Get(Key(1)))->attempts, 2);
}

TEST_F(NewClientTest, OnceAddedIsCountedAmongTheWriteBacks) {
  auto ledger = Open();
  ASSERT_TRUE(ledger->CommitIntents({Add(1), Add(2)}, ContactId(7)).ok());
  Settle(*ledger, 1, Evidence::Done(ContactId(8)));
  Settle(*ledger, 2, Evidence::Done(ContactId(9)));
  EXPECT_EQ(ledger->CountWriteBacks()->pending, 2);
  const auto pending = *ledger->PendingWriteBacks(10);
  ASSERT_EQ(pending.size(), 2u);
  ASSERT_TRUE(ledger->FinishWriteBack(pending[0], absl::OkStatus(), false).ok());
  EXPECT_EQ(ledger->CountWriteBacks()->pending, 1);
  EXPECT_EQ((*ledger->KnownVersions({Key(1)}))[0].version, "AAAAAA==");
  EXPECT_EQ(*ledger->CountMissing(), 0);
}

TEST_F(NewClientTest, WhoseContentChangedMeanwhileStaysQueued) {
  auto ledger = Open();
  ASSERT_TRUE(ledger->CommitIntents({Add(1)}, ContactId(7)).ok());
  ClientRecord record = **ledger->Get(Key(1));
  record.reason = kInDoubt;
  record.problem = Outcome::kDeferred;
  ASSERT_TRUE(ledger->Put({record}).ok());
  Settle(*ledger, 1, Evidence::Found(ContactId(8)));
  EXPECT_TRUE((*ledger->Get(Key(1)))->dirty);
  EXPECT_EQ(ledger->CountWriteBacks()->pending, 1);
}

TEST_F(NewClientTest, ThatAnotherLedgerErasedIsErasedAlsoInDoubt) {
  SeededRandom other{2};
  auto first = *Ledger::Open(dir_.path() + "/first.db", other);
  ASSERT_TRUE(first->Erase(Key(1), 1000).ok());
  auto ledger = Open();
  ASSERT_TRUE(ledger->CommitIntents({Add(1)}, ContactId(7)).ok());
  ASSERT_TRUE(ledger->TakeErasures(*first->ErasuresBeyond({}, 10)).ok());
  EXPECT_EQ((*ledger->Get(Key(1)))->link, LinkState::kErased);
  Settle(*ledger, 1, Evidence::Done(ContactId(8)));
  EXPECT_EQ(*ledger->TakeErasures(*first->ErasuresBeyond({}, 10)), 1);
  EXPECT_EQ(ledger->CountWriteBacks()->pending, 0);
  EXPECT_TRUE(Listed(*ledger).empty());
}

}  // namespace
}  // namespace guestbridge::agent
