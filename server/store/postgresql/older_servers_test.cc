#include "server/store/postgresql/older_servers.h"

#include <memory>
#include <string>

#include "gtest/gtest.h"
#include "server/store/postgresql/connection.h"
#include "server/store/postgresql/postgresql_fixture_test.h"
#include "tests/testing/postgresql_cluster.h"
#include "tests/testing/status_matchers.h"

namespace guestbridge::server {
namespace {

using ::guestbridge::testing::IsOk;
using ::guestbridge::testing::PostgresqlCluster;

PostgresqlTarget TargetOf(const std::string& database) {
  PostgresqlTarget target =
      *ParsePostgresqlUrl(PostgresqlCluster::Shared().Url(database));
  target.password = SecretString(PostgresqlCluster::kPassword);
  return target;
}

// Shares the database as servers did before there was a second lock.
std::unique_ptr<PostgresqlConnection> ConnectAsBefore(const PostgresqlTarget& target,
                                                      const PostgresqlOptions& alone) {
  auto connection = PostgresqlConnection::Open(target, alone, SystemClock(),
                                               SystemClock().Steady() + kNever);
  EXPECT_THAT(connection, IsOk());
  EXPECT_THAT((*connection)
                  ->Run("SELECT pg_try_advisory_lock_shared(7167042)::int", {},
                        [](const SqlRow&) {}),
              IsOk());
  return *std::move(connection);
}

TEST(OlderServersTest, AServerOfBeforeIsSeenBesideNewOnes) {
  PostgresqlCluster& cluster = PostgresqlCluster::Shared();
  const std::string database = cluster.CreateDatabase();
  const PostgresqlTarget target = TargetOf(database);
  const auto one = Open(cluster.Url(database));
  const auto two = Open(cluster.Url(database));
  ASSERT_THAT(one, IsOk());
  ASSERT_THAT(two, IsOk());
  EXPECT_FALSE(*OlderServersRun(target, SystemClock()));

  PostgresqlOptions alone;  // Takes no lock by itself.
  alone.alone = true;
  auto older = ConnectAsBefore(target, alone);
  EXPECT_TRUE(*OlderServersRun(target, SystemClock()));
  // Of another database it says nothing.
  const std::string other = cluster.CreateDatabase();
  EXPECT_FALSE(*OlderServersRun(TargetOf(other), SystemClock()));
  older.reset();
  EXPECT_TRUE(Eventually([&] { return !*OlderServersRun(target, SystemClock()); }));
}

TEST(OlderServersTest, AServerOfBeforeDoesNotStartOnTheNewSchema) {
  PostgresqlCluster& cluster = PostgresqlCluster::Shared();
  const std::string database = cluster.CreateDatabase();
  ASSERT_THAT(Open(cluster.Url(database)), IsOk());
  // It knows the first migration alone, and refuses what has a later one.
  EXPECT_EQ(cluster.Sql(database, "SELECT max(number) >= 2 FROM schema_migration"),
            "t");
}

}  // namespace
}  // namespace guestbridge::server
