#include <functional>
#include <memory>
#include <string>
#include <thread>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "gtest/gtest.h"
#include "server/store/postgresql/postgresql_fixture_test.h"
#include "tests/testing/postgresql_cluster.h"
#include "tests/testing/postgresql_proxy.h"
#include "tests/testing/status_matchers.h"

// A PostgreSQL that stops, crashes, hangs or waits: each test has one of its own.
namespace guestbridge::server {
namespace {

using ::guestbridge::testing::IsOk;
using ::guestbridge::testing::PostgresqlCluster;
using ::guestbridge::testing::PostgresqlProxy;

TEST(PostgresqlOutageTest, ARestartIsAFewUnavailableCallsAndNothingLost) {
  PostgresqlCluster cluster;
  const std::string database = cluster.CreateDatabase();
  const auto store = Open(cluster.Url(database), Impatient());
  ASSERT_THAT(store, IsOk());
  ASSERT_THAT(Put(**store, "a", "1"), IsOk());
  for (const bool killed : {false, true}) {
    killed ? cluster.Kill() : cluster.Stop();
    const absl::Duration before = SystemClock().Steady();
    const auto failed = Put(**store, "a", "2");
    EXPECT_EQ(failed.status().code(), absl::StatusCode::kUnavailable)
        << failed.status();
    EXPECT_LT(SystemClock().Steady() - before, absl::Seconds(5));
    EXPECT_EQ((*store)->Read([](Transaction&) { return absl::OkStatus(); }).code(),
              absl::StatusCode::kUnavailable);
    cluster.Start();
    // Not one more call fails: dead connections are found before they are used.
    EXPECT_EQ(Get(**store, "a"), "1");
  }
  EXPECT_EQ(*Put(**store, "a", "2"), 2);
  // The listener is back by itself.
  const auto other = Open(cluster.Url(database));
  ASSERT_THAT(other, IsOk());
  ASSERT_THAT(Put(**other, "a", "3"), IsOk());
  EXPECT_EQ((*store)->WaitForRevision(2, absl::Seconds(20)), 3);
}

TEST(PostgresqlOutageTest, AFrozenClusterOfATestCanBeStopped) {
  PostgresqlCluster cluster;
  cluster.Freeze();
  cluster.Stop();
  cluster.Start();
  EXPECT_EQ(cluster.Sql("postgres", "SELECT 1"), "1");
}

TEST(PostgresqlOutageTest, AServerThatHangsFailsEachCallInTimeAndNotTheProgram) {
  PostgresqlCluster cluster;
  const auto store = Open(cluster.Url(cluster.CreateDatabase()));
  ASSERT_THAT(store, IsOk());
  ASSERT_THAT(Put(**store, "a", "1"), IsOk());
  cluster.Freeze();
  for (int calls = 0; calls < 2; ++calls) {
    absl::Duration before = SystemClock().Steady();
    ExpectUnavailable(Put(**store, "a", "2").status(), "DATABASE_UNREACHABLE");
    EXPECT_LT(SystemClock().Steady() - before, absl::Seconds(6));
    before = SystemClock().Steady();
    ExpectUnavailable((*store)->Read([](Transaction&) { return absl::OkStatus(); }),
                      "DATABASE_UNREACHABLE");
    EXPECT_LT(SystemClock().Steady() - before, absl::Seconds(6));
  }
  cluster.Thaw();
  EXPECT_TRUE(Eventually([&] { return Put(**store, "a", "3").ok(); }));
}

TEST(PostgresqlOutageTest, AHostThatIsSilentIsPassedOverWithinTheCall) {
  PostgresqlCluster silent;
  PostgresqlCluster cluster;
  const std::string database = cluster.CreateDatabase();
  silent.Freeze();
  const auto store = Open(absl::StrCat("postgresql://owner@/", database,
                                       "?host=", silent.socket_folder(), ",",
                                       cluster.socket_folder()));
  ASSERT_THAT(store, IsOk());
  EXPECT_THAT(Put(**store, "a", "1"), IsOk());
}

TEST(PostgresqlOutageTest, AStandbyIsPassedOverAndNeverTakenForTheDatabase) {
  PostgresqlCluster standby;
  const std::string database = standby.CreateDatabase();
  {
    const auto store = Open(standby.Url(database));
    ASSERT_THAT(store, IsOk());
    ASSERT_THAT(Put(**store, "a", "old"), IsOk());
  }
  standby.BecomeStandby();
  ExpectUnavailable(Open(standby.Url(database)).status(), "DATABASE_READ_ONLY");
  ExpectUnavailable(
      Open(standby.Url(database) + "&target_session_attrs=read-write").status(),
      "DATABASE_READ_ONLY");

  PostgresqlCluster primary;
  ASSERT_EQ(primary.CreateDatabase(), database);
  const auto store = Open(absl::StrCat("postgresql://owner@/", database,
                                       "?host=", standby.socket_folder(), ",",
                                       primary.socket_folder()));
  ASSERT_THAT(store, IsOk());
  EXPECT_EQ(Get(**store, "a"), "absent");
  EXPECT_THAT(Put(**store, "a", "new"), IsOk());

  standby.Sql("postgres", "SELECT pg_promote()");
  EXPECT_TRUE(Eventually([&] { return Open(standby.Url(database)).ok(); }));
}

// A PostgreSQL that waits for a standby which does not exist.
class AwayStandbyTest : public ::testing::Test {
 protected:
  AwayStandbyTest() {
    auto store = Open(cluster_.Url(cluster_.CreateDatabase()), Impatient());
    EXPECT_THAT(store, IsOk());
    store_ = *std::move(store);
  }

