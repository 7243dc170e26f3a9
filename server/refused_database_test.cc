// A server that is given a database that it may not have: it says so, does not start,
// and leaves every byte of the file.
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/random/random.h"
#include "common/sql/database.h"
#include "common/status/error.h"
#include "common/time/clock.h"
#include "gtest/gtest.h"
#include "server/database.h"
#include "server/server.h"
#include "server/store/sqlite_store.h"
#include "tests/testing/status_matchers.h"
#include "tests/testing/temp_dir.h"
#include "tests/testing/whole_file.h"

namespace guestbridge::server {
namespace {

using ::guestbridge::testing::IsOk;
using ::guestbridge::testing::ReadAll;

class RefusedDatabaseTest : public ::testing::Test {
 protected:
  RefusedDatabaseTest() {
    options_.plaintext = true;
    options_.listen = "127.0.0.1:0";
    options_.data_dir = dir_.File("data");
    std::filesystem::create_directory(options_.data_dir);
    std::filesystem::permissions(options_.data_dir, std::filesystem::perms::owner_all);
  }

  // A database as other programs leave it: SQLite's default is no WAL.
  static void Make(const std::string& file, const std::string& script) {
    const auto database =
        Database::Open(file, Database::Durability::kFull, /*check=*/false);
    ASSERT_THAT(database, IsOk());
    ASSERT_THAT((*database)->Execute(script), IsOk());
    ASSERT_THAT((*database)->Execute("PRAGMA journal_mode = DELETE"), IsOk());
  }

  // Where it lies by itself, and where a flag says.
  void ExpectRefused(const std::function<void(const std::string&)>& make,
                     const std::string& reason) {
    const std::string usual = options_.data_dir + "/server.db";
    const std::string named = dir_.File("named.db");
    for (const bool by_flag : {false, true}) {
      const std::string file = by_flag ? named : usual;
      std::filesystem::remove(file);
      make(file);
      options_.database = by_flag ? absl::StrCat("sqlite:", named) : "";
      const std::string before = ReadAll(file);
      ASSERT_FALSE(before.empty());
      for (int start = 0; start < 2; ++start) {
        const auto server = Server::Start(options_, SystemClock(), SystemRandom());
        ASSERT_FALSE(server.ok());
        EXPECT_EQ(ReasonOf(server.status()), reason);
        const Explanation said = Explain(server.status(), Language::kEnglish);
        EXPECT_TRUE(absl::StrContains(said.message, file)) << said.message;
        EXPECT_FALSE(said.remedy.empty());
      }
      EXPECT_EQ(
          ReasonOf(MigrateDatabase({absl::StrCat("sqlite:", file), ""}, SystemClock())
                       .status()),
          reason);
      EXPECT_TRUE(ReadAll(file) == before) << "the file was changed";
      for (const char* beside : {"-wal", "-shm", "-journal"}) {
        EXPECT_FALSE(std::filesystem::exists(file + beside)) << beside;
      }
      EXPECT_FALSE(std::filesystem::exists(options_.data_dir + "/secret.key"));
      std::filesystem::remove(file);
    }
  }

  testing::TempDir dir_;
  ServerOptions options_;
};

TEST_F(RefusedDatabaseTest, AnotherProductsFileIsLeftAsItIs) {
  ExpectRefused(
      [](const std::string& file) {
        Make(file,
             "CREATE TABLE invoices (number INT); INSERT INTO invoices VALUES (1)");
      },
      "NOT_OUR_DATABASE");
}

TEST_F(RefusedDatabaseTest, AFileWithATableLikeOursIsLeftAsItIs) {
  ExpectRefused(
      [](const std::string& file) {
        Make(file, "CREATE TABLE schema_migration (version INT)");
      },
      "NOT_OUR_DATABASE");
}

TEST_F(RefusedDatabaseTest, AnAgentsLedgerIsLeftAsItIs) {
  ExpectRefused(
      [](const std::string& file) {
        const auto ledger =
            Database::Open(file, Database::Durability::kFull, /*check=*/false);
        ASSERT_THAT(ledger, IsOk());
        ASSERT_THAT(Migrate(**ledger, "guestbridge-ledger", {}), IsOk());
      },
      "NOT_OUR_DATABASE");
}

TEST_F(RefusedDatabaseTest, AFileOfANewerServerIsLeftAsItIs) {
  constexpr char kLater[] = "INSERT INTO schema_migration VALUES (999, 'later')";
  const auto newer = [&](const std::string& file) {
    ASSERT_THAT(OpenSqliteStore(file), IsOk());
    const auto database =
        Database::Open(file, Database::Durability::kFull, /*check=*/false);
    ASSERT_THAT((*database)->Execute(kLater), IsOk());
  };
  ExpectRefused(newer, "SCHEMA_TOO_NEW");
  // And a copy of it that is in SQLite's default mode.
  ExpectRefused(
      [&](const std::string& file) {
        newer(file);
        Make(file, "");
      },
      "SCHEMA_TOO_NEW");
}

TEST_F(RefusedDatabaseTest, AFileThatIsNoDatabaseIsLeftAsItIs) {
  ExpectRefused(
      [](const std::string& file) { std::ofstream(file) << std::string(5000, 'x'); },
      "DATABASE_CORRUPT");
}

TEST_F(RefusedDatabaseTest, ACopyOfOursInSqlitesDefaultModeIsTaken) {
  const std::string file = options_.data_dir + "/server.db";
  ASSERT_THAT(OpenSqliteStore(file), IsOk());
  Make(file, "");
  constexpr size_t kWriteVersion = 18;  // 1: a journal, 2: WAL.
  ASSERT_EQ(ReadAll(file)[kWriteVersion], 1);
  {
    const auto server = Server::Start(options_, SystemClock(), SystemRandom());
    ASSERT_THAT(server, IsOk());
  }
  EXPECT_EQ(ReadAll(file)[kWriteVersion], 2);
}

}  // namespace
}  // namespace guestbridge::server
