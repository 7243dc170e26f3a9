// What a match that has ended said of each client.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "sync-agent/ledger/ledger.h"
#include "tests/testing/seeded_random.h"
#include "tests/testing/temp_dir.h"

namespace guestbridge::agent {
namespace {

using ::guestbridge::testing::SeededRandom;
using ::guestbridge::testing::TempDir;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using Result = Ledger::MatchResult;

constexpr int kAll = 100;

ClientKey Key(int number) {
  return ClientKey("00000000-0000-4000-8000-00000000000" + std::to_string(number));
}

class MatchResultsTest : public ::testing::Test {
 protected:
  SeededRandom random_{1};
  TempDir dir_;
  std::string file_ = dir_.path() + "/ledger.db";

  std::unique_ptr<Ledger> Open(const std::string& name = "ledger.db") {
    auto ledger = Ledger::Open(absl::StrCat(dir_.path(), "/", name), random_);
    EXPECT_TRUE(ledger.ok()) << ledger.status();
    return *std::move(ledger);
  }
  // All but its end; nobody sought a contact for client 9.
  static void Match(Ledger& ledger, const std::vector<Result>& results) {
    ASSERT_TRUE(ledger.AddToIndex(ContactId(50), "traits", {"Pdigest"}).ok());
    ASSERT_TRUE(ledger.AddMatchClient(Key(9), "", {"Pdigest"}).ok());
    for (size_t i = 0; i < results.size(); ++i) {
      const ClientKey key = Key(static_cast<int>(i) + 1);
      ASSERT_TRUE(ledger.AddMatchClient(key, "evidence", {"Pdigest"}).ok());
      ASSERT_TRUE(ledger.SetMatchVerdict({key, "", ContactId(50), 3, "verdict"}).ok());
    }
    for (size_t i = 0; i < results.size(); ++i) {
      ASSERT_TRUE(ledger.SetMatchResult(Key(static_cast<int>(i) + 1), results[i]).ok());
    }
  }
  static void Ended(Ledger& ledger, const std::vector<Result>& results) {
    Match(ledger, results);
    ASSERT_TRUE(ledger.EndMatch().ok());
  }
  static std::vector<ClientKey> Told(Ledger& ledger, Result result = Result::kAny) {
    return *ledger.MatchResults(result, ClientKey(), kAll);
  }
};

TEST_F(MatchResultsTest, AreListedByKeyAndByWhatWasSaid) {
  {
    auto ledger = Open();
    Ended(*ledger,
          {Result::kNew, Result::kMatched, Result::kAmbiguous, Result::kMatched});
  }
  auto ledger = Open();  // the next process
  EXPECT_THAT(Told(*ledger), ElementsAre(Key(1), Key(2), Key(3), Key(4)));
  EXPECT_THAT(Told(*ledger, Result::kMatched), ElementsAre(Key(2), Key(4)));
  EXPECT_THAT(Told(*ledger, Result::kAmbiguous), ElementsAre(Key(3)));
  EXPECT_THAT(Told(*ledger, Result::kNew), ElementsAre(Key(1)));
  EXPECT_THAT(*ledger->MatchResults(Result::kMatched, ClientKey(), 1),
              ElementsAre(Key(2)));
  EXPECT_THAT(*ledger->MatchResults(Result::kMatched, Key(2), 1), ElementsAre(Key(4)));
  EXPECT_THAT(*ledger->MatchResults(Result::kMatched, Key(4), 1), IsEmpty());
}

TEST_F(MatchResultsTest, AMatchThatDidNotEndSaysNothing) {
  auto ledger = Open();
  Match(*ledger, {Result::kNew, Result::kMatched});
  EXPECT_THAT(Told(*ledger), IsEmpty());
  ASSERT_TRUE(ledger->ClearIndex().ok());
  EXPECT_THAT(Told(*ledger), IsEmpty());
}

// What it said already must not change what it says of those that follow.
TEST_F(MatchResultsTest, AClaimStandsUntilTheMatchEnds) {
  auto ledger = Open();
  Match(*ledger, {Result::kNew, Result::kMatched});
  EXPECT_EQ(*ledger->RivalRank(ContactId(50), Key(1)), 3);
  ASSERT_TRUE(ledger->EndMatch().ok());
  EXPECT_EQ(*ledger->RivalRank(ContactId(50), Key(1)), 0);
}

TEST_F(MatchResultsTest, NothingOfTheTwoSidesStaysWithThem) {
  auto ledger = Open();
  Ended(*ledger, {Result::kNew, Result::kMatched});
  EXPECT_THAT(*ledger->Lookup("Pdigest", kAll), IsEmpty());
  EXPECT_FALSE(ledger->IndexedTraits(ContactId(50))->has_value());
  EXPECT_EQ(*ledger->CountCarriers("Pdigest"), 0);
  EXPECT_THAT(*ledger->MatchClients(ClientKey(), kAll), IsEmpty());
  auto raw = Database::Open(file_, Database::Durability::kFull, /*check=*/false);
  ASSERT_TRUE(raw.ok()) << raw.status();
  const auto count = (*raw)->Prepare(
      "SELECT count(*), sum(length(evidence)), sum(length(verdict)) FROM "
      "match_clients");
  ASSERT_TRUE(count.ok()) << count.status();
  ASSERT_TRUE(*(*count)->Step());
  EXPECT_EQ((*count)->Int(0), 2);
  EXPECT_EQ((*count)->Int(1), 0);
  EXPECT_EQ((*count)->Int(2), 2);
  (*count)->Reset();
}

TEST_F(MatchResultsTest, GoWithAnErasureAndWithTheLinksOfAPortal) {
  auto ledger = Open();
  Ended(*ledger, {Result::kNew, Result::kMatched});
  ASSERT_TRUE(ledger->Erase(Key(1), 1000).ok());
  EXPECT_THAT(Told(*ledger), IsEmpty());
  Ended(*ledger, {Result::kNew, Result::kMatched});
  ASSERT_TRUE(ledger->ForgetLinks({}).ok());
  EXPECT_THAT(Told(*ledger), IsEmpty());
}

TEST_F(MatchResultsTest, GoWithAnErasureElsewhereOfAClientThatIsOnlyThere) {
  auto other = Open("other.db");
  ASSERT_TRUE(other->Erase(Key(1), 1000).ok());
  auto ledger = Open();
  Ended(*ledger, {Result::kNew, Result::kMatched});
  EXPECT_EQ(*ledger->TakeErasures(*other->ErasuresBeyond({}, kAll)), 1);
  EXPECT_THAT(Told(*ledger), IsEmpty());
}

}  // namespace
}  // namespace guestbridge::agent