  void WaitFor(const std::string& standby) {
    cluster_.Sql("postgres", absl::StrCat("ALTER SYSTEM SET synchronous_standby_names"
                                          " = '",
                                          standby, "'"));
    cluster_.Sql("postgres", "SELECT pg_reload_conf()");
  }

  // Of the first write that is not acknowledged: PostgreSQL takes a moment to wait.
  absl::Status FirstRefused() {
    absl::Status refused;
    Eventually([&] {
      refused = Put(*store_, "a", "1").status();
      return !refused.ok();
    });
    return refused;
  }

  PostgresqlCluster cluster_;
  std::unique_ptr<Store> store_;
};

TEST_F(AwayStandbyTest, AWriteIsUnknownAndNoTimeoutMakesItGood) {
  WaitFor("nobody");
  ExpectUnavailable(FirstRefused(), "DATABASE_COMMIT_UNKNOWN");
  WaitFor("");
  EXPECT_TRUE(Eventually([&] { return Put(*store_, "a", "2").ok(); }));
  EXPECT_EQ(Get(*store_, "a"), "2");
}

TEST_F(AwayStandbyTest, AWriteWhoseWaitWasCancelledIsNotTakenForGood) {
  WaitFor("nobody");
  std::thread cancelling([&] {
    EXPECT_TRUE(Eventually([&] {
      return cluster_.Sql("postgres",
                          "SELECT count(pg_cancel_backend(pid)) FROM pg_stat_activity"
                          " WHERE wait_event = 'SyncRep'") != "0";
    }));
  });
  const absl::Status refused = FirstRefused();
  cancelling.join();
  ExpectUnavailable(refused, "DATABASE_COMMIT_UNKNOWN");
}

// What a crash takes back gives its transaction's number to the next.
TEST(PostgresqlOutageTest, AWriteThatACrashTookIsNotTakenForTheNextOne) {
  PostgresqlCluster cluster("wal_writer_delay = 10s");
  const std::string database = cluster.CreateDatabase();
  PostgresqlProxy proxy(cluster.socket_folder());
  PostgresqlOptions options;
  options.call_timeout = absl::Minutes(2);
  options.commit_inquiry = absl::Minutes(1);
  const auto store = Open(proxy.Url(database), options);
  ASSERT_THAT(store, IsOk());
  ASSERT_THAT(Put(**store, "a", "0"), IsOk());
  absl::Notification done;
  std::thread crash([&] {
    EXPECT_TRUE(Eventually([&] { return proxy.lost_unheard(); }));
    cluster.Kill();
    cluster.Start();
    cluster.Sql(database,
                "DO $$ BEGIN FOR i IN 1..500 LOOP PERFORM pg_current_xact_id();"
                " COMMIT; END LOOP; END $$");
    proxy.RefuseNew(false);
    // The server goes with the thread that started it.
    done.WaitForNotification();
  });
  int runs = 0;
  const auto written = (*store)->Write([&](Transaction& t) {
    if (++runs == 1) {
      proxy.RefuseNew(true);
      proxy.LoseNextCommitUnheard();
    }
    return t.Put("a", absl::StrCat(runs));
  });
  EXPECT_THAT(written, IsOk());
  EXPECT_EQ(runs, 2);
  EXPECT_EQ(Get(**store, "a"), "2");
  done.Notify();
  crash.join();
}

}  // namespace
}  // namespace guestbridge::server
