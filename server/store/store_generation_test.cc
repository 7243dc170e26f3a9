#include <memory>
#include <string>
#include <utility>

#include "common/random/random.h"
#include "common/status/status_macros.h"
#include "gtest/gtest.h"
#include "server/store/sql_store.h"
#include "server/store/store.h"
#include "server/store/store_conformance_fixture_test.h"

// Binds every implementation of Store: a database that has lost commits.
namespace guestbridge::server {
namespace {

class StoreGeneration : public StoreConformance {
 protected:
  // What a failover to a copy leaves that has nothing after `revision`, and `runs` of
  // the sequence; 0: the copy does not know it yet.
  void SetBack(int64_t revision, int64_t runs = 1) {
    const auto backend = place_->OpenBackend();
    ASSERT_TRUE(backend.ok()) << backend.status();
    const absl::Status status =
        (*backend)->Transact([&](SqlSession& session) -> absl::Status {
          GB_RETURN_IF_ERROR(
              session.Run("DELETE FROM documents WHERE version > $1", {revision}));
          GB_RETURN_IF_ERROR(
              session.Run("DELETE FROM changes WHERE revision > $1", {revision}));
          GB_RETURN_IF_ERROR(session.Run(
              "UPDATE sequences SET value = $1 WHERE name = 'runs'", {runs}));
          GB_RETURN_IF_ERROR(session.Run(
              "DELETE FROM sequences WHERE name = 'runs' AND value = 0", {}));
          GB_RETURN_IF_ERROR(session.Run(
              "UPDATE sequences SET value = $1 WHERE name = '#revision'", {revision}));
          return (*backend)->NotifyOthers(session);
        });
    ASSERT_TRUE(status.ok()) << status;
  }

