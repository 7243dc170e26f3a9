#include <sys/stat.h>

#include "admin-cli/cli_fixture_test.h"
#include "gmock/gmock.h"
#include "tests/testing/whole_file.h"

namespace guestbridge::cli {
namespace {

using ::guestbridge::testing::ReadAll;
using ::testing::HasSubstr;
using ::testing::Not;

TEST_F(CliTest, ANewTokenStandsInAFileOfItsOwnerAndNowhereElse) {
  const std::string file = directory_ + "/desk.token";
  for (const char* form : {"table", "json", "yaml"}) {
    const Result result =
        Run({"token", "create", "desk", "--role", "operator", "--integration", "main",
             "--integration", "integrations/second", "--expires", "90d", "--out", file,
             "--output", form});
    EXPECT_EQ(result.exit_code, 0) << result.err;
    EXPECT_EQ(ReadAll(file), "gbt_created\n");
    EXPECT_THAT(result.out + result.err, Not(HasSubstr("gbt_")));
    struct stat facts {};
    ASSERT_EQ(stat(file.c_str(), &facts), 0);
    EXPECT_EQ(facts.st_mode & 0777, 0600u);
  }
  const v1::CreateApiTokenRequest request = server_.token_request();
  EXPECT_EQ(request.api_token().display_name(), "desk");
  ASSERT_EQ(request.api_token().grants_size(), 2);
  EXPECT_EQ(request.api_token().grants(1).integration(), "integrations/second");
  EXPECT_EQ(request.api_token().grants(1).role(), v1::Grant::OPERATOR);
  EXPECT_EQ(request.lifetime().seconds(), 90 * 86400);
}

TEST_F(CliTest, AFileThatOthersCouldReadIsTheirsNoLonger) {
  const std::string file = File("old.token", "gbt_before_and_longer\n", 0644);
  EXPECT_EQ(Run({"token", "rotate", "k3v9x2m4p8q1", "--out", file}).exit_code, 0);
  EXPECT_EQ(ReadAll(file), "gbt_rotated\n");
  struct stat facts {};
  ASSERT_EQ(stat(file.c_str(), &facts), 0);
  EXPECT_EQ(facts.st_mode & 0777, 0600u);
}

TEST_F(CliTest, OnStandardOutputTheTokenStandsAlone) {
  const Result result =
      Run({"token", "create", "desk", "--role", "viewer", "--out", "-"});
  EXPECT_EQ(result.out, "gbt_created\n");
}

TEST_F(CliTest, NoTokenIsMadeThatHasNowhereToGo) {
  const Result result = Run({"token", "create", "desk", "--role", "viewer", "--out",
                             directory_ + "/missing/desk.token"});
  EXPECT_EQ(result.exit_code, 4);
  EXPECT_EQ(server_.token_request().api_token().display_name(), "");
}

TEST_F(CliTest, ARoleForNobodyIsAMistakeOfTheLine) {
  EXPECT_EQ(Run({"token", "create", "x", "--role", "root", "--out", "-"}).exit_code, 2);
  EXPECT_EQ(Run({"token", "create", "x", "--out", "-"}).exit_code, 2);
  EXPECT_EQ(Run({"token", "get", "nobody"}).exit_code, 3);
}

}  // namespace
}  // namespace guestbridge::cli
