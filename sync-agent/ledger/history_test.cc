#include "sync-agent/ledger/history.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"
#include "sync-agent/ledger/ledger.h"
#include "tests/testing/seeded_random.h"
#include "tests/testing/temp_dir.h"

namespace guestbridge::agent {
namespace {

using ::testing::ElementsAre;

const ClientKey kOne("00000000-0000-4000-8000-000000000001");
const ClientKey kTwo("0aF00000-0000-4000-8000-00000000000e");
constexpr int64_t kDay = 86400;

class HistoryTest : public ::testing::Test {
 protected:
  HistoryTest() : ledger_(*Ledger::Open(dir_.File("ledger.db"), random_)) {}

  // Of an attempt that is settled by `evidence` in the run of that number.
  void Export(const ClientKey& key, AttemptKind kind, Evidence evidence, int64_t run,
              std::vector<std::string> fields = {}, bool recreate = false) {
    Intent intent;
    intent.key = key;
    intent.kind = kind;
    intent.nonce = "n";
    intent.digest.hash = "h";
    intent.mapping_version = 3;
    intent.recreate = recreate;
    intent.fields = std::move(fields);
    ASSERT_TRUE(ledger_->CommitIntents({intent}, ContactId(1)).ok());
    ASSERT_TRUE(
        ledger_->Settle({{key, std::move(evidence), run, Outcome::kNone, 1000 + run}})
            .ok());
  }
  void Added(const ClientKey& key, int64_t contact, int64_t run = 1) {
    Export(key, AttemptKind::kAdd, Evidence::Done(ContactId(contact)), run);
  }
  // By a person, at that second.
  void Noted(const ClientKey& key, int64_t unix_time) {
    HistoryEntry entry;
    entry.kind = HistoryKind::kUnlinked;
    entry.unix_time = unix_time;
    ASSERT_TRUE(ledger_->NoteHistory(key, entry).ok());
  }
  std::vector<HistoryEntry> All(const ClientKey& key) {
    return ledger_->History(key, 0, 1000)->entries;
  }
  std::vector<HistoryKind> Kinds(const ClientKey& key) {
    std::vector<HistoryKind> kinds;
    for (const HistoryEntry& entry : All(key)) kinds.push_back(entry.kind);
    return kinds;
  }
  std::vector<int64_t> Times(const ClientKey& key) {
    std::vector<int64_t> times;
    for (const HistoryEntry& entry : All(key)) times.push_back(entry.unix_time);
    return times;
  }
  void PruneAll(const HistoryLimits& limits, int at_once = 3) {
    int64_t after = 0;
    do {
      after = *ledger_->PruneHistory(after, limits, at_once);
    } while (after != 0);
  }