  int64_t NextRun() {
    int64_t number = 0;
    const auto written = store_->Write([&](Transaction& t) -> absl::Status {
      GB_ASSIGN_OR_RETURN(number, t.NextNumber("runs"));
      return t.Put("run", "1");
    });
    EXPECT_TRUE(written.ok()) << written.status();
    return number;
  }
};

INSTANTIATE_TEST_SUITE_P(All, StoreGeneration, ::testing::ValuesIn(Backends()),
                         [](const auto& info) { return info.param.name; });

TEST_P(StoreGeneration, AWriteAfterCommitsWereLostReusesNoNumber) {
  const int64_t first = Put("a", "1");
  NextRun();
  const int64_t last_run = NextRun();
  const int64_t last = Put("b", "1");
  EXPECT_EQ(store_->Rewinds(), 0);
  SetBack(first);
  const int64_t next = Put("c", "1");
  EXPECT_GT(next, last);
  EXPECT_EQ(Get("c")->version, next);
  EXPECT_GT(Get(std::string(kGenerationKey))->version, last);
  EXPECT_GT(NextRun(), last_run);
  EXPECT_EQ(store_->Rewinds(), 1);
  EXPECT_EQ(Put("d", "1"), next + 2) << "and goes on from there";
}

TEST_P(StoreGeneration, ASequenceThatTheCopyDoesNotKnowReusesNoNumberEither) {
  const int64_t first = Put("a", "1");
  NextRun();
  const int64_t last_run = NextRun();
  SetBack(first, /*runs=*/0);
  const int64_t next_run = NextRun();
  EXPECT_GT(next_run, last_run);
  EXPECT_EQ(NextRun(), next_run + 1);
}

TEST_P(StoreGeneration, AWatchFindsThatCommitsWereLost) {
  const int64_t first = Put("a", "1");
  const int64_t last = Put("b", "1");
  SetBack(first);
  EXPECT_TRUE(store_->ChangesAfter(last, 10).ok());
  // With PostgreSQL the listener may have been quicker.
  EXPECT_EQ(store_->Rewinds(), 1);
  EXPECT_GT(Put("c", "1"), last);
  EXPECT_EQ(store_->Rewinds(), 1);
}

TEST_P(StoreGeneration, LostCommitsAreMissedAlsoWhenOthersHaveTheirNumbers) {
  for (const bool writes : {false, true}) {
    const int64_t rewinds = store_->Rewinds();
    const int64_t first = Put("a", "1");
    const int64_t last = Put("b", "1");
    SetBack(first);
    {
      // A server that was started since.
      auto other = place_->Open();
      ASSERT_TRUE(other.ok()) << other.status();
      for (int i = 0; i < 5; ++i) {
        const auto written =
            (*other)->Write([](Transaction& t) { return t.Put("c", "1"); });
        ASSERT_TRUE(written.ok()) << written.status();
        ASSERT_GT(*written, first);
      }
    }
    if (!writes) {
      EXPECT_TRUE(store_->ChangesAfter(last, 10).ok());
    }
    EXPECT_GT(Put("d", "1"), last + 1000);
    EXPECT_EQ(store_->Rewinds(), rewinds + 1) << writes;
  }
}

TEST_P(StoreGeneration, CommitsOfManyAreNotMissedByOneWhoWasAwayForLong) {
  auto other = place_->Open();
  ASSERT_TRUE(other.ok()) << other.status();
  Put("a", "1");
  ASSERT_TRUE((*other)->ChangesAfter(0, 10).ok());
  for (int i = 0; i < 1100; ++i) Put("b", "1");
  ASSERT_TRUE((*other)->ChangesAfter(0, 10).ok());
  EXPECT_EQ((*other)->Rewinds(), 0);
  ASSERT_TRUE(*(*other)->Outrun({.revision = 2, .tag = 1}));
  EXPECT_EQ((*other)->Rewinds(), 0) << "nor by one who was told long ago";
}

TEST_P(StoreGeneration, WithoutAWriteAGenerationLastsAMinuteAtLeast) {
  store_.reset();
  auto backend = place_->OpenBackend();
  ASSERT_TRUE(backend.ok()) << backend.status();
  store_ = *OpenSqlStore(*std::move(backend), SystemRandom(), clock_);
  const int64_t first = Put("a", "1");
  const int64_t last = Put("b", "1");
  SetBack(first);
  EXPECT_TRUE(store_->ChangesAfter(last, 10).ok());
  EXPECT_EQ(store_->Rewinds(), 1);
  const int64_t second = Get(std::string(kGenerationKey))->version;
  Put("c", "1");
  SetBack(second);
  EXPECT_TRUE(store_->ChangesAfter(last, 10).ok());
  EXPECT_EQ(store_->Rewinds(), 1);
  clock_.Advance(absl::Seconds(61));
  EXPECT_TRUE(store_->ChangesAfter(last, 10).ok());
  EXPECT_EQ(store_->Rewinds(), 2);
  // Whose number would be given twice.
  const int64_t third = Get(std::string(kGenerationKey))->version;
  const int64_t lost = Put("d", "1");
  SetBack(third);
  EXPECT_GT(Put("e", "1"), lost + 1);
}

TEST_P(StoreGeneration, AGenerationLeavesTheStoresOwnNumbersAlone) {
  const auto backend = place_->OpenBackend();
  ASSERT_TRUE(backend.ok()) << backend.status();
  const auto inserted = (*backend)->Transact([](SqlSession& session) {
    return session.Run("INSERT INTO sequences (name, value) VALUES ('#own', 7)", {});
  });
  ASSERT_TRUE(inserted.ok()) << inserted;
  const int64_t first = Put("a", "1");
  Put("b", "1");
  SetBack(first);
  Put("c", "1");
  EXPECT_EQ(store_->Rewinds(), 1);
  int64_t kept = 0;
  const auto read = (*backend)->Snapshot([&](SqlSession& session) {
    return session.Run("SELECT value FROM sequences WHERE name = '#own'", {},
                       [&](const SqlRow& row) { kept = row.Int(0); });
  });
  ASSERT_TRUE(read.ok()) << read;
  EXPECT_EQ(kept, 7);
}

TEST_P(StoreGeneration, ProcessesAgreeOnOneNewGeneration) {
  auto other = place_->Open();
  ASSERT_TRUE(other.ok()) << other.status();
  const int64_t first = Put("a", "1");
  const int64_t last = Put("b", "1");
  ASSERT_TRUE((*other)->ChangesAfter(0, 10).ok());
  SetBack(first);
  const int64_t next = Put("c", "1");
  const auto changes = (*other)->ChangesAfter(last, 10);
  ASSERT_TRUE(changes.ok()) << changes.status();
  EXPECT_EQ((*other)->Rewinds(), 1);
  const auto written = (*other)->Write([](Transaction& t) { return t.Put("d", "1"); });
  ASSERT_TRUE(written.ok()) << written.status();
  EXPECT_EQ(*written, next + 1);
  EXPECT_EQ((*other)->Rewinds(), 1);
  EXPECT_EQ(store_->Rewinds(), 1);
  Reopen();
  EXPECT_EQ(store_->Rewinds(), 0) << "it remembers nothing from before";
  EXPECT_EQ(Put("e", "1"), *written + 1);
}

TEST_P(StoreGeneration, WhatSomebodyWasGivenIsOutrun) {
  const int64_t last = Put("a", "1");
  ASSERT_TRUE(*store_->Outrun({.revision = last}));
  EXPECT_EQ(Put("a", "2"), last + 1);
  EXPECT_EQ(store_->Rewinds(), 0);
  Reopen();
  ASSERT_TRUE(*store_->Outrun({.revision = last + 1000}));
  EXPECT_EQ(store_->Rewinds(), 1);
  EXPECT_GT(Put("a", "3"), last + 1000);
  EXPECT_FALSE(*store_->Outrun({.revision = int64_t{1} << 60}));
}

TEST_P(StoreGeneration, ACommitIsToldFromAnotherThatGotItsNumber) {
  const int64_t first = Put("a", "1");
  CommitMark told;
  const auto written = store_->Write([&](Transaction& t) -> absl::Status {
    GB_ASSIGN_OR_RETURN(told, t.Mark());
    return t.Put("b", "1");
  });
  ASSERT_TRUE(written.ok()) << written.status();
  EXPECT_EQ(told.revision, *written);
  CommitMark seen;
  const absl::Status read = store_->Read([&](Transaction& t) -> absl::Status {
    GB_ASSIGN_OR_RETURN(seen, t.Mark());
    return absl::OkStatus();
  });
  ASSERT_TRUE(read.ok()) << read;
  EXPECT_EQ(seen.revision, told.revision);
  EXPECT_EQ(seen.tag, told.tag);
  Put("c", "1");
  ASSERT_TRUE(*store_->Outrun(told));
  EXPECT_EQ(store_->Rewinds(), 0);

  // All who knew of it go, and others have given its number away.
  store_.reset();
  SetBack(first);
  Reopen();
  for (int i = 0; i < 5; ++i) Put("d", std::to_string(i));
  ASSERT_TRUE(*store_->Outrun({.revision = told.revision}));
  EXPECT_EQ(store_->Rewinds(), 0);
  const int64_t last = Put("d", "last");
  ASSERT_TRUE(*store_->Outrun(told));
  EXPECT_EQ(store_->Rewinds(), 1);
  EXPECT_GT(Put("e", "1"), last + 1000);
  ASSERT_TRUE(*store_->Outrun(told));
  EXPECT_EQ(store_->Rewinds(), 1) << "once";
}

}  // namespace
}  // namespace guestbridge::server
