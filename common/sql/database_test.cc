#include "common/sql/database.h"

#include <sys/stat.h>

#include <fstream>

#include "common/status/error.h"
#include "common/status/status_macros.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/testing/status_matchers.h"
#include "tests/testing/temp_dir.h"

namespace guestbridge {
namespace {

using testing::IsOk;
using testing::StatusIs;
using testing::TempDir;

class DatabaseTest : public ::testing::Test {
 protected:
  std::unique_ptr<Database> Open(const std::string& name = "x.db") {
    auto database =
        Database::Open(dir_.File(name), Database::Durability::kNormal, true);
    EXPECT_THAT(database, IsOk());
    return database.ok() ? *std::move(database) : nullptr;
  }
  static int64_t Count(Database& database) {
    auto count = database.Prepare("SELECT count(*) FROM t");
    if (!count.ok() || !(*count)->Step().ok()) return -1;
    const int64_t rows = (*count)->Int(0);
    (*count)->Reset();
    return rows;
  }

  TempDir dir_;
};

constexpr char kTable[] = "CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT, b BLOB);";
constexpr char kInsert[] = "INSERT INTO t (a, b) VALUES (?, ?)";

TEST_F(DatabaseTest, WritesAndReadsAllTypes) {
  auto database = Open();
  ASSERT_THAT(database->Execute(kTable), IsOk());
  auto insert = database->Prepare(kInsert);
  ASSERT_THAT(insert, IsOk());
  const std::string blob("\0\xff\n", 3);
  EXPECT_THAT((*insert)->Bind(1, "Ольга '😀'").BindBlob(2, blob).Run(), IsOk());
  EXPECT_THAT((*insert)->Bind(1, absl::string_view()).BindNull(2).Run(), IsOk());
  EXPECT_EQ(database->LastInsertId(), 2);
  EXPECT_EQ(database->Changes(), 1);
  auto select = database->Prepare("SELECT id, a, b FROM t ORDER BY id");
  ASSERT_THAT(select, IsOk());
  ASSERT_TRUE(*(*select)->Step());
  EXPECT_EQ((*select)->Int(0), 1);
  EXPECT_EQ((*select)->Text(1), "Ольга '😀'");
  EXPECT_EQ((*select)->Text(2), blob);
  ASSERT_TRUE(*(*select)->Step());
  EXPECT_EQ((*select)->Text(1), "");
  EXPECT_FALSE((*select)->IsNull(1));
  EXPECT_TRUE((*select)->IsNull(2));
  EXPECT_FALSE(*(*select)->Step());
}

TEST_F(DatabaseTest, APreparedStatementComesBackClean) {
  auto database = Open();
  ASSERT_THAT(database->Execute(kTable), IsOk());
  auto first = database->Prepare(kInsert);
  (*first)->Bind(1, "left over").BindBlob(2, "b");
  auto second = database->Prepare(kInsert);
  EXPECT_EQ(*first, *second);
  EXPECT_THAT((*second)->Run(), IsOk());
  auto select = database->Prepare("SELECT a FROM t");
  ASSERT_TRUE(*(*select)->Step());
  EXPECT_TRUE((*select)->IsNull(0));
}

TEST_F(DatabaseTest, EachRowIsHandedOverAndTheStatementIsCleanAfterwards) {
  auto database = Open();
  ASSERT_THAT(database->Execute(kTable), IsOk());
  ASSERT_THAT(database->Execute("INSERT INTO t (a) VALUES ('x'), ('y'), ('z')"),
              IsOk());
  auto query = database->Prepare("SELECT a FROM t WHERE id > ?1 OR ?1 IS NULL");
  ASSERT_THAT(query, IsOk());
  std::string seen;
  const auto add = [&](const Statement& row) { seen += row.Text(0); };
  EXPECT_THAT((*query)->Bind(1, 1).ForEach(add), IsOk());
  EXPECT_EQ(seen, "yz");
  EXPECT_THAT((*query)->ForEach(add), IsOk());
  EXPECT_EQ(seen, "yzxyz") << "nothing is bound any more";
  EXPECT_THAT((*query)->Bind(7, 1).ForEach(add),
              StatusIs(absl::StatusCode::kInternal, "DATABASE_FAILED"));
  EXPECT_EQ(seen, "yzxyz");
}

TEST_F(DatabaseTest, AWrongPositionIsAnErrorOfTheStatement) {
  auto database = Open();
  ASSERT_THAT(database->Execute(kTable), IsOk());
  auto insert = database->Prepare(kInsert);
  EXPECT_EQ(ReasonOf((*insert)->Bind(7, "x").Run()), "DATABASE_FAILED");
  EXPECT_THAT((*insert)->Bind(1, "x").Run(), IsOk());
}

TEST_F(DatabaseTest, ATransactionIsWholeOrNothing) {
  auto database = Open();
  ASSERT_THAT(database->Execute(kTable), IsOk());
  const auto insert_one = [&]() -> absl::Status {
    GB_ASSIGN_OR_RETURN(Statement * insert, database->Prepare(kInsert));
    return insert->Bind(1, "x").Run();
  };
  EXPECT_THAT(database->Transact([&]() -> absl::Status {
    GB_RETURN_IF_ERROR(insert_one());
    return MakeError("INTERNAL_ERROR");
  }),
              StatusIs(absl::StatusCode::kInternal, "INTERNAL_ERROR"));
  EXPECT_EQ(Count(*database), 0);
  EXPECT_THAT(database->Transact(insert_one), IsOk());
  EXPECT_EQ(Count(*database), 1);
}

TEST_F(DatabaseTest, ACommitIsAsDurableAsItWasAskedToBe) {
  for (const auto asked :
       {Database::Durability::kFull, Database::Durability::kNormal}) {
    const auto database = *Database::Open(dir_.File("x.db"), asked, /*check=*/false);
    const auto kept = database->durability();
    ASSERT_THAT(kept, IsOk());
    EXPECT_EQ(*kept, asked);
  }
}

TEST_F(DatabaseTest, KeepsItsRowsAcrossOpenings) {
  {
    auto database = Open();
    ASSERT_THAT(database->Execute(kTable), IsOk());
    ASSERT_THAT(database->Execute("INSERT INTO t (a) VALUES ('x')"), IsOk());
  }
  EXPECT_EQ(Count(*Open()), 1);
}

TEST_F(DatabaseTest, ForeignKeysHold) {
  auto database = Open();
  ASSERT_THAT(database->Execute("CREATE TABLE p (id INTEGER PRIMARY KEY);"
                                "CREATE TABLE c (p INTEGER REFERENCES p (id));"),
              IsOk());
  EXPECT_FALSE(database->Execute("INSERT INTO c VALUES (7)").ok());
}

TEST_F(DatabaseTest, AFileThatIsNoDatabaseIsCorrupt) {
  std::ofstream(dir_.File("x.db")) << std::string(5000, 'x');
  EXPECT_THAT(
      Database::Open(dir_.File("x.db"), Database::Durability::kFull, /*check=*/true),
      StatusIs(absl::StatusCode::kDataLoss, "DATABASE_CORRUPT"));
}

TEST_F(DatabaseTest, ADamagedPageIsFoundAtOpening) {
  {
    auto database = Open();
    ASSERT_THAT(database->Execute(kTable), IsOk());
    ASSERT_THAT(database->Execute("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i "
                                  "+ 1 FROM n WHERE i < 5000) INSERT INTO t (a) SELECT "
                                  "'some text ' || i FROM n"),
                IsOk());
  }
  std::fstream file(dir_.File("x.db"), std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(4096 * 3);
  file << std::string(4096 * 4, '\x5a');
  file.close();
  EXPECT_THAT(
      Database::Open(dir_.File("x.db"), Database::Durability::kFull, /*check=*/true),
      StatusIs(absl::StatusCode::kDataLoss, "DATABASE_CORRUPT"));
}

TEST_F(DatabaseTest, AFolderThatIsNotThereIsUnwritable) {
  EXPECT_THAT(
      Database::Open(dir_.File("no/x.db"), Database::Durability::kFull, /*check=*/true),
      StatusIs(absl::StatusCode::kFailedPrecondition, "DATABASE_UNWRITABLE"));
}

TEST_F(DatabaseTest, AFullDiskIsNamedAndRolledBack) {
  auto database = Open();
  ASSERT_THAT(database->Execute(kTable), IsOk());
  // SQLite's own limit stands in for the disk.
  ASSERT_THAT(database->Execute("PRAGMA max_page_count = 20"), IsOk());
  const std::string big(200000, 'x');
  const auto insert_big = [&]() -> absl::Status {
    GB_ASSIGN_OR_RETURN(Statement * insert, database->Prepare(kInsert));
    return insert->Bind(1, big).Run();
  };
  EXPECT_THAT(database->Transact(insert_big),
              StatusIs(absl::StatusCode::kResourceExhausted, "DATABASE_FULL"));
  EXPECT_EQ(Count(*database), 0);
  EXPECT_THAT(database->Execute("INSERT INTO t (a) VALUES ('small')"), IsOk());
}

constexpr Migration kMigrations[] = {
    {1, "make t", "CREATE TABLE t (id INTEGER PRIMARY KEY);"},
    {2, "fill t", "INSERT INTO t VALUES (1); INSERT INTO t VALUES (2);"},
};

TEST_F(DatabaseTest, MigratesOnceAndStepByStep) {
  auto database = Open();
  const absl::Span<const Migration> all = kMigrations;
  EXPECT_THAT(Migrate(*database, "guestbridge-test", all.subspan(0, 1)), IsOk());
  EXPECT_EQ(Count(*database), 0);
  EXPECT_THAT(Migrate(*database, "guestbridge-test", all), IsOk());
  EXPECT_THAT(Migrate(*database, "guestbridge-test", all), IsOk());
  EXPECT_EQ(Count(*database), 2);
  EXPECT_THAT(Migrate(*database, "guestbridge-test", all.subspan(0, 1)),
              StatusIs(absl::StatusCode::kFailedPrecondition, "SCHEMA_TOO_NEW"));
}

TEST_F(DatabaseTest, AFailedMigrationLeavesNothing) {
  auto database = Open();
  const Migration broken[] = {
      {1, "half", "CREATE TABLE t (id INTEGER); CREATE TABLE t (id INTEGER);"}};
  EXPECT_FALSE(Migrate(*database, "guestbridge-test", broken).ok());
  EXPECT_THAT(Migrate(*database, "guestbridge-test", kMigrations), IsOk());
  EXPECT_EQ(Count(*database), 2);
}

TEST_F(DatabaseTest, LeavesAnotherProductsFileAlone) {
  const auto is_foreign =
      StatusIs(absl::StatusCode::kFailedPrecondition, "NOT_OUR_DATABASE");
  auto foreign = Open("foreign.db");
  ASSERT_THAT(foreign->Execute("CREATE TABLE guests (id INTEGER)"), IsOk());
  EXPECT_THAT(Migrate(*foreign, "guestbridge-test", kMigrations), is_foreign);
  auto similar = Open("similar.db");
  ASSERT_THAT(similar->Execute("CREATE TABLE schema_migration (v TEXT)"), IsOk());
  EXPECT_THAT(Migrate(*similar, "guestbridge-test", kMigrations), is_foreign);
  auto sister = Open("sister.db");
  ASSERT_THAT(Migrate(*sister, "guestbridge-server", kMigrations), IsOk());
  EXPECT_THAT(Migrate(*sister, "guestbridge-test", kMigrations), is_foreign);
}

}  // namespace
}  // namespace guestbridge
