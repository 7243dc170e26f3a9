#include "sync-agent/ledger/erasure.h"

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "sync-agent/ledger/ledger.h"
#include "sync-agent/model/erasure.h"
#include "tests/testing/seeded_random.h"
#include "tests/testing/temp_dir.h"

namespace guestbridge::agent {
namespace {

const ClientKey kClient("0aF00000-0000-4000-8000-00000000000e");

class ErasureTest : public ::testing::Test {
 protected:
  std::unique_ptr<Ledger> Open(const std::string& name = "ledger.db") {
    return *Ledger::Open(dir_.File(name), random_);
  }

  bool IsInFile(const std::string& text) {
    std::ostringstream file;
    file << std::ifstream(dir_.File("ledger.db"), std::ios::binary).rdbuf();
    EXPECT_GT(file.str().size(), 4096u);
    return file.str().find(text) != std::string::npos;
  }

  testing::TempDir dir_;
  testing::SeededRandom random_{1};
};

TEST_F(ErasureTest, ItOutlivesTheProcess) {
  std::string hash;
  {
    auto ledger = Open();
    hash = ledger->Erase(kClient, 1000)->hash;
  }
  auto ledger = Open();
  EXPECT_EQ((*ledger->Get(kClient))->link, LinkState::kErased);
  const Erasure again = *ledger->Erase(kClient, 2000);
  EXPECT_EQ(again.hash, hash);
  EXPECT_EQ(again.unix_time, 1000);
}

TEST_F(ErasureTest, NobodyElseIsTakenForIt) {
  auto ledger = Open();
  ASSERT_TRUE(ledger->Erase(kClient, 1000).ok());
  EXPECT_FALSE(
      ledger->Get(ClientKey("0af00000-0000-4000-8000-00000000000f"))->has_value());
}

TEST_F(ErasureTest, TwoLedgersHaveTwoHashesOfOneClient) {
  EXPECT_NE(Open("a.db")->Erase(kClient, 1)->hash,
            Open("b.db")->Erase(kClient, 1)->hash);
  EXPECT_NE(ErasureHash("a", kClient), ErasureHash("b", kClient));
  EXPECT_EQ(ErasureHash("a", kClient).size(), 32u);
}

TEST_F(ErasureTest, AnAdditionThatMayStillComeIsWatchedOnUnderTheHash) {
  std::string hash;
  {
    auto ledger = Open();
    Intent intent;
    intent.key = kClient;
    intent.nonce = "abcd1234";
    ASSERT_TRUE(ledger->CommitIntents({intent}, ContactId(7)).ok());
    const Evidence miss = Evidence::CompleteMiss(absl::Minutes(3), absl::Minutes(2));
    ASSERT_TRUE(ledger->Settle({{kClient, miss, 0, Outcome::kNone, 500}}).ok());
    hash = ledger->Erase(kClient, 1000)->hash;
  }
  EXPECT_FALSE(IsInFile(kClient.guid()));
  auto ledger = Open();
  ASSERT_TRUE(ledger->Erase(kClient, 2000).ok());  // again
  auto watched = *ledger->WatchedAdds();
  ASSERT_EQ(watched.size(), 1u);
  EXPECT_EQ(watched[0].key, ClientKey());
  EXPECT_EQ(watched[0].erased, hash);
  EXPECT_EQ(watched[0].nonce, "abcd1234");
  EXPECT_EQ(watched[0].high, ContactId(7));
  EXPECT_EQ(watched[0].missed_unix, 500);
  ASSERT_TRUE(ledger->NoteLate(watched[0]).ok());
  EXPECT_TRUE(ledger->WatchedAdds()->front().late);
  ASSERT_TRUE(ledger->EndWatch(501, 10000).ok());
  EXPECT_TRUE(ledger->WatchedAdds()->empty());
}

TEST_F(ErasureTest, TheKeyIsNotLeftInTheFile) {
  {
    auto ledger = Open();
    ClientRecord record;
    record.key = kClient;
    record.link = LinkState::kLive;
    record.contact = ContactId(7);
    HistoryEntry how;
    how.kind = HistoryKind::kAdopted;
    ASSERT_TRUE(ledger->Link(record, ContactId(), how).ok());
    ASSERT_TRUE(
        ledger->FinishWriteBack({kClient, ContactId(7)}, absl::OkStatus(), false).ok());
    ASSERT_TRUE(ledger->SetPair(kClient, {"MATCHED_BY_ORIGIN", 1, {}, {}}).ok());
    for (int i = 0; i < 50; ++i) {  // old copies of the row
      record.parameters["k"] = std::string(static_cast<size_t>(i) * 7, 'x');
      ASSERT_TRUE(ledger->Put({record}).ok());
    }
    ASSERT_TRUE(ledger->NoteFinding(1, {1, kClient, ContactId(7), ""}).ok());
    ASSERT_TRUE(ledger->AddToIndex(ContactId(7), "held", {kClient.guid()}).ok());
    ASSERT_TRUE(ledger->AddMatchClient(kClient, "evidence", {"Pdigest"}).ok());
    EXPECT_EQ(ledger->Erase(kClient, 1000)->history, 1);
    EXPECT_FALSE(*ledger->NoteFinding(1, {2, kClient, ContactId(7), ""}));
    EXPECT_FALSE(ledger->IndexedTraits(ContactId(7))->has_value());
    EXPECT_TRUE(ledger->MatchClients(ClientKey(), 10)->empty());
    EXPECT_EQ(*ledger->CountCarriers("Pdigest"), 0);
  }  // The last one to close merges what was appended.
  EXPECT_FALSE(IsInFile(kClient.guid()));
  EXPECT_FALSE(IsInFile("\x0a\xf0"));
}

}  // namespace
}  // namespace guestbridge::agent
