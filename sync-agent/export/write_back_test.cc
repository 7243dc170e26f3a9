#include "sync-agent/export/write_back.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <set>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/status/error.h"
#include "common/time/clock.h"
#include "tests/testing/seeded_random.h"

namespace guestbridge::agent {
namespace {

using ::guestbridge::testing::SeededRandom;

ClientKey Key(int n) {
  return ClientKey(absl::StrCat("00000000-0000-4000-8000-00000000000", n));
}

class FakeWriter final : public SourceWriter {
 public:
  absl::StatusOr<ContactWritten> WriteContact(const ClientKey& client,
                                              ContactId) override {
    const std::lock_guard<std::mutex> lock(mutex_);
    ++asked_;
    order_.push_back(client);
    if (locked_.count(client) > 0) return MakeError("SOURCE_BUSY");
    if (!answer_.ok()) return answer_;
    return ContactWritten{"v1", "v2"};
  }
  void Lock(const ClientKey& client) {
    const std::lock_guard<std::mutex> lock(mutex_);
    locked_.insert(client);
  }
  std::vector<ClientKey> order() {
    const std::lock_guard<std::mutex> lock(mutex_);
    return order_;
  }
  absl::Status CheckHours() const override {
    return quiet_ ? MakeError("SOURCE_QUIET_HOURS", {{"until", "11:00"}})
                  : absl::OkStatus();
  }
  void Rest() override { ++rests_; }
  void KeepQuiet() { quiet_ = true; }
  int rests() const { return rests_; }
  void Answer(absl::Status answer) {
    const std::lock_guard<std::mutex> lock(mutex_);
    answer_ = std::move(answer);
  }
  int asked() {
    const std::lock_guard<std::mutex> lock(mutex_);
    return asked_;
  }

