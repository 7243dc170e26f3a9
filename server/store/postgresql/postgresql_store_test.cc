#include "server/store/postgresql/postgresql_store.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/store/postgresql/connection.h"
#include "server/store/postgresql/postgresql_fixture_test.h"
#include "tests/testing/postgresql_cluster.h"
#include "tests/testing/postgresql_proxy.h"
#include "tests/testing/status_matchers.h"

// What only PostgreSQL does; store_conformance_test.cc has what every store does.
namespace guestbridge::server {
namespace {

using ::guestbridge::testing::IsOk;
using ::guestbridge::testing::PostgresqlCluster;
using ::guestbridge::testing::PostgresqlProxy;

class PostgresqlStoreTest : public ::testing::Test {
 protected:
  PostgresqlStoreTest()
      : cluster_(PostgresqlCluster::Shared()), database_(cluster_.CreateDatabase()) {}

  std::unique_ptr<Store> MustOpen(const std::string& url,
                                  PostgresqlOptions options = {}) {
    auto opened = Open(url, options);
    EXPECT_THAT(opened, IsOk());
    return opened.ok() ? *std::move(opened) : nullptr;
  }

  std::unique_ptr<Store> MustOpen(PostgresqlOptions options = {}) {
    return MustOpen(cluster_.Url(database_), options);
  }

  // Of the store's own connections those in `state`.
  std::string Terminate(const std::string& state) {
    return cluster_.Sql("postgres",
                        absl::StrCat("SELECT count(pg_terminate_backend(pid)) FROM "
                                     "pg_stat_activity WHERE datname = '",
                                     database_, "' AND state = '", state, "'"));
  }

