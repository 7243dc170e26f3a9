#include "sync-agent/ledger/erasure.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "absl/strings/str_format.h"
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

  static bool IsIn(const std::string& name, const std::string& text) {
    std::ostringstream file;
    file << std::ifstream(name, std::ios::binary).rdbuf();
    return file.str().find(text) != std::string::npos;
  }
  bool IsInFile(const std::string& text) {
    EXPECT_GT(std::filesystem::file_size(dir_.File("ledger.db")), 4096u);
    return IsIn(dir_.File("ledger.db"), text);
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

constexpr int kAll = 1000;

// What a new ledger learns of the others by way of the server.
class SharedErasureTest : public ErasureTest {
 protected:
  static ClientKey Key(int number) {
    return ClientKey(absl::StrFormat("%08x-0000-4000-8000-000000000000", number));
  }
  static std::vector<ErasureList> ListsOf(Ledger& ledger) {
    return *ledger.ErasuresBeyond({}, kAll);
  }
  static bool IsErased(Ledger& ledger, const ClientKey& key) {
    const auto record = *ledger.Get(key);
    return record.has_value() && record->link == LinkState::kErased;
  }
  static void Link(Ledger& ledger, const ClientKey& key, int64_t contact) {
    ClientRecord record;
    record.key = key;
    record.link = LinkState::kLive;
    record.contact = ContactId(contact);
    HistoryEntry how;
    how.kind = HistoryKind::kAdopted;
    ASSERT_TRUE(ledger.Link(record, ContactId(), how).ok());
  }
};

TEST_F(SharedErasureTest, ANewLedgerTakesUpWhomAnotherHasErased) {
  auto first = Open("first.db");
  ASSERT_TRUE(first->Erase(Key(1), 1000).ok());
  ASSERT_TRUE(first->Erase(Key(2), 2000).ok());
  const std::vector<ErasureList> lists = ListsOf(*first);
  ASSERT_EQ(lists.size(), 1u);
  EXPECT_EQ(lists[0].clients.size(), 2u);
  EXPECT_EQ(lists[0].clients[0].unix_time, 2000) << "the latest first";
  {
    auto second = Open();
    EXPECT_EQ(*second->TakeErasures(lists), 0);
    EXPECT_TRUE(IsErased(*second, Key(1)));
    EXPECT_TRUE(IsErased(*second, Key(2)));
    EXPECT_FALSE(second->Get(Key(3))->has_value());
    EXPECT_TRUE(second->ErasuresBeyond(lists, kAll)->empty());
    Intent intent;
    intent.key = Key(1);
    EXPECT_FALSE(second->CommitIntents({intent}, ContactId(7)).ok());
  }
  EXPECT_TRUE(IsErased(*Open(), Key(2))) << "in the next process, too";
}

TEST_F(SharedErasureTest, OneSecretServesLedgersThatComeAfter) {
  auto first = Open("first.db");
  ASSERT_TRUE(first->Erase(Key(1), 1000).ok());
  const std::vector<ErasureList> lists = ListsOf(*first);
  auto second = Open();
  ASSERT_TRUE(second->TakeErasures(lists).ok());
  const Erasure own = *second->Erase(Key(2), 2000);
  EXPECT_EQ(own.hash, ErasureHash(lists[0].secret, Key(2)));
  EXPECT_EQ(ListsOf(*second).size(), 1u);
  EXPECT_EQ(second->Erase(Key(1), 3000)->unix_time, 1000);
  const std::vector<ErasureList> beyond = *second->ErasuresBeyond(lists, kAll);
  ASSERT_EQ(beyond.size(), 1u);
  ASSERT_EQ(beyond[0].clients.size(), 1u);
  EXPECT_EQ(beyond[0].clients[0].hash, own.hash);
}

TEST_F(SharedErasureTest, LedgersThatErasedApartLearnOfEachOther) {
  auto first = Open("first.db");
  auto second = Open("second.db");
  ASSERT_TRUE(first->Erase(Key(1), 1000).ok());
  ASSERT_TRUE(second->Erase(Key(2), 2000).ok());
  std::vector<ErasureList> kept = ListsOf(*first);
  const std::vector<ErasureList> beyond = *second->ErasuresBeyond(kept, kAll);
  kept.insert(kept.end(), beyond.begin(), beyond.end());
  ASSERT_EQ(kept.size(), 2u);
  for (Ledger* const ledger : {first.get(), second.get()}) {
    EXPECT_EQ(*ledger->TakeErasures(kept), 0);
    EXPECT_TRUE(IsErased(*ledger, Key(1)));
    EXPECT_TRUE(IsErased(*ledger, Key(2)));
    EXPECT_TRUE(ledger->ErasuresBeyond(kept, kAll)->empty());
    EXPECT_EQ(ledger->CountErased(), 2);
  }
  auto third = Open();
  ASSERT_TRUE(third->TakeErasures(kept).ok());
  EXPECT_TRUE(IsErased(*third, Key(1)));
  EXPECT_TRUE(IsErased(*third, Key(2)));
}

TEST_F(SharedErasureTest, AnOlderLedgerForgetsWhomItStillHolds) {
  auto first = Open("first.db");
  ASSERT_TRUE(first->Erase(kClient, 1000).ok());
  {
    auto second = Open();
    Link(*second, kClient, 7);
    Link(*second, Key(2), 8);
    ASSERT_TRUE(second->SetPair(Key(3), {"MATCHED_BY_ORIGIN", 1, {}, {}}).ok());
    ASSERT_TRUE(first->Erase(Key(3), 1000).ok());
    EXPECT_EQ(*second->TakeErasures(ListsOf(*first)), 2);
    EXPECT_TRUE(IsErased(*second, kClient));
    EXPECT_FALSE(second->ClientOf(ContactId(7))->has_value());
    EXPECT_FALSE(second->Pair(Key(3))->has_value());
    EXPECT_EQ((*second->Get(Key(2)))->contact, ContactId(8));
    EXPECT_EQ(second->History(Key(2), 0, 10)->entries.size(), 1u);
    EXPECT_EQ(second->CountWriteBacks()->pending, 1);
    EXPECT_EQ(*second->TakeErasures(ListsOf(*first)), 0);
  }
  EXPECT_FALSE(IsInFile(kClient.guid()));
  EXPECT_FALSE(IsInFile("\x0a\xf0"));
}

TEST_F(SharedErasureTest, WhatIsInDoubtIsSettledFirstAndNothingNewLeaves) {
  auto first = Open("first.db");
  ASSERT_TRUE(first->Erase(Key(1), 1000).ok());
  const std::vector<ErasureList> lists = ListsOf(*first);
  {
    auto second = Open();
    Intent intent;
    intent.key = Key(1);
    intent.nonce = "abcd1234";
    ASSERT_TRUE(second->CommitIntents({intent}, ContactId(7)).ok());
    EXPECT_EQ(*second->TakeErasures(lists), 0);
    EXPECT_TRUE(IsErased(*second, Key(1)));
    EXPECT_TRUE(second->AttemptOf(Key(1))->has_value());
  }
  auto second = Open();
  EXPECT_EQ(*second->TakeErasures(lists), 0);
  EXPECT_TRUE(IsErased(*second, Key(1))) << "in the next process, too";
  ASSERT_TRUE(
      second->Settle({{Key(1), Evidence::Found(ContactId(9)), 0, Outcome::kNone, 500}})
          .ok());
  EXPECT_TRUE(IsErased(*second, Key(1)));
  EXPECT_EQ(*second->TakeErasures(lists), 1);
  EXPECT_TRUE(IsErased(*second, Key(1)));
  EXPECT_FALSE(second->ClientOf(ContactId(9))->has_value());
}

// No file grows beyond `bytes` meanwhile, as on a full disk.
class FullDisk {
 public:
  explicit FullDisk(rlim_t bytes) : before_(std::signal(SIGXFSZ, SIG_IGN)) {
    EXPECT_EQ(getrlimit(RLIMIT_FSIZE, &limit_), 0);
    const rlimit lower = {bytes, limit_.rlim_max};
    EXPECT_EQ(setrlimit(RLIMIT_FSIZE, &lower), 0);
  }
  ~FullDisk() {
    EXPECT_EQ(setrlimit(RLIMIT_FSIZE, &limit_), 0);
    std::signal(SIGXFSZ, before_);
  }

 private:
  void (*before_)(int);
  rlimit limit_ = {};
};

TEST_F(SharedErasureTest, WhatAFullDiskKeptIsWipedByTheNextCall) {
  auto first = Open("first.db");
  ASSERT_TRUE(first->Erase(Key(4000), 1000).ok());
  const std::vector<ErasureList> lists = ListsOf(*first);
  auto second = Open();
  ASSERT_TRUE(second
                  ->Together([&] {
                    for (int i = 1; i <= 5000; ++i) Link(*second, Key(i), i);
                  })
                  .ok());
  {
    const FullDisk full(512 << 10);
    EXPECT_FALSE(second->TakeErasures(lists).ok());
  }
  EXPECT_FALSE(second->ClientOf(ContactId(4000))->has_value()) << "it was removed";
  EXPECT_EQ(*second->TakeErasures(lists), 0);
  EXPECT_FALSE(IsInFile(Key(4000).guid()));
  EXPECT_FALSE(IsIn(dir_.File("ledger.db-wal"), Key(4000).guid()));
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
