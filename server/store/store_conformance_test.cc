#include <algorithm>
#include <atomic>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/random/random.h"
#include "common/time/clock.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/store/postgresql/postgresql_store.h"
#include "server/store/record.pb.h"
#include "server/store/record_codec.h"
#include "server/store/sql_store.h"
#include "server/store/sqlite_store.h"
#include "server/store/store.h"
#include "tests/testing/fake_clock.h"
#include "tests/testing/postgresql_cluster.h"

// Binds every implementation of Store. A backend is a row of Backends() below.
namespace guestbridge::server {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// One empty place where a store can be opened again and again.
class Place {
 public:
  virtual ~Place() = default;
  virtual absl::StatusOr<std::unique_ptr<SqlBackend>> OpenBackend() = 0;
  absl::StatusOr<std::unique_ptr<Store>> Open() {
    GB_ASSIGN_OR_RETURN(std::unique_ptr<SqlBackend> backend, OpenBackend());
    return OpenSqlStore(std::move(backend));
  }
};

class SqlitePlace final : public Place {
 public:
  SqlitePlace()
      : directory_(
            std::filesystem::temp_directory_path() /
            absl::StrCat("guestbridge-store-", RandomToken(SystemRandom(), 12))) {
    std::filesystem::create_directories(directory_);
  }
  ~SqlitePlace() override { std::filesystem::remove_all(directory_); }
  absl::StatusOr<std::unique_ptr<SqlBackend>> OpenBackend() override {
    return OpenSqliteBackend((directory_ / "server.db").string());
  }

 private:
  std::filesystem::path directory_;
};

class PostgresqlPlace final : public Place {
 public:
  PostgresqlPlace()
      : database_(testing::PostgresqlCluster::Shared().CreateDatabase()) {}
  absl::StatusOr<std::unique_ptr<SqlBackend>> OpenBackend() override {
    GB_ASSIGN_OR_RETURN(
        PostgresqlTarget target,
        ParsePostgresqlUrl(testing::PostgresqlCluster::Shared().Url(database_)));
    target.password = SecretString(testing::PostgresqlCluster::kPassword);
    PostgresqlOptions options;
    options.call_timeout = absl::Minutes(1);  // Some write a thousand rows at once.
    return OpenPostgresqlBackend(std::move(target), options, SystemClock());
  }

 private:
  const std::string database_;
};

struct Backend {
  std::string name;
  std::function<std::unique_ptr<Place>()> make;
};

std::vector<Backend> Backends() {
  return {{"Sqlite", [] { return std::make_unique<SqlitePlace>(); }},
          {"Postgresql", [] { return std::make_unique<PostgresqlPlace>(); }}};
}

class StoreConformance : public ::testing::TestWithParam<Backend> {
 protected:
  void SetUp() override {
    place_ = GetParam().make();
    Reopen();
  }

  void Reopen() {
    store_.reset();
    auto opened = place_->Open();
    ASSERT_TRUE(opened.ok()) << opened.status();
    store_ = *std::move(opened);
  }

  int64_t Put(const std::string& key, const std::string& body) {
    const auto revision =
        store_->Write([&](Transaction& t) { return t.Put(key, body); });
    EXPECT_TRUE(revision.ok()) << revision.status();
    return revision.ok() ? *revision : -1;
  }

  int64_t Delete(const std::string& key) {
    const auto revision = store_->Write([&](Transaction& t) { return t.Delete(key); });
    EXPECT_TRUE(revision.ok()) << revision.status();
    return revision.ok() ? *revision : -1;
  }

  std::optional<Document> Get(const std::string& key) {
    std::optional<Document> found;
    const absl::Status status = store_->Read([&](Transaction& t) -> absl::Status {
      GB_ASSIGN_OR_RETURN(found, t.Get(key));
      return absl::OkStatus();
    });
    EXPECT_TRUE(status.ok()) << status;
    return found;
  }

  std::vector<std::string> Keys(const std::string& prefix, const std::string& after,
                                int limit, bool descending = false) {
    std::vector<std::string> keys;
    const absl::Status status = store_->Read([&](Transaction& t) -> absl::Status {
      GB_ASSIGN_OR_RETURN(const auto documents,
                          t.List(prefix, after, limit, descending));
      for (const Document& document : documents) keys.push_back(document.key);
      return absl::OkStatus();
    });
    EXPECT_TRUE(status.ok()) << status;
    return keys;
  }

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

