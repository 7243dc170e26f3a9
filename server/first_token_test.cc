#include "server/first_token.h"

#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>

#include "common/status/error.h"
#include "gtest/gtest.h"
#include "server/identity/api_tokens.h"
#include "server/store/forwarding_store_test.h"
#include "server/store/sqlite_store.h"
#include "tests/testing/fake_clock.h"
#include "tests/testing/seeded_random.h"
#include "tests/testing/status_matchers.h"
#include "tests/testing/temp_dir.h"

namespace guestbridge::server {
namespace {

using ::guestbridge::testing::IsOk;

// Loses what becomes of writes: the connection breaks before or after the commit.
class BreakingStore final : public ForwardingStore {
 public:
  enum class Break { kNever, kBeforeCommit, kAfterCommit };

  using ForwardingStore::ForwardingStore;

  absl::StatusOr<int64_t> Write(
      absl::FunctionRef<absl::Status(Transaction&)> body) override {
    if (breaks == Break::kBeforeCommit) return absl::UnavailableError("broken");
    const auto written = ForwardingStore::Write(body);
    if (breaks == Break::kAfterCommit) return absl::UnavailableError("broken");
    return written;
  }

  Break breaks = Break::kNever;
};

class FirstTokenTest : public ::testing::Test {
 protected:
  FirstTokenTest()
      : directory_(*DataDirectory::Open(dir_.File("data"))),
        file_(dir_.File("data") + "/admin.token"),
        inner_(*OpenSqliteStore(dir_.File("server.db"), clock_)),
        store_(*inner_) {}

  absl::StatusOr<std::string> Make() {
    return MakeFirstToken(store_, directory_, random_, clock_);
  }
  std::string InFile() {
    std::ifstream in(file_);
    std::string token;
    std::getline(in, token);
    return token;
  }
  // The role of who shows what lies in the file, as the store knows it.
  bool FileOpensTheDoor() {
    const auto caller =
        FindCaller(*inner_, DigestOf(SecretString(InFile())), clock_.Now());
    EXPECT_THAT(caller, IsOk());
    return caller.ok() && caller->has_value() &&
           (*caller)->grants == std::vector<Grant>{{Role::kAdmin, ""}};
  }

  testing::TempDir dir_;
  testing::FakeClock clock_;
  testing::SeededRandom random_;
  DataDirectory directory_;
  const std::string file_;
  std::unique_ptr<Store> inner_;
  BreakingStore store_;
};

TEST_F(FirstTokenTest, IsMadeOnceForItsOwnerAlone) {
  EXPECT_EQ(*Make(), file_);
  EXPECT_TRUE(FileOpensTheDoor());
  struct stat facts {};
  ASSERT_EQ(stat(file_.c_str(), &facts), 0);
  EXPECT_EQ(facts.st_mode & 0777, 0600U);
  EXPECT_FALSE(std::filesystem::exists(file_ + ".new"));
  const std::string token = InFile();
  EXPECT_EQ(*Make(), "");
  EXPECT_EQ(InFile(), token);
}

TEST_F(FirstTokenTest, ACommitThatIsNotKnownLeavesTheFileThatOpensTheDoor) {
  store_.breaks = BreakingStore::Break::kAfterCommit;
  EXPECT_TRUE(absl::IsUnavailable(Make().status()));
  EXPECT_TRUE(FileOpensTheDoor());
  store_.breaks = BreakingStore::Break::kNever;
  EXPECT_EQ(*Make(), "");
  EXPECT_TRUE(FileOpensTheDoor());
}

TEST_F(FirstTokenTest, AfterADeathBetweenFileAndDatabaseTheNextStartMakesAnother) {
  store_.breaks = BreakingStore::Break::kBeforeCommit;
  EXPECT_TRUE(absl::IsUnavailable(Make().status()));
  EXPECT_FALSE(FileOpensTheDoor());
  std::ofstream(file_ + ".new") << "half of a tok";
  store_.breaks = BreakingStore::Break::kNever;
  EXPECT_EQ(*Make(), file_);
  EXPECT_TRUE(FileOpensTheDoor());
}

TEST_F(FirstTokenTest, OtherTokensAreNoAdministrators) {
  const auto create = [&](Role role, const std::string& integration) {
    EXPECT_THAT(
        CreateApiToken(
            *inner_, random_, clock_,
            NewApiToken{.name = "other", .grants = {{role, integration}}, .agent = ""}),
        IsOk());
  };
  create(Role::kOperator, "");
  create(Role::kAgent, "");
  create(Role::kAdmin, "riviera");
  EXPECT_EQ(*Make(), file_);
  EXPECT_TRUE(FileOpensTheDoor());
}

TEST_F(FirstTokenTest, AnAdministratorsTokenIsEnough) {
  EXPECT_THAT(CreateApiToken(*inner_, random_, clock_, Role::kAdmin, "ivanova"),
              IsOk());
  EXPECT_EQ(*Make(), "");
  EXPECT_FALSE(std::filesystem::exists(file_));
}

}  // namespace
}  // namespace guestbridge::server