 private:
  std::mutex mutex_;
  absl::Status answer_;
  int asked_ = 0;
  std::set<ClientKey> locked_;
  std::vector<ClientKey> order_;
  std::atomic<bool> quiet_ = false;
  std::atomic<int> rests_ = 0;
};

class WriteBackTest : public ::testing::Test {
 protected:
  void Queue(int n) {
    ClientRecord record;
    record.key = Key(n);
    record.link = LinkState::kLive;
    record.contact = ContactId(n);
    ASSERT_TRUE(ledger_->Link(record, ContactId()).ok());
  }
  // Exported by a run, with the version of its row.
  void Export(int n, WriteBackRank rank) {
    Intent intent;
    intent.key = Key(n);
    intent.version = "v1";
    ASSERT_TRUE(ledger_->CommitIntents({intent}, ContactId()).ok());
    Settlement settlement = {Key(n), Evidence::Done(ContactId(n))};
    settlement.outcome = Outcome::kAdded;
    settlement.run = 1;
    settlement.unix_time = n;
    settlement.rank = rank;
    ASSERT_TRUE(ledger_->Settle({settlement}).ok());
  }
  // Ends with the test's time-out when it never comes.
  void Await(int pending, int parked) {
    while (true) {
      const auto counts = ledger_->CountWriteBacks();
      ASSERT_TRUE(counts.ok());
      if (counts->pending == pending && counts->parked == parked) return;
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
  }
  std::unique_ptr<WriteBack> Begin() {
    WriteBack::Settings settings;
    settings.first_pause = absl::Milliseconds(1);
    auto write_back =
        std::make_unique<WriteBack>(*ledger_, writer_, gauge_, SystemClock(), settings);
    write_back->Start();
    return write_back;
  }

  SeededRandom random_{1};
  std::unique_ptr<Ledger> ledger_ = *Ledger::Open(":memory:", random_);
  FakeWriter writer_;
  WriteBackGauge gauge_;
};

TEST_F(WriteBackTest, WhatTheWholeBaseRefusesIsParkedWithTheReasonAfterThreeTries) {
  writer_.Answer(MakeError("SOURCE_RIGHT_MISSING", {{"entity", "E"}}));
  for (int n = 1; n <= 5; ++n) Queue(n);
  const auto write_back = Begin();
  Await(0, 5);
  EXPECT_EQ(writer_.asked(), 3);
  EXPECT_EQ((*ledger_->Get(Key(5)))->write_back_reason, "SOURCE_RIGHT_MISSING");
}

TEST_F(WriteBackTest, AWriteThatSucceedsQueuesWhatTheBaseHadRefused) {
  writer_.Answer(MakeError("SOURCE_CREDENTIALS_REFUSED"));
  Queue(1);
  const auto write_back = Begin();
  Await(0, 1);
  writer_.Answer(absl::OkStatus());
  Queue(2);
  write_back->Wake();
  Await(0, 0);
  EXPECT_EQ((*ledger_->Get(Key(1)))->write_back, WriteBackState::kDone);
}

TEST_F(WriteBackTest, ASavedConnectionQueuesWhatTheBaseHadRefusedAndNothingElse) {
  Queue(1);
  Queue(2);
  const WriteBackItem gone = (*ledger_->PendingWriteBacks(1))[0];
  ASSERT_TRUE(
      ledger_->FinishWriteBack(gone, MakeError("CLIENT_GONE", {{"entity", "E"}}), true)
          .ok());
  ASSERT_TRUE(ledger_->ParkWriteBacks(MakeError("SOURCE_RIGHT_MISSING")).ok());
  const auto write_back = Begin();
  Await(0, 1);
  EXPECT_EQ((*ledger_->Get(gone.key))->write_back_reason, "CLIENT_GONE");
}

TEST_F(WriteBackTest, GuestsOfTodayGoBeforeTheMass) {
  for (int n = 1; n <= 3; ++n) Export(n, WriteBackRank::kMass);
  Export(4, WriteBackRank::kFresh);
  const auto write_back = Begin();
  Await(0, 0);
  EXPECT_EQ(writer_.order()[0], Key(4));
}

TEST_F(WriteBackTest, AGuestOfTodayWhoseCardIsOpenDoesNotHoldUpTheMass) {
  for (int n = 1; n <= 3; ++n) Export(n, WriteBackRank::kMass);
  Export(4, WriteBackRank::kFresh);
  writer_.Lock(Key(4));
  const auto write_back = Begin();
  Await(1, 0);
  EXPECT_EQ((*ledger_->PendingWriteBacks(9))[0].key, Key(4));
}

TEST_F(WriteBackTest, TheVersionThatAWriteMadeIsKnownAsOurs) {
  Export(1, WriteBackRank::kFresh);
  EXPECT_EQ((*ledger_->KnownVersions({Key(1)}))[0].version, "v1");
  EXPECT_FALSE((*ledger_->KnownVersions({Key(1)}))[0].echo);
  const auto write_back = Begin();
  Await(0, 0);
  EXPECT_EQ((*ledger_->KnownVersions({Key(1)}))[0].version, "v2");
  EXPECT_TRUE((*ledger_->KnownVersions({Key(1)}))[0].echo);
}

TEST_F(WriteBackTest, AVersionThatSomebodyElseMadeMeanwhileStaysUnknown) {
  Export(1, WriteBackRank::kFresh);
  ASSERT_TRUE(ledger_->NoteEcho(Key(1), "v7", "v8").ok());
  EXPECT_EQ((*ledger_->KnownVersions({Key(1)}))[0].version, "v1");
}

TEST_F(WriteBackTest, InTheQuietHoursNothingIsAskedOf1CAndTheQueueStays) {
  writer_.KeepQuiet();
  Queue(1);
  const auto write_back = Begin();
  while (writer_.rests() == 0) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  write_back->Stop();
  EXPECT_EQ(writer_.asked(), 0);
  EXPECT_EQ(ledger_->CountWriteBacks()->pending, 1);
}

std::optional<QuietSpell> NeverQuiet(absl::Time) { return std::nullopt; }

TEST_F(WriteBackTest, WritesThat1CTookTellWhenTheRestWillBeThere) {
  for (int n = 1; n <= 3; ++n) Queue(n);
  EXPECT_EQ(gauge_.Look(3, absl::Now(), NeverQuiet).per_second, 0);
  const auto write_back = Begin();
  Await(0, 0);
  write_back->Stop();
  EXPECT_GT(gauge_.Look(3, absl::Now(), NeverQuiet).per_second, 0);
  EXPECT_TRUE(gauge_.Look(3, absl::Now(), NeverQuiet).end.has_value());
}

TEST_F(WriteBackTest, AnAwayBaseIsWhatTheQueueWaitsFor) {
  writer_.Answer(MakeError("SOURCE_UNREACHABLE"));
  Queue(1);
  const auto write_back = Begin();
  while (writer_.asked() < 2) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  EXPECT_EQ(ReasonOf(gauge_.Look(1, absl::Now(), NeverQuiet).waiting),
            "SOURCE_UNREACHABLE");
}

TEST_F(WriteBackTest, WhileAnotherAgentMayServeNothingIsWritten) {
  Queue(1);
  std::atomic<bool> ours = false;
  std::atomic<int> asked = 0;
  WriteBack::Settings settings;
  settings.first_pause = absl::Milliseconds(1);
  WriteBack write_back(*ledger_, writer_, gauge_, SystemClock(), settings, [&] {
    ++asked;
    return ours.load();
  });
  write_back.Start();
  while (asked < 2) std::this_thread::sleep_for(std::chrono::milliseconds(1));
  EXPECT_EQ(writer_.asked(), 0);
  EXPECT_GT(writer_.rests(), 0);
  ours = true;
  Await(0, 0);
  EXPECT_EQ(writer_.asked(), 1);
}

}  // namespace
}  // namespace guestbridge::agent