  PostgresqlCluster& cluster_;
  const std::string database_;
};

TEST_F(PostgresqlStoreTest, OneStoreReadsAtOnceWhatAnotherHasWritten) {
  const auto one = MustOpen();
  const auto other = MustOpen();
  for (int i = 0; i < 20; ++i) {
    ASSERT_THAT(Put(i % 2 == 0 ? *one : *other, "a", absl::StrCat(i)), IsOk());
    ASSERT_EQ(Get(i % 2 == 0 ? *other : *one, "a"), absl::StrCat(i));
  }
}

TEST_F(PostgresqlStoreTest, AWatchIsToldOfAnotherStoresWrite) {
  PostgresqlOptions options;
  options.poll_interval = kNever;
  const auto watching = MustOpen(options);
  const auto writing = MustOpen();
  for (int i = 0; i < 5; ++i) {
    const auto revision = Put(*writing, "a", "1");
    ASSERT_THAT(revision, IsOk());
    EXPECT_EQ(watching->WaitForRevision(*revision - 1, absl::Seconds(20)), *revision);
    const auto changes = watching->ChangesAfter(*revision - 1, 10);
    ASSERT_THAT(changes, IsOk());
    EXPECT_EQ(changes->size(), 1u);
  }
}

TEST_F(PostgresqlStoreTest, ALostNotificationCostsAPollAndNoChange) {
  PostgresqlProxy proxy(cluster_.socket_folder());
  const auto watching = MustOpen(proxy.Url(database_), Impatient());
  proxy.SuppressNotifications();
  const auto writing = MustOpen();
  const auto revision = Put(*writing, "a", "1");
  ASSERT_THAT(revision, IsOk());
  EXPECT_EQ(watching->WaitForRevision(*revision - 1, absl::Seconds(20)), *revision);
  // Its listener may not have begun to listen when the first was written.
  EXPECT_TRUE(Eventually(
      [&] { return Put(*writing, "a", "2").ok() && proxy.suppressed() > 0; }));
}

TEST_F(PostgresqlStoreTest, ANotificationThatCameWithAnAnswerIsNotWaitedFor) {
  auto target = ParsePostgresqlUrl(cluster_.Url(database_));
  ASSERT_THAT(target, IsOk());
  target->password = SecretString(PostgresqlCluster::kPassword);
  const PostgresqlOptions options;
  const auto connection = PostgresqlConnection::Open(*target, options, SystemClock(),
                                                     absl::InfiniteDuration());
  ASSERT_THAT(connection, IsOk());
  ASSERT_THAT((*connection)->Execute("LISTEN news"), IsOk());
  // Its own comes before the end of the answer.
  ASSERT_THAT((*connection)->Execute("NOTIFY news"), IsOk());
  const absl::Duration before = SystemClock().Steady();
  EXPECT_THAT((*connection)->WaitForNotification(absl::Seconds(20), -1), IsOk());
  EXPECT_LT(SystemClock().Steady() - before, absl::Seconds(10));
}

// A token that a crash takes back after it was given out is lost for ever.
TEST_F(PostgresqlStoreTest, WhatIsCommittedIsOnTheDiskWhateverTheDatabaseIsSetTo) {
  auto target = ParsePostgresqlUrl(cluster_.Url(database_));
  ASSERT_THAT(target, IsOk());
  target->password = SecretString(PostgresqlCluster::kPassword);
  const PostgresqlOptions options;
  const std::pair<const char*, const char*> settings[] = {
      {"off", "on"}, {"local", "on"}, {"on", "on"}, {"remote_apply", "remote_apply"}};
  for (const auto& [set, used] : settings) {
    cluster_.Sql("postgres", absl::StrCat("ALTER DATABASE ", database_,
                                          " SET synchronous_commit = ", set));
    const auto connection = PostgresqlConnection::Open(*target, options, SystemClock(),
                                                       absl::InfiniteDuration());
    ASSERT_THAT(connection, IsOk());
    std::string found;
    ASSERT_THAT((*connection)
                    ->Run("SELECT current_setting('synchronous_commit')", {},
                          [&](const SqlRow& row) { found = row.Text(0); }),
                IsOk());
    EXPECT_EQ(found, used) << set;
  }
}

TEST_F(PostgresqlStoreTest, StoresThatWriteAtOnceShareNoRevisionAndLoseNothing) {
  constexpr int kStores = 3;
  constexpr int kWrites = 30;
  std::vector<std::vector<int64_t>> revisions(kStores);
  std::vector<std::thread> threads;
  std::atomic<bool> done = false;
  std::vector<int64_t> watched;
  std::atomic<int64_t> seen = 0;
  const auto watching = MustOpen();
  std::thread watcher([&] {
    while (seen < kStores * kWrites && !done) {
      watching->WaitForRevision(seen, absl::Seconds(1));
      const auto changes = watching->ChangesAfter(seen, 100);
      ASSERT_THAT(changes, IsOk());
      for (const Change& change : *changes) watched.push_back(change.revision);
      if (!changes->empty()) seen = changes->back().revision;
    }
  });
  for (int i = 0; i < kStores; ++i) {
    threads.emplace_back([&, i] {
      const auto store = MustOpen();
      for (int j = 0; j < kWrites; ++j) {
        // Each a key of its own: the watch must meet every one of them.
        const auto revision = Put(*store, absl::StrCat("k/", i, "/", j), "x");
        ASSERT_THAT(revision, IsOk());
        revisions[static_cast<size_t>(i)].push_back(*revision);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_TRUE(Eventually([&] { return seen == kStores * kWrites; }));
  done = true;
  watcher.join();
  std::vector<int64_t> all;
  for (const auto& own : revisions) all.insert(all.end(), own.begin(), own.end());
  std::sort(all.begin(), all.end());
  ASSERT_EQ(all.size(), size_t{kStores * kWrites});
  EXPECT_EQ(std::unique(all.begin(), all.end()), all.end());
  EXPECT_EQ(watched, all) << "in commit order, none passed over";
}

TEST_F(PostgresqlStoreTest, AConnectionKilledInMidTransactionIsTriedAgain) {
  const auto store = MustOpen();
  ASSERT_THAT(Put(*store, "counter", "x"), IsOk());
  int runs = 0;
  const auto written = store->Write([&](Transaction& t) -> absl::Status {
    ++runs;
    GB_ASSIGN_OR_RETURN(const auto counter, t.Get("counter"));
    GB_RETURN_IF_ERROR(t.Put("counter", counter->body + "x"));
    if (runs == 1) {
      EXPECT_EQ(Terminate("idle in transaction"), "1");
    }
    return t.Put("other", "1");
  });
  EXPECT_THAT(written, IsOk());
  EXPECT_EQ(runs, 2);
  EXPECT_EQ(Get(*store, "counter"), "xx");
}

TEST_F(PostgresqlStoreTest, AReadWhoseConnectionIsKilledFailsAndTheNextOneWorks) {
  const auto store = MustOpen();
  ASSERT_THAT(Put(*store, "a", "1"), IsOk());
  const absl::Status read = store->Read([&](Transaction& t) -> absl::Status {
    EXPECT_EQ(Terminate("idle in transaction"), "1");
    // Also when the body makes light of it.
    t.Get("a").status().IgnoreError();
    return absl::OkStatus();
  });
  EXPECT_EQ(read.code(), absl::StatusCode::kUnavailable) << read;
  EXPECT_EQ(Get(*store, "a"), "1");
}

TEST_F(PostgresqlStoreTest, IdleConnectionsThatWereKilledAreReplaced) {
  const auto store = MustOpen();
  ASSERT_THAT(Put(*store, "a", "1"), IsOk());
  EXPECT_NE(Terminate("idle"), "0");
  EXPECT_EQ(Get(*store, "a"), "1");
  EXPECT_THAT(Put(*store, "a", "2"), IsOk());
  // The listener too.
  const auto other = MustOpen();
  const auto revision = Put(*other, "b", "1");
  ASSERT_THAT(revision, IsOk());
  EXPECT_EQ(store->WaitForRevision(*revision - 1, absl::Seconds(20)), *revision);
}

TEST_F(PostgresqlStoreTest, ACommitWhoseAnswerIsLostIsDoneOnce) {
  PostgresqlProxy proxy(cluster_.socket_folder());
  const auto store = MustOpen(proxy.Url(database_));
  int runs = 0;
  proxy.LoseNextCommitAnswer();
  const auto written = store->Write([&](Transaction& t) {
    ++runs;
    return t.Put("a", absl::StrCat(runs));
  });
  EXPECT_THAT(written, IsOk());
  EXPECT_EQ(runs, 1);
  EXPECT_EQ(Get(*store, "a"), "1");
  EXPECT_EQ(cluster_.Sql(database_, "SELECT version FROM documents WHERE key = 'a'"),
            absl::StrCat(*written));
}

TEST_F(PostgresqlStoreTest, ACommitThatNeverArrivedIsDoneAgain) {
  PostgresqlProxy proxy(cluster_.socket_folder());
  const auto store = MustOpen(proxy.Url(database_));
  int runs = 0;
  proxy.LoseNextCommit();
  const auto written = store->Write([&](Transaction& t) {
    ++runs;
    return t.Put("a", absl::StrCat(runs));
  });
  EXPECT_THAT(written, IsOk());
  EXPECT_EQ(runs, 2);
  EXPECT_EQ(Get(*store, "a"), "2");
  EXPECT_EQ(*written, 1) << "the one that was rolled back has no revision";
}

TEST_F(PostgresqlStoreTest, ACommitOfWhichNothingCanBeLearntIsCalledUnknown) {
  PostgresqlProxy proxy(cluster_.socket_folder());
  const auto store = MustOpen(proxy.Url(database_), Impatient());
  proxy.LoseNextCommitAnswer();
  const auto written = store->Write([&](Transaction& t) {
    proxy.RefuseNew(true);
    return t.Put("a", "1");
  });
  ExpectUnavailable(written.status(), "DATABASE_COMMIT_UNKNOWN");
  proxy.RefuseNew(false);
  EXPECT_EQ(Get(*store, "a"), "1");
}

TEST_F(PostgresqlStoreTest, ACommitThatPostgresqlMayStillGetIsCalledUnknown) {
  PostgresqlProxy proxy(cluster_.socket_folder());
  const auto store = MustOpen(proxy.Url(database_), Impatient());
  proxy.LoseNextCommitUnheard();
  // Its transaction stands open and holds the turn.
  ExpectUnavailable(Put(*store, "a", "1").status(), "DATABASE_COMMIT_UNKNOWN");
}

TEST_F(PostgresqlStoreTest, ManyConnectionsThatDiedUnheardCostOneCallASecond) {
  PostgresqlProxy proxy(cluster_.socket_folder());
  const auto store = MustOpen(proxy.Url(database_));
  const std::function<absl::Status(int)> hold = [&](int connections) {
    return store->Read([&](Transaction&) {
      return connections == 1 ? absl::OkStatus() : hold(connections - 1);
    });
  };
  ASSERT_THAT(hold(5), IsOk());
  proxy.Silence();
  const absl::Duration before = SystemClock().Steady();
  EXPECT_THAT(Put(*store, "a", "1"), IsOk());
  EXPECT_EQ(Get(*store, "a"), "1");
  EXPECT_LT(SystemClock().Steady() - before, absl::Seconds(5));
}

TEST_F(PostgresqlStoreTest, WhatServersNoteOfTheirWritesIsOneRowEachAndGoesWithAge) {
  const auto count = [&] {
    return cluster_.Sql(database_,
                        "SELECT count(*) FROM sequences WHERE name LIKE '#writer/%'");
  };
  const auto store = MustOpen();
  ASSERT_THAT(Put(*store, "a", "1"), IsOk());
  ASSERT_THAT(Put(*store, "a", "2"), IsOk());
  EXPECT_EQ(count(), "1");
  cluster_.Sql(database_, "INSERT INTO sequences VALUES ('#writer/of-last-year', 1)");
  const auto other = MustOpen();
  EXPECT_EQ(count(), "1");
}

TEST_F(PostgresqlStoreTest, ABodyCannotCommitWhatPostgresqlHasRefused) {
  const auto store = MustOpen(Impatient());
  cluster_.Sql(database_, "ALTER TABLE documents ADD CHECK (key <> 'bad')");
  const auto written = store->Write([&](Transaction& t) {
    t.Put("bad", "1").IgnoreError();
    return absl::OkStatus();
  });
  EXPECT_EQ(ReasonOf(written.status()), "DATABASE_FAILED") << written.status();
  EXPECT_EQ(Get(*store, "bad"), "absent");
  EXPECT_THAT(Put(*store, "good", "1"), IsOk());
}

TEST_F(PostgresqlStoreTest, ReadOnlyRefusesWritesAndStillReads) {
  auto store = MustOpen();
  ASSERT_THAT(Put(*store, "a", "1"), IsOk());
  cluster_.Sql("postgres", absl::StrCat("ALTER DATABASE ", database_,
                                        " SET default_transaction_read_only = on"));
  store = MustOpen();
  ExpectUnavailable(Put(*store, "a", "2").status(), "DATABASE_READ_ONLY");
  EXPECT_EQ(Get(*store, "a"), "1");
}

TEST_F(PostgresqlStoreTest, WhatWasReadOnlyIsForgottenWithTheFirstRefusedWrite) {
  const auto store = MustOpen();
  const auto two_connections = [&] {
    return store->Read([&](Transaction&) {
      return store->Read([](Transaction&) { return absl::OkStatus(); });
    });
  };
  cluster_.Sql("postgres", absl::StrCat("ALTER DATABASE ", database_,
                                        " SET default_transaction_read_only = on"));
  Terminate("idle");
  ASSERT_THAT(two_connections(), IsOk());
  ExpectUnavailable(Put(*store, "a", "1").status(), "DATABASE_READ_ONLY");
  ASSERT_THAT(two_connections(), IsOk());
  cluster_.Sql("postgres", absl::StrCat("ALTER DATABASE ", database_,
                                        " RESET default_transaction_read_only"));
  ExpectUnavailable(Put(*store, "a", "1").status(), "DATABASE_READ_ONLY");
  EXPECT_THAT(Put(*store, "a", "1"), IsOk());
}

TEST_F(PostgresqlStoreTest, WhoHoldsTheTurnTooLongMakesOthersFail) {
  const auto store = MustOpen(Impatient());
  const auto holder = MustOpen();
  std::atomic<bool> holding = false;
  std::atomic<bool> done = false;
  std::thread thread([&] {
    ASSERT_THAT(holder->Write([&](Transaction& t) {
      holding = true;
      Eventually([&] { return done.load(); });
      return t.Put("a", "1");
    }),
                IsOk());
  });
  ASSERT_TRUE(Eventually([&] { return holding.load(); }));
  ExpectUnavailable(Put(*store, "b", "1").status(), "DATABASE_SLOW");
  EXPECT_EQ(Get(*store, "a"), "absent") << "who reads does not wait";
  done = true;
  thread.join();
  EXPECT_THAT(Put(*store, "b", "1"), IsOk());
}

TEST_F(PostgresqlStoreTest, AReadWaitsForAConnectionOnlySoLong) {
  PostgresqlOptions options = Impatient();
  options.connections = 1;
  const auto store = MustOpen(options);
  EXPECT_THAT(store->Read([&](Transaction&) {
    const absl::Status inner =
        store->Read([](Transaction&) { return absl::OkStatus(); });
    ExpectUnavailable(inner, "DATABASE_SLOW");
    return absl::OkStatus();
  }),
              IsOk());
  EXPECT_EQ(Get(*store, "a"), "absent");
}

TEST_F(PostgresqlStoreTest, NoConnectionLeftIsSaidAsThat) {
  cluster_.Sql("postgres", absl::StrCat("CREATE ROLE few_", database_,
                                        " LOGIN CONNECTION LIMIT 0 PASSWORD '",
                                        PostgresqlCluster::kPassword, "'"));
  const auto opened = Open(cluster_.Url(database_, absl::StrCat("few_", database_)));
  ExpectUnavailable(opened.status(), "DATABASE_CONNECTIONS_EXHAUSTED");
}

TEST_F(PostgresqlStoreTest, WhoIsNotLetInIsToldWhyWithoutThePassword) {
  const auto wrong = Open(cluster_.Url(database_), {}, "planted-wrong-password");
  EXPECT_EQ(ReasonOf(wrong.status()), "DATABASE_LOGIN_REFUSED") << wrong.status();
  EXPECT_EQ(wrong.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_FALSE(absl::StrContains(wrong.status().ToString(), "planted"));
  const auto none = Open(cluster_.Url(database_), {}, "");
  EXPECT_EQ(ReasonOf(none.status()), "DATABASE_LOGIN_REFUSED") << none.status();

  const auto missing = Open(cluster_.Url("no_such_database"));
  EXPECT_EQ(ReasonOf(missing.status()), "DATABASE_MISSING") << missing.status();

  ExpectUnavailable(Open("postgresql://owner@/x?host=/nowhere").status(),
                    "DATABASE_UNREACHABLE");

  const auto malformed =
      ParsePostgresqlUrl("postgresql://owner:planted-secret@host:port:port/x?y");
  EXPECT_EQ(ReasonOf(malformed.status()), "DATABASE_URL_MALFORMED");
  EXPECT_FALSE(absl::StrContains(malformed.status().ToString(), "planted"));
  // An unescaped sign in the password would make a part of it host, port or name.
  for (const char* url :
       {"postgresql://owner:pla/nted@host/x", "postgresql://owner:p@lanted@host/x"}) {
    EXPECT_EQ(ReasonOf(ParsePostgresqlUrl(url).status()), "DATABASE_URL_MALFORMED")
        << url;
  }
  const auto named = ParsePostgresqlUrl("postgresql://owner:planted@db.example/hotels");
  ASSERT_THAT(named, IsOk());
  EXPECT_EQ(named->name, "db.example/hotels");
}

TEST_F(PostgresqlStoreTest, ANewerSchemaAndAnothersDatabaseAreRefused) {
  MustOpen();
  cluster_.Sql(database_, "INSERT INTO schema_migration VALUES (999, 'later')");
  const auto newer = Open(cluster_.Url(database_));
  EXPECT_EQ(ReasonOf(newer.status()), "SCHEMA_TOO_NEW");
  EXPECT_EQ(newer.status().code(), absl::StatusCode::kFailedPrecondition);

  const std::string foreign = cluster_.CreateDatabase();
  cluster_.Sql(foreign, "CREATE TABLE invoices (number INT)");
  EXPECT_EQ(ReasonOf(Open(cluster_.Url(foreign)).status()), "NOT_OUR_DATABASE");
  const std::string alike = cluster_.CreateDatabase();
  cluster_.Sql(alike, "CREATE TABLE schema_migration (version INT)");
  EXPECT_EQ(ReasonOf(Open(cluster_.Url(alike)).status()), "NOT_OUR_DATABASE");
  EXPECT_EQ(cluster_.Sql(foreign,
                         "SELECT count(*) FROM pg_tables"
                         " WHERE schemaname = 'public'"),
            "1")
      << "nothing was made there";
}

TEST_F(PostgresqlStoreTest, OfManyThatStartOnAnEmptyDatabaseOneMigrates) {
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] { MustOpen(); });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(cluster_.Sql(database_, "SELECT count(*) FROM sequences"), "1");
}

}  // namespace
}  // namespace guestbridge::server
