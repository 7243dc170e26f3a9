#include "server/database.h"

#include <sys/stat.h>

#include <fstream>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "common/status/error.h"
#include "gtest/gtest.h"
#include "tests/testing/postgresql_cluster.h"
#include "tests/testing/status_matchers.h"
#include "tests/testing/temp_dir.h"

namespace guestbridge::server {
namespace {

using ::guestbridge::testing::IsOk;
using ::guestbridge::testing::PostgresqlCluster;
using ::guestbridge::testing::StatusIs;

class CopyDatabaseTest : public ::testing::Test {
 protected:
  CopyDatabaseTest() : password_file_(dir_.File("password")) {
    std::ofstream(password_file_) << PostgresqlCluster::kPassword << "\n";
    chmod(password_file_.c_str(), 0600);
  }

  DatabaseChoice Sqlite(const std::string& name) {
    return {absl::StrCat("sqlite:", dir_.File(name)), ""};
  }
  DatabaseChoice Postgresql() {
    PostgresqlCluster& cluster = PostgresqlCluster::Shared();
    return {cluster.Url(cluster.CreateDatabase()), password_file_};
  }

  static std::unique_ptr<Store> Open(const DatabaseChoice& choice) {
    auto opened = OpenDatabase(choice, SystemClock());
    EXPECT_THAT(opened, IsOk());
    return *std::move(opened);
  }

  // `used` is what a server has open, one of the two.
  static void ExpectRefusedWhileUsed(const DatabaseChoice& from,
                                     const DatabaseChoice& to,
                                     const DatabaseChoice& used) {
    auto server = Open(used);
    EXPECT_THAT(
        CopyDatabase(from, to, SystemClock()),
        StatusIs(absl::StatusCode::kFailedPrecondition, "COPY_DATABASE_IN_USE"));
    // Several servers may have it, and none is turned away by the attempt.
    auto another = Open(used);
    another.reset();
    EXPECT_THAT(
        CopyDatabase(from, to, SystemClock()),
        StatusIs(absl::StatusCode::kFailedPrecondition, "COPY_DATABASE_IN_USE"));
    server.reset();
    EXPECT_THAT(CopyDatabase(from, to, SystemClock()), IsOk());
  }

  DatabaseChoice Filled(const DatabaseChoice& choice) {
    EXPECT_THAT(Open(choice)->Write([](Transaction& t) { return t.Put("a", "1"); }),
                IsOk());
    return choice;
  }

  testing::TempDir dir_;
  const std::string password_file_;
};

TEST_F(CopyDatabaseTest, AServerOnTheSourceIsNoticed) {
  const DatabaseChoice file = Filled(Sqlite("a.db"));
  ExpectRefusedWhileUsed(file, Postgresql(), file);
  const DatabaseChoice database = Filled(Postgresql());
  ExpectRefusedWhileUsed(database, Sqlite("b.db"), database);
}

TEST_F(CopyDatabaseTest, AServerOnTheTargetIsNoticed) {
  const DatabaseChoice source = Filled(Sqlite("a.db"));
  const DatabaseChoice file = Sqlite("b.db");
  ExpectRefusedWhileUsed(source, file, file);
  const DatabaseChoice database = Postgresql();
  ExpectRefusedWhileUsed(source, database, database);
}

TEST_F(CopyDatabaseTest, ADatabaseIsNotCopiedIntoItself) {
  const DatabaseChoice file = Filled(Sqlite("a.db"));
  EXPECT_EQ(ReasonOf(CopyDatabase(file, file, SystemClock()).status()),
            "COPY_DATABASE_IN_USE");
  const DatabaseChoice database = Filled(Postgresql());
  EXPECT_EQ(ReasonOf(CopyDatabase(database, database, SystemClock()).status()),
            "COPY_DATABASE_IN_USE");
}

}  // namespace
}  // namespace guestbridge::server