  std::vector<std::string> Changes(int64_t after, int limit = 100) {
    const auto changes = store_->ChangesAfter(after, limit);
    EXPECT_TRUE(changes.ok()) << changes.status();
    std::vector<std::string> lines;
    if (!changes.ok()) return lines;
    for (const Change& change : *changes) {
      lines.push_back(absl::StrCat(change.revision, " ", change.key,
                                   change.deleted ? " deleted" : ""));
    }
    return lines;
  }

  std::unique_ptr<Place> place_;
  std::unique_ptr<Store> store_;
};

INSTANTIATE_TEST_SUITE_P(All, StoreConformance, ::testing::ValuesIn(Backends()),
                         [](const auto& info) { return info.param.name; });

TEST_P(StoreConformance, KeepsBytesAsTheyWere) {
  const std::string body("\0\xff\x01 text", 8);
  Put("a", body);
  Put("empty", "");
  ASSERT_TRUE(Get("a").has_value());
  EXPECT_EQ(Get("a")->body, body);
  ASSERT_TRUE(Get("empty").has_value());
  EXPECT_EQ(Get("empty")->body, "");
  EXPECT_FALSE(Get("absent").has_value());
}

TEST_P(StoreConformance, EachCommitThatWritesGetsTheNextRevision) {
  const int64_t first = Put("a", "1");
  const int64_t second = Put("b", "1");
  EXPECT_EQ(second, first + 1);
  EXPECT_EQ(Get("a")->version, first);
  EXPECT_EQ(Put("a", "1"), second + 1) << "also when the body is the same";
  EXPECT_EQ(Get("a")->version, second + 1);
}

TEST_P(StoreConformance, OneCommitHasOneRevision) {
  const auto revision = store_->Write([](Transaction& t) -> absl::Status {
    GB_RETURN_IF_ERROR(t.Put("a", "1"));
    return t.Put("b", "1");
  });
  ASSERT_TRUE(revision.ok());
  EXPECT_EQ(Get("a")->version, *revision);
  EXPECT_EQ(Get("b")->version, *revision);
}

TEST_P(StoreConformance, AWriteThatWritesNothingHasTheCurrentRevision) {
  const int64_t revision = Put("a", "1");
  const auto nothing = store_->Write([](Transaction&) { return absl::OkStatus(); });
  ASSERT_TRUE(nothing.ok());
  EXPECT_EQ(*nothing, revision);
  EXPECT_EQ(Delete("absent"), revision);
}

TEST_P(StoreConformance, ARevisionIsNeverReusedAlsoAfterDeleteAndReopen) {
  Put("a", "1");
  const int64_t deleted = Delete("a");
  Reopen();
  EXPECT_EQ(store_->WaitForRevision(0, absl::ZeroDuration()), deleted);
  const int64_t again = Put("a", "2");
  EXPECT_EQ(again, deleted + 1);
  EXPECT_THAT(Changes(0), ElementsAre(absl::StrCat(again, " a")));
}

TEST_P(StoreConformance, AnErrorWritesNothing) {
  const int64_t before = Put("a", "1");
  const auto failed = store_->Write([](Transaction& t) -> absl::Status {
    GB_RETURN_IF_ERROR(t.Put("a", "2"));
    GB_RETURN_IF_ERROR(t.Put("b", "2"));
    GB_ASSIGN_OR_RETURN([[maybe_unused]] const int64_t number, t.NextNumber("n"));
    return absl::AbortedError("no");
  });
  EXPECT_EQ(failed.status(), absl::AbortedError("no"));
  EXPECT_EQ(Get("a")->body, "1");
  EXPECT_FALSE(Get("b").has_value());
  EXPECT_EQ(store_->WaitForRevision(before, absl::ZeroDuration()), before);
  EXPECT_THAT(Changes(before), IsEmpty());
  EXPECT_EQ(Put("b", "3"), before + 1);
}

TEST_P(StoreConformance, ATransactionSeesItsOwnWrites) {
  Put("gone", "1");
  const auto written = store_->Write([](Transaction& t) -> absl::Status {
    GB_RETURN_IF_ERROR(t.Put("a", "1"));
    GB_ASSIGN_OR_RETURN(const auto a, t.Get("a"));
    EXPECT_TRUE(a.has_value());
    GB_RETURN_IF_ERROR(t.Delete("gone"));
    GB_ASSIGN_OR_RETURN(const auto gone, t.Get("gone"));
    EXPECT_FALSE(gone.has_value());
    GB_ASSIGN_OR_RETURN(const auto all, t.List("", "", 10));
    EXPECT_EQ(all.size(), 1u);
    return absl::OkStatus();
  });
  EXPECT_TRUE(written.ok()) << written.status();
}

TEST_P(StoreConformance, AReadRefusesToWrite) {
  const int64_t before = Put("a", "1");
  const absl::Status status = store_->Read([](Transaction& t) -> absl::Status {
    EXPECT_FALSE(t.Put("b", "1").ok());
    EXPECT_FALSE(t.Delete("a").ok());
    EXPECT_FALSE(t.NextNumber("n").ok());
    return absl::OkStatus();
  });
  EXPECT_TRUE(status.ok()) << status;
  EXPECT_TRUE(Get("a").has_value());
  EXPECT_EQ(Put("c", "1"), before + 1);
}

TEST_P(StoreConformance, AReadReturnsTheErrorOfItsBody) {
  EXPECT_EQ(store_->Read([](Transaction&) { return absl::AbortedError("no"); }),
            absl::AbortedError("no"));
  EXPECT_FALSE(Get("a").has_value()) << "and the store is usable afterwards";
}

TEST_P(StoreConformance, ListsOnePrefixInByteOrder) {
  for (const char* key : {"runs/b/1", "runs/a/2", "runs/a/10", "runs/a/1", "runs/a",
                          "runs/A/1", "runs0", "rum"}) {
    Put(key, "x");
  }
  EXPECT_THAT(Keys("runs/a/", "", 10),
              ElementsAre("runs/a/1", "runs/a/10", "runs/a/2"));
  EXPECT_THAT(Keys("runs/", "", 10), ElementsAre("runs/A/1", "runs/a", "runs/a/1",
                                                 "runs/a/10", "runs/a/2", "runs/b/1"));
  EXPECT_THAT(Keys("runs/a/", "", 10, true),
              ElementsAre("runs/a/2", "runs/a/10", "runs/a/1"));
  EXPECT_EQ(Keys("", "", 100).size(), 8u);
  EXPECT_EQ(Keys("", "", 100, true).size(), 8u);
  EXPECT_THAT(Keys("none/", "", 10), IsEmpty());
  EXPECT_THAT(Keys("runs/", "", 0), IsEmpty());
}

TEST_P(StoreConformance, PagesBothWaysWithoutGapOrRepetition) {
  std::vector<std::string> all;
  for (int i = 0; i < 25; ++i) {
    all.push_back(absl::StrCat("k/", i < 10 ? "0" : "", i));
    Put(all.back(), "x");
  }
  Put("j", "x");
  Put("l", "x");
  for (const bool descending : {false, true}) {
    std::vector<std::string> seen;
    std::string after;
    while (true) {
      const auto page = Keys("k/", after, 7, descending);
      if (page.empty()) break;
      seen.insert(seen.end(), page.begin(), page.end());
      after = page.back();
    }
    if (descending) std::reverse(seen.begin(), seen.end());
    EXPECT_EQ(seen, all);
  }
}

TEST_P(StoreConformance, NumbersOfASequenceStartAtOneAndGoOn) {
  std::vector<int64_t> numbers;
  const auto take = [&](const char* sequence) {
    const auto written = store_->Write([&](Transaction& t) -> absl::Status {
      GB_ASSIGN_OR_RETURN(const int64_t number, t.NextNumber(sequence));
      numbers.push_back(number);
      return absl::OkStatus();
    });
    EXPECT_TRUE(written.ok()) << written.status();
  };
  take("runs");
  take("runs");
  take("other");
  Reopen();
  take("runs");
  EXPECT_THAT(numbers, ElementsAre(1, 2, 1, 3));
}

TEST_P(StoreConformance, ANumberIsGivenBackWhenTheTransactionFails) {
  std::vector<int64_t> numbers;
  for (const bool commit : {false, true}) {
    (void)store_->Write([&](Transaction& t) -> absl::Status {
      GB_ASSIGN_OR_RETURN(const int64_t number, t.NextNumber("runs"));
      numbers.push_back(number);
      return commit ? absl::OkStatus() : absl::AbortedError("no");
    });
  }
  EXPECT_THAT(numbers, ElementsAre(1, 1));
}

TEST_P(StoreConformance, ChangesAreTheLatestOfEachKeyInCommitOrder) {
  Put("a", "1");
  const int64_t b = Put("b", "1");
  const int64_t a = Put("a", "2");
  Put("c", "1");
  const int64_t c = Delete("c");
  EXPECT_THAT(Changes(0), ElementsAre(absl::StrCat(b, " b"), absl::StrCat(a, " a"),
                                      absl::StrCat(c, " c deleted")));
  EXPECT_THAT(Changes(b),
              ElementsAre(absl::StrCat(a, " a"), absl::StrCat(c, " c deleted")));
  EXPECT_THAT(Changes(0, 1), ElementsAre(absl::StrCat(b, " b")));
  EXPECT_THAT(Changes(c), IsEmpty());
}

TEST_P(StoreConformance, ChangesNeverCutACommitInTwo) {
  const int64_t one = Put("a", "1");
  const auto many = store_->Write([](Transaction& t) -> absl::Status {
    for (const char* key : {"b", "c", "d"}) GB_RETURN_IF_ERROR(t.Put(key, "1"));
    return absl::OkStatus();
  });
  ASSERT_TRUE(many.ok());
  EXPECT_THAT(Changes(0, 2), ElementsAre(absl::StrCat(one, " a")));
  EXPECT_EQ(Changes(one, 2).size(), 3u);
}

TEST_P(StoreConformance, WaitingEndsWithACommitAWakeOrTheTimeout) {
  const int64_t before = Put("a", "1");
  EXPECT_EQ(store_->WaitForRevision(before - 1, absl::InfiniteDuration()), before);
  EXPECT_EQ(store_->WaitForRevision(before, absl::Milliseconds(1)), before);

  std::thread writer([&] { Put("b", "1"); });
  EXPECT_EQ(store_->WaitForRevision(before, absl::InfiniteDuration()), before + 1);
  writer.join();

  // Wakes until the waiter is gone: it may not have been waiting yet at the first one.
  std::atomic<bool> woken = false;
  std::thread waiter([&] {
    EXPECT_EQ(store_->WaitForRevision(before + 1, absl::InfiniteDuration()),
              before + 1);
    woken = true;
  });
  while (!woken) {
    store_->WakeAll();
    std::this_thread::yield();
  }
  waiter.join();
}

TEST_P(StoreConformance, ConcurrentWritersLoseNothingAndShareNoRevision) {
  constexpr int kThreads = 4;
  constexpr int kWrites = 25;
  std::vector<std::vector<int64_t>> revisions(kThreads);
  std::vector<std::thread> threads;
  for (int thread = 0; thread < kThreads; ++thread) {
    threads.emplace_back([&, thread] {
      for (int i = 0; i < kWrites; ++i) {
        const auto written = store_->Write([&](Transaction& t) -> absl::Status {
          GB_ASSIGN_OR_RETURN(const auto counter, t.Get("counter"));
          const size_t length = counter.has_value() ? counter->body.size() : 0;
          return t.Put("counter", std::string(length + 1, 'x'));
        });
        ASSERT_TRUE(written.ok()) << written.status();
        revisions[thread].push_back(*written);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(Get("counter")->body.size(), size_t{kThreads * kWrites});
  std::vector<int64_t> all;
  for (const auto& own : revisions) {
    EXPECT_TRUE(std::is_sorted(own.begin(), own.end()));
    all.insert(all.end(), own.begin(), own.end());
  }
  std::sort(all.begin(), all.end());
  EXPECT_EQ(std::unique(all.begin(), all.end()), all.end());
}

TEST_P(StoreConformance, AnotherProcessSeesAndAddsDocuments) {
  Put("mine", "1");
  auto other = place_->Open();
  ASSERT_TRUE(other.ok()) << other.status();
  const auto written =
      (*other)->Write([](Transaction& t) { return t.Put("theirs", "1"); });
  ASSERT_TRUE(written.ok()) << written.status();
  ASSERT_TRUE(Get("theirs").has_value());
  EXPECT_EQ(Get("theirs")->version, *written);
  EXPECT_EQ(Put("mine", "2"), *written + 1);
}

TEST_P(StoreConformance, AWriteAfterCommitsWereLostReusesNoNumber) {
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

TEST_P(StoreConformance, ASequenceThatTheCopyDoesNotKnowReusesNoNumberEither) {
  const int64_t first = Put("a", "1");
  NextRun();
  const int64_t last_run = NextRun();
  SetBack(first, /*runs=*/0);
  const int64_t next_run = NextRun();
  EXPECT_GT(next_run, last_run);
  EXPECT_EQ(NextRun(), next_run + 1);
}

TEST_P(StoreConformance, AWatchFindsThatCommitsWereLost) {
  const int64_t first = Put("a", "1");
  const int64_t last = Put("b", "1");
  SetBack(first);
  EXPECT_TRUE(store_->ChangesAfter(last, 10).ok());
  // With PostgreSQL the listener may have been quicker.
  EXPECT_EQ(store_->Rewinds(), 1);
  EXPECT_GT(Put("c", "1"), last);
  EXPECT_EQ(store_->Rewinds(), 1);
}

TEST_P(StoreConformance, LostCommitsAreMissedAlsoWhenOthersHaveTheirNumbers) {
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

TEST_P(StoreConformance, CommitsOfManyAreNotMissedByOneWhoWasAwayForLong) {
  auto other = place_->Open();
  ASSERT_TRUE(other.ok()) << other.status();
  Put("a", "1");
  ASSERT_TRUE((*other)->ChangesAfter(0, 10).ok());
  for (int i = 0; i < 1100; ++i) Put("b", "1");
  ASSERT_TRUE((*other)->ChangesAfter(0, 10).ok());
  EXPECT_EQ((*other)->Rewinds(), 0);
}

TEST_P(StoreConformance, WithoutAWriteAGenerationLastsAMinuteAtLeast) {
  testing::FakeClock clock;
  store_.reset();
  auto backend = place_->OpenBackend();
  ASSERT_TRUE(backend.ok()) << backend.status();
  store_ = *OpenSqlStore(*std::move(backend), SystemRandom(), clock);
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
  clock.Advance(absl::Seconds(61));
  EXPECT_TRUE(store_->ChangesAfter(last, 10).ok());
  EXPECT_EQ(store_->Rewinds(), 2);
  // Whose number would be given twice.
  const int64_t third = Get(std::string(kGenerationKey))->version;
  const int64_t lost = Put("d", "1");
  SetBack(third);
  EXPECT_GT(Put("e", "1"), lost + 1);
}

TEST_P(StoreConformance, AGenerationLeavesTheStoresOwnNumbersAlone) {
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

TEST_P(StoreConformance, ProcessesAgreeOnOneNewGeneration) {
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

TEST_P(StoreConformance, WhatSomebodyWasGivenIsOutrun) {
  const int64_t last = Put("a", "1");
  ASSERT_TRUE(*store_->OutrunRevision(last));
  EXPECT_EQ(Put("a", "2"), last + 1);
  EXPECT_EQ(store_->Rewinds(), 0);
  Reopen();
  ASSERT_TRUE(*store_->OutrunRevision(last + 1000));
  EXPECT_EQ(store_->Rewinds(), 1);
  EXPECT_GT(Put("a", "3"), last + 1000);
  EXPECT_FALSE(*store_->OutrunRevision(int64_t{1} << 60));
}

TEST_P(StoreConformance, RecordsAreTypedDocuments) {
  store::ScheduleRecord schedule;
  schedule.set_cron("0 3 * * *");
  const auto written = store_->Write([&](Transaction& t) -> absl::Status {
    GB_RETURN_IF_ERROR(PutRecord(t, "schedules/main", schedule));
    return t.Put("schedules/zzz", "\xff not a message");
  });
  ASSERT_TRUE(written.ok()) << written.status();
  const absl::Status read = store_->Read([&](Transaction& t) -> absl::Status {
    GB_ASSIGN_OR_RETURN(const auto found,
                        GetRecord<store::ScheduleRecord>(t, "schedules/main"));
    EXPECT_TRUE(found.has_value());
    EXPECT_EQ(found->value.cron(), "0 3 * * *");
    EXPECT_EQ(found->version, *written);
    GB_ASSIGN_OR_RETURN(const auto absent,
                        GetRecord<store::ScheduleRecord>(t, "schedules/none"));
    EXPECT_FALSE(absent.has_value());
    EXPECT_FALSE(GetRecord<store::ScheduleRecord>(t, "schedules/zzz").ok());
    EXPECT_FALSE(ListRecords<store::ScheduleRecord>(t, "schedules/", "", 10).ok());
    GB_ASSIGN_OR_RETURN(const auto listed,
                        ListRecords<store::ScheduleRecord>(t, "schedules/", "", 1));
    EXPECT_EQ(listed.size(), 1u);
    return absl::OkStatus();
  });
  EXPECT_TRUE(read.ok()) << read;
}

}  // namespace
}  // namespace guestbridge::server