  testing::TempDir dir_;
  testing::SeededRandom random_{1};
  std::unique_ptr<Ledger> ledger_;
};

TEST_F(HistoryTest, WhatSettlesAnAttemptTellsOfItNewestFirst) {
  Added(kOne, 10);
  Added(kTwo, 20, 2);
  Export(kOne, AttemptKind::kUpdate, Evidence::Done(ContactId(10)), 3,
         {"EMAIL", "PHONE"});
  const auto entries = All(kOne);
  ASSERT_EQ(entries.size(), 2u);
  EXPECT_EQ(entries[0].kind, HistoryKind::kUpdated);
  EXPECT_THAT(entries[0].fields, ElementsAre("EMAIL", "PHONE"));
  EXPECT_EQ(entries[0].run, 3);
  EXPECT_EQ(entries[0].unix_time, 1003);
  EXPECT_EQ(entries[0].mapping_version, 3);
  EXPECT_EQ(entries[0].contact, ContactId(10));
  EXPECT_EQ(entries[1].kind, HistoryKind::kAdded);
  EXPECT_EQ(entries[1].run, 1);
  EXPECT_TRUE(entries[1].fields.empty());
  EXPECT_THAT(Kinds(kTwo), ElementsAre(HistoryKind::kAdded));
}

TEST_F(HistoryTest, ARefusalTellsWhyAndARecreationThatItIsOne) {
  Export(kOne, AttemptKind::kAdd, Evidence::Refused("PORTAL_REFUSED", {{"code", "X"}}),
         1);
  Export(kOne, AttemptKind::kAdd, Evidence::Done(ContactId(10)), 2, {},
         /*recreate=*/true);
  const auto entries = All(kOne);
  ASSERT_EQ(entries.size(), 2u);
  EXPECT_EQ(entries[0].kind, HistoryKind::kRecreated);
  EXPECT_EQ(entries[1].kind, HistoryKind::kFailed);
  EXPECT_EQ(entries[1].reason, "PORTAL_REFUSED");
  EXPECT_EQ(entries[1].parameters.at("code"), "X");
}

TEST_F(HistoryTest, WhatWasNotDoneOrWroteNoFieldLeavesNoEntry) {
  Export(kOne, AttemptKind::kAdd, Evidence::NotExecuted(), 1);
  Export(kOne, AttemptKind::kAdd,
         Evidence::CompleteMiss(absl::Seconds(2), absl::Seconds(1)), 1);
  EXPECT_TRUE(All(kOne).empty());
  Added(kOne, 10);
  Export(kOne, AttemptKind::kUpdate, Evidence::Done(ContactId(10)), 2);  // a stamp
  EXPECT_THAT(Kinds(kOne), ElementsAre(HistoryKind::kAdded));
}

TEST_F(HistoryTest, AnUpdateThatWasNeverAnsweredIsToldAsUncertain) {
  Added(kOne, 10);
  Export(kOne, AttemptKind::kUpdate,
         Evidence::CompleteMiss(absl::Seconds(2), absl::Seconds(1)), 2, {"NAME"});
  const auto entries = All(kOne);
  ASSERT_EQ(entries.size(), 2u);
  EXPECT_EQ(entries[0].kind, HistoryKind::kUpdated);
  EXPECT_EQ(entries[0].reason, "UPDATE_UNCERTAIN");
  EXPECT_THAT(entries[0].fields, ElementsAre("NAME"));
}

TEST_F(HistoryTest, ALinkIsToldOnce) {
  ClientRecord record;
  record.key = kOne;
  record.link = LinkState::kLive;
  record.contact = ContactId(9);
  HistoryEntry how;
  how.kind = HistoryKind::kAdopted;
  how.reason = "MATCHED_BY_ORIGIN";
  for (int i = 0; i < 2; ++i) {
    ASSERT_TRUE(ledger_->Link(record, ContactId(), how).ok());
  }
  const auto entries = All(kOne);
  ASSERT_EQ(entries.size(), 1u);
  EXPECT_EQ(entries[0].contact, ContactId(9));
  EXPECT_EQ(entries[0].reason, "MATCHED_BY_ORIGIN");
}

TEST_F(HistoryTest, APutOfAnOldRecordKeepsTheHistory) {
  Added(kOne, 10);
  const ClientRecord old = **ledger_->Get(kOne);
  Noted(kOne, 2000);
  ASSERT_TRUE(ledger_->Put({old}).ok());
  EXPECT_EQ(All(kOne).size(), 2u);
}

TEST_F(HistoryTest, WhatIsUndoneIsNotTold) {
  Added(kOne, 10);
  EXPECT_FALSE(
      ledger_->Settle({{kOne, Evidence::Done(ContactId(11)), 2, Outcome::kNone, 2000}})
          .value_or(std::vector<Outcome>{})
          .empty());
  EXPECT_EQ(All(kOne).size(), 1u);  // It was settled before.
}

TEST_F(HistoryTest, ItIsReadInPages) {
  Added(kOne, 10);
  for (int i = 1; i <= 4; ++i) Noted(kOne, 2000 + i);
  std::vector<int64_t> times;
  int64_t from = 0;
  int pages = 0;
  do {
    const HistoryPage page = *ledger_->History(kOne, from, 2);
    EXPECT_LE(page.entries.size(), 2u);
    for (const HistoryEntry& entry : page.entries) times.push_back(entry.unix_time);
    from = page.next;
    ++pages;
  } while (from != 0);
  EXPECT_EQ(pages, 3);
  EXPECT_THAT(times, ElementsAre(2004, 2003, 2002, 2001, 1001));
  // Nobody reads another client's entries with it.
  EXPECT_TRUE(
      ledger_->History(kTwo, ledger_->History(kOne, 0, 2)->next, 9)->entries.empty());
}

TEST_F(HistoryTest, OldEntriesAreForgottenAndNewOnesStay) {
  for (const ClientKey& key : {kOne, kTwo}) {
    Added(key, key == kOne ? 10 : 20);
    for (int day = 1; day <= 5; ++day) Noted(key, day * kDay);
  }
  PruneAll({.not_before_unix = 4 * kDay});
  for (const ClientKey& key : {kOne, kTwo}) {
    EXPECT_THAT(Times(key), ElementsAre(5 * kDay, 4 * kDay));
  }
}

TEST_F(HistoryTest, TheNewestEntryOfAClientStaysHoweverOldUntilTheClientGoes) {
  for (const ClientKey& key : {kOne, kTwo}) {
    Added(key, key == kOne ? 10 : 20);
    for (int day = 1; day <= 3; ++day) Noted(key, day * kDay);
  }
  PruneAll({.not_before_unix = 10 * kDay}, /*at_once=*/1);
  PruneAll({.not_before_unix = 10 * kDay});
  for (const ClientKey& key : {kOne, kTwo}) {
    EXPECT_THAT(Times(key), ElementsAre(3 * kDay));
  }
  const int64_t before = ledger_->sequence();
  PruneAll({.not_before_unix = 10 * kDay});
  EXPECT_EQ(ledger_->sequence(), before);

  // It goes once there is a newer one.
  Noted(kOne, 11 * kDay);
  EXPECT_THAT(Times(kOne), ElementsAre(11 * kDay, 3 * kDay));
  PruneAll({.not_before_unix = 10 * kDay});
  EXPECT_THAT(Times(kOne), ElementsAre(11 * kDay));
  EXPECT_THAT(Times(kTwo), ElementsAre(3 * kDay));
}

TEST_F(HistoryTest, ARunIsNamedAsLongAsAnEntryIsToldOfIt) {
  for (const int64_t run : {7, 8}) {
    ASSERT_TRUE(
        ledger_->NameRun(run, absl::StrCat("integrations/main/runs/", run)).ok());
  }
  Added(kTwo, 20, 7);
  Noted(kTwo, 2000);
  Added(kOne, 10, 8);
  PruneAll({.not_before_unix = 10 * kDay});
  EXPECT_EQ(All(kOne)[0].run_name, "integrations/main/runs/8");
  Added(kTwo, 21, 7);
  EXPECT_EQ(All(kTwo)[0].run_name, "");  // gone with its last entry
}

TEST_F(HistoryTest, OfAClientTheNewestEntriesAreKept) {
  Added(kOne, 10);
  Added(kTwo, 20);
  for (int i = 1; i <= 7; ++i) Noted(kOne, 2000 + i);
  PruneAll({.not_before_unix = 0, .most_per_client = 3});
  EXPECT_THAT(Times(kOne), ElementsAre(2007, 2006, 2005));
  EXPECT_THAT(Kinds(kTwo), ElementsAre(HistoryKind::kAdded));
}

TEST_F(HistoryTest, WhereNothingIsForgottenNothingIsWritten) {
  Added(kOne, 10);
  const int64_t before = ledger_->sequence();
  PruneAll({.not_before_unix = 0});
  EXPECT_EQ(ledger_->sequence(), before);
}

TEST_F(HistoryTest, AnotherPortalLeavesItAsThatOfTheEarlierOne) {
  Added(kOne, 10);
  ASSERT_TRUE(ledger_->ForgetLinks({}).ok());
  Added(kOne, 3, 2);
  const auto entries = All(kOne);
  ASSERT_EQ(entries.size(), 2u);
  EXPECT_FALSE(entries[0].earlier_portal);
  EXPECT_TRUE(entries[1].earlier_portal);
}

TEST_F(HistoryTest, ARunIsToldByTheNameThatTheServerGaveIt) {
  ASSERT_TRUE(ledger_->NameRun(7, "integrations/main/runs/3").ok());
  Added(kOne, 10, 7);
  Added(kTwo, 20, 8);
  EXPECT_EQ(All(kOne)[0].run_name, "integrations/main/runs/3");
  EXPECT_EQ(All(kTwo)[0].run_name, "");
}

TEST_F(HistoryTest, ItOutlivesTheProcess) {
  Added(kTwo, 20);
  ledger_ = nullptr;
  ledger_ = *Ledger::Open(dir_.File("ledger.db"), random_);
  EXPECT_EQ(All(kTwo).size(), 1u);
}

}  // namespace
}  // namespace guestbridge::agent
