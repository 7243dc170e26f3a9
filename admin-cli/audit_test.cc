// What `audit` asks for, shows and writes.
#include <sys/stat.h>

#include <cstdio>
#include <fstream>
#include <string>
#include <vector>

#include "admin-cli/cli_fixture_test.h"
#include "gmock/gmock.h"

namespace guestbridge::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST_F(CliTest, TheAuditShowsChangesAndRefusals) {
  const Result all = Run({"audit", "list"});
  EXPECT_EQ(all.exit_code, 0) << all.err;
  EXPECT_THAT(all.out, HasSubstr("Records: 2"));
  EXPECT_THAT(all.out, HasSubstr("connection.hotel: Riviera → Ривьера; 3 more"));
  EXPECT_THAT(all.out, HasSubstr("12 times"));
  EXPECT_THAT(Run({"audit", "list", "--limit", "1"}).out, Not(HasSubstr("12 times")));
}

TEST_F(CliTest, TheAuditNamesTheHolderOfATokenBesideItsId) {
  const std::string table = Run({"audit", "list"}).out;
  EXPECT_THAT(table, HasSubstr("  Иванова "));
  EXPECT_THAT(table, HasSubstr("apiTokens/q7; 12 times"));
  EXPECT_THAT(Run({"audit", "list", "--output", "json"}).out,
              HasSubstr("\"principalName\": \"Иванова\""));
  EXPECT_THAT(Run({"audit", "list", "--output", "yaml"}).out,
              HasSubstr("\"principalName\": \"Иванова\""));
  EXPECT_THAT(Run({"audit", "export"}).out, HasSubstr("\"principalName\":\"Иванова\""));
}

TEST_F(CliTest, TheAuditIsAskedForWhatTheFlagsSay) {
  ASSERT_EQ(Run({"audit", "list", "--principal", "ivanova", "--resource",
                 "integrations/main", "--method", "SaveConnection", "--since",
                 "2026-01-31T03:00:00+03:00", "--until", "1h", "--denied"})
                .exit_code,
            0);
  const v1::ListAuditRecordsRequest& asked = server_.audit_request;
  EXPECT_EQ(asked.principal(), "ivanova");
  EXPECT_EQ(asked.resource(), "integrations/main");
  EXPECT_EQ(asked.method(), "SaveConnection");
  EXPECT_EQ(asked.start_time().seconds(), 1769817600);
  EXPECT_TRUE(asked.has_end_time());
  EXPECT_EQ(asked.outcome(), v1::AuditRecord::DENIED);
  const Result wrong = Run({"audit", "list", "--since", "yesterday"});
  EXPECT_EQ(wrong.exit_code, 2);
  EXPECT_THAT(wrong.err, HasSubstr("2026-01-31"));
}

TEST_F(CliTest, TheAuditIsExportedOneRecordALineForItsOwnerAlone) {
  const std::string file = ::testing::TempDir() + "/guestbridge-audit.jsonl";
  std::remove(file.c_str());
  const Result result = Run({"audit", "export", "--out", file});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_TRUE(server_.audit_request.oldest_first());
  std::ifstream in(file);
  std::vector<std::string> lines;
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_THAT(lines[0], HasSubstr("\"number\":\"1\""));
  EXPECT_THAT(lines[1], HasSubstr("\"reason\":\"ROLE_MISSING\""));
  struct stat is;
  ASSERT_EQ(stat(file.c_str(), &is), 0);
  EXPECT_EQ(is.st_mode & 0777, 0600U);
  EXPECT_THAT(Run({"audit", "export"}).out, HasSubstr(lines[0] + "\n"));
  EXPECT_EQ(Run({"audit", "export", "--out", "/nowhere/audit.jsonl"}).exit_code, 4);
  std::remove(file.c_str());
}

TEST_F(CliTest, ABrokenAuditIsAnExitCodeOfItsOwn) {
  server_.verified.set_last_hash("abc");
  EXPECT_EQ(Run({"audit", "verify"}).exit_code, 0);
  server_.verified.set_defect(v1::VerifyAuditResponse::REMOVED);
  server_.verified.set_defect_number(7);
  const Result broken = Run({"audit", "verify"});
  EXPECT_EQ(broken.exit_code, 1);
  EXPECT_THAT(broken.out, HasSubstr("broken at record 7"));
  EXPECT_THAT(broken.out, HasSubstr("the record was removed"));
  EXPECT_EQ(Run({"audit", "verify", "--output", "json"}).exit_code, 1);
}

}  // namespace
}  // namespace guestbridge::cli
