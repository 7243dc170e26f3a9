#include <sys/wait.h>

#include <cstdlib>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "common/status/error.h"
#include "gtest/gtest.h"
#include "server/store/postgresql/postgresql_store.h"
#include "tests/testing/postgresql_cluster.h"
#include "tests/testing/status_matchers.h"

// deploy/postgresql/roles.sql, as an operator runs it.
namespace guestbridge::server {
namespace {

using ::guestbridge::testing::IsOk;
using ::guestbridge::testing::PostgresqlCluster;

absl::StatusOr<PostgresqlTarget> As(PostgresqlCluster& cluster,
                                    const std::string& role) {
  auto target = ParsePostgresqlUrl(cluster.Url("guestbridge", role));
  if (target.ok()) target->password = SecretString(PostgresqlCluster::kPassword);
  return target;
}

TEST(RolesTest, OneRoleMigratesAndTheOtherOnlyServes) {
  PostgresqlCluster cluster;
  const std::string psql = absl::StrCat(
      "PGPASSWORD=", PostgresqlCluster::kPassword, " psql -q -v ON_ERROR_STOP=1 -d '",
      cluster.Url("postgres"), "' -f '", GUESTBRIDGE_ROLES, "'");
  ASSERT_EQ(std::system(psql.c_str()), 0);
  for (const char* role : {"guestbridge_owner", "guestbridge_server"}) {
    cluster.Sql("postgres", absl::StrCat("ALTER ROLE ", role, " PASSWORD '",
                                         PostgresqlCluster::kPassword, "'"));
  }
  const auto server = As(cluster, "guestbridge_server");
  const auto owner = As(cluster, "guestbridge_owner");
  ASSERT_THAT(server, IsOk());
  ASSERT_THAT(owner, IsOk());

  const auto early = OpenPostgresqlStore(*server, {}, SystemClock());
  EXPECT_EQ(ReasonOf(early.status()), "DATABASE_SCHEMA_OLD") << early.status();
  EXPECT_EQ(ReasonOf(MigratePostgresql(*server, SystemClock()).status()),
            "DATABASE_SCHEMA_OLD");

  const auto applied = MigratePostgresql(*owner, SystemClock());
  ASSERT_THAT(applied, IsOk());
  EXPECT_GT(*applied, 0);
  EXPECT_EQ(*MigratePostgresql(*owner, SystemClock()), 0);

  const auto store = OpenPostgresqlStore(*server, {}, SystemClock());
  ASSERT_THAT(store, IsOk());
  EXPECT_THAT((*store)->Write([](Transaction& t) -> absl::Status {
    const absl::Status put = t.Put("a", "1");
    return put.ok() ? t.Delete("a") : put;
  }),
              IsOk());
  EXPECT_EQ(cluster.Sql("guestbridge",
                        "SELECT has_schema_privilege('guestbridge_server', 'public', "
                        "'CREATE'), has_database_privilege('guestbridge_server', "
                        "'guestbridge', 'CREATE'), has_table_privilege("
                        "'guestbridge_server', 'documents', 'TRUNCATE')"),
            "f|f|f");
  // Which migrations were applied is for those to say who apply them.
  EXPECT_EQ(cluster.Sql("guestbridge",
                        "SELECT right_, has_table_privilege('guestbridge_server', "
                        "'schema_migration', right_) FROM unnest(ARRAY['SELECT', "
                        "'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE']) AS right_"),
            "SELECT|t\nINSERT|f\nUPDATE|f\nDELETE|f\nTRUNCATE|f");
}

}  // namespace
}  // namespace guestbridge::server
