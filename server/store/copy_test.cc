#include "server/store/copy.h"

#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"
#include "common/time/clock.h"
#include "gtest/gtest.h"
#include "server/store/postgresql/postgresql_store.h"
#include "server/store/sql_store.h"
#include "server/store/sqlite_store.h"
#include "tests/testing/postgresql_cluster.h"
#include "tests/testing/status_matchers.h"
#include "tests/testing/temp_dir.h"

namespace guestbridge::server {
namespace {

using ::guestbridge::testing::IsOk;
using ::guestbridge::testing::PostgresqlCluster;

class CopyTest : public ::testing::Test {
 protected:
  std::unique_ptr<SqlBackend> Sqlite(const std::string& file) {
    auto opened = OpenSqliteBackend(dir_.File(file));
    EXPECT_THAT(opened, IsOk());
    return *std::move(opened);
  }

  std::unique_ptr<SqlBackend> Postgresql(const std::string& database) {
    PostgresqlCluster& cluster = PostgresqlCluster::Shared();
    auto target = ParsePostgresqlUrl(cluster.Url(database));
    target->password = SecretString(PostgresqlCluster::kPassword);
    PostgresqlOptions options;
    options.call_timeout = absl::InfiniteDuration();
    auto opened = OpenPostgresqlBackend(*target, options, SystemClock());
    EXPECT_THAT(opened, IsOk());
    return *std::move(opened);
  }

  // More than a page, a deletion, a sequence, bytes that are no text.
  static void Fill(std::unique_ptr<SqlBackend> backend) {
    const auto store = OpenSqlStore(std::move(backend));
    ASSERT_THAT(store, IsOk());
    ASSERT_THAT((*store)->Write([](Transaction& t) -> absl::Status {
      for (int i = 0; i < 1200; ++i) {
        GB_RETURN_IF_ERROR(t.Put(absl::StrCat("runs/", i), absl::StrCat("body ", i)));
      }
      return t.NextNumber("runs").status();
    }),
                IsOk());
    ASSERT_THAT((*store)->Write([](Transaction& t) -> absl::Status {
      GB_RETURN_IF_ERROR(t.Put("bytes", std::string("\0\xff\x01", 3)));
      GB_RETURN_IF_ERROR(t.Put("Empty", ""));
      return t.Delete("runs/7");
    }),
                IsOk());
  }

  testing::TempDir dir_;
  const std::string database_ = PostgresqlCluster::Shared().CreateDatabase();
};

TEST_F(CopyTest, ThereAndBackEverythingIsAsItWas) {
  Fill(Sqlite("a.db"));
  const auto copied = CopyStore(*Sqlite("a.db"), *Postgresql(database_), "copy");
  ASSERT_THAT(copied, IsOk());
  EXPECT_EQ(copied->documents, 1201);
  EXPECT_EQ(copied->changes, 1202);
  EXPECT_EQ(copied->sequences, 2);
  const auto back = CopyStore(*Postgresql(database_), *Sqlite("b.db"), "copy");
  ASSERT_THAT(back, IsOk());
  EXPECT_EQ(back->documents, copied->documents);

  // The copy goes on where the source stands.
  for (const bool there : {true, false}) {
    const auto store = OpenSqlStore(there ? Postgresql(database_) : Sqlite("b.db"));
    ASSERT_THAT(store, IsOk());
    EXPECT_EQ((*store)->WaitForRevision(0, absl::ZeroDuration()), 2);
    const auto revision = (*store)->Write([](Transaction& t) -> absl::Status {
      GB_ASSIGN_OR_RETURN(const int64_t number, t.NextNumber("runs"));
      EXPECT_EQ(number, 2);
      GB_ASSIGN_OR_RETURN(const auto bytes, t.Get("bytes"));
      EXPECT_EQ(bytes->body, std::string("\0\xff\x01", 3));
      EXPECT_EQ(bytes->version, 2);
      return t.Put("new", "1");
    });
    ASSERT_THAT(revision, IsOk());
    EXPECT_EQ(*revision, 3);
  }
}

TEST_F(CopyTest, WhoHasADatabaseAloneKeepsServersOut) {
  PostgresqlOptions options;
  auto target = ParsePostgresqlUrl(PostgresqlCluster::Shared().Url(database_));
  ASSERT_THAT(target, IsOk());
  target->password = SecretString(PostgresqlCluster::kPassword);
  ASSERT_THAT(OpenPostgresqlBackend(*target, options, SystemClock()), IsOk());
  options.alone = true;
  const auto alone = OpenPostgresqlBackend(*target, options, SystemClock());
  ASSERT_THAT(alone, IsOk());
  options.alone = false;
  EXPECT_THAT((*alone)->Snapshot([&](SqlSession&) {
    EXPECT_EQ(ReasonOf(OpenPostgresqlBackend(*target, options, SystemClock()).status()),
              "DATABASE_BUSY");
    return absl::OkStatus();
  }),
              IsOk());
  EXPECT_THAT(OpenPostgresqlBackend(*target, options, SystemClock()), IsOk());

  const std::string file = dir_.File("a.db");
  {
    const auto whole = OpenSqliteBackend(file, /*alone=*/true);
    ASSERT_THAT(whole, IsOk());
    EXPECT_EQ(ReasonOf(OpenSqliteBackend(file).status()), "DATABASE_BUSY");
  }
  EXPECT_THAT(OpenSqliteBackend(file), IsOk());
}

TEST_F(CopyTest, ADatabaseThatHoldsSomethingIsLeftAlone) {
  Fill(Sqlite("a.db"));
  Fill(Postgresql(database_));
  const auto copied = CopyStore(*Sqlite("a.db"), *Postgresql(database_), "the copy");
  EXPECT_EQ(ReasonOf(copied.status()), "COPY_TARGET_NOT_EMPTY");
  EXPECT_EQ(ParametersOf(copied.status())["database"], "the copy");
}

TEST_F(CopyTest, ARowThatArrivesChangedIsFoundAndNothingStays) {
  Fill(Sqlite("a.db"));
  const auto target = Postgresql(database_);
  PostgresqlCluster::Shared().Sql(
      database_,
      "CREATE FUNCTION spoil() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
      "IF NEW.key = 'runs/800' THEN NEW.body = 'x'; END IF; RETURN NEW; END $$; "
      "CREATE TRIGGER spoil BEFORE INSERT ON documents FOR EACH ROW EXECUTE FUNCTION "
      "spoil()");
  const auto copied = CopyStore(*Sqlite("a.db"), *target, "the copy");
  EXPECT_EQ(ReasonOf(copied.status()), "COPY_DIFFERS");
  EXPECT_EQ(ParametersOf(copied.status())["table"], "documents");
  EXPECT_EQ(
      PostgresqlCluster::Shared().Sql(
          database_,
          "SELECT (SELECT count(*) FROM documents), (SELECT count(*) FROM changes),"
          " (SELECT value FROM sequences WHERE name = '#revision')"),
      "0|0|0");
}

}  // namespace
}  // namespace guestbridge::server
