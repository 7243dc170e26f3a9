#include <signal.h>
#include <unistd.h>

#include <fstream>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "common/status/error.h"
#include "gtest/gtest.h"
#include "server/store/postgresql/postgresql_store.h"
#include "tests/testing/postgresql_cluster.h"
#include "tests/testing/status_matchers.h"
#include "tests/testing/temp_dir.h"
#include "tests/testing/unprivileged_program.h"

// A real PgBouncer between the store and the database.
namespace guestbridge::server {
namespace {

using ::guestbridge::testing::IsOk;
using ::guestbridge::testing::PostgresqlCluster;

class Pooler {
 public:
  Pooler(const std::string& database, const std::string& mode) {
    testing::GiveToUnprivileged(dir_.path());
    std::ofstream(dir_.File("pgbouncer.ini"))
        << "[databases]\n"
        << database << " = host=" << PostgresqlCluster::Shared().socket_folder()
        << " user=owner password=" << PostgresqlCluster::kPassword
        << "\n[pgbouncer]\nlisten_port = 5432\nauth_type = any\nunix_socket_dir = "
        << dir_.path() << "\npool_mode = " << mode
        << "\ndefault_pool_size = 20\nserver_round_robin = 1\n";
    testing::GiveToUnprivileged(dir_.File("pgbouncer.ini"));
    program_ = testing::SpawnUnprivileged(
        {"/usr/sbin/pgbouncer", dir_.File("pgbouncer.ini")}, dir_.File("log"));
    const std::string socket = dir_.File(".s.PGSQL.5432");
    for (int tries = 0; access(socket.c_str(), F_OK) != 0 && tries < 400; ++tries) {
      usleep(50000);
    }
  }
  ~Pooler() {
    kill(program_, SIGTERM);
    testing::AwaitEnd(program_);
  }

  PostgresqlTarget Target(const std::string& database) const {
    return *ParsePostgresqlUrl(
        absl::StrCat("postgresql://owner@/", database, "?host=", dir_.path()));
  }

 private:
  testing::TempDir dir_;
  pid_t program_ = 0;
};

TEST(PoolerTest, SessionPoolingWorks) {
  const std::string database = PostgresqlCluster::Shared().CreateDatabase();
  const Pooler pooler(database, "session");
  PostgresqlOptions options;
  options.poll_interval = absl::Hours(1);
  const auto store =
      OpenPostgresqlStore(pooler.Target(database), options, SystemClock());
  ASSERT_THAT(store, IsOk());
  const auto other =
      OpenPostgresqlStore(pooler.Target(database), options, SystemClock());
  ASSERT_THAT(other, IsOk());
  const auto revision = (*store)->Write([](Transaction& t) { return t.Put("a", "1"); });
  ASSERT_THAT(revision, IsOk());
  EXPECT_EQ((*other)->WaitForRevision(*revision - 1, absl::Seconds(20)), *revision);
}

TEST(PoolerTest, TransactionPoolingIsRefused) {
  const std::string database = PostgresqlCluster::Shared().CreateDatabase();
  const Pooler pooler(database, "transaction");
  const auto store = OpenPostgresqlStore(pooler.Target(database), {}, SystemClock());
  EXPECT_EQ(ReasonOf(store.status()), "DATABASE_POOLER_UNSUPPORTED") << store.status();
  EXPECT_EQ(store.status().code(), absl::StatusCode::kFailedPrecondition);
}

}  // namespace
}  // namespace guestbridge::server
