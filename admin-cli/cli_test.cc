#include "admin-cli/cli.h"

#include <algorithm>
#include <thread>

#include "admin-cli/cli_fixture_test.h"
#include "admin-cli/output/display_text.h"
#include "admin-cli/output/error_report.h"
#include "gmock/gmock.h"

namespace guestbridge::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::StartsWith;

std::vector<std::string> ConnectionLine(const std::string& secret_file) {
  return {"connection",
          "set",
          "main",
          "--hotel",
          "Riviera",
          "--api-server",
          "r.example",
          "--ssl",
          "--source",
          "onec-odata",
          "--source-url",
          "http://1c.example/hotel",
          "--source-user",
          "exchange",
          "--webhook-user",
          "1",
          "--webhook-secret-file",
          secret_file};
}

TEST_F(CliTest, HelpAndVersionExitWithZero) {
  EXPECT_EQ(RunBare({"--help"}).exit_code, 0);
  EXPECT_THAT(RunBare({"--help", "--lang", "ru"}).out, HasSubstr("Битрикс24"));
  EXPECT_THAT(RunBare({"export", "run", "--help"}).out, HasSubstr("--dry-run"));
  EXPECT_THAT(RunBare({"help", "export", "run"}).out, HasSubstr("--dry-run"));
  EXPECT_THAT(RunBare({"export", "--help"}).out, HasSubstr("export run"));
  const Result version = RunBare({"--version"});
  EXPECT_EQ(version.exit_code, 0);
  EXPECT_EQ(version.out, "guestbridge 1.2.3\n");
}

TEST_F(CliTest, AMistypedLineIsToldWhatWasMeant) {
  const Result flag = Run({"export", "run", "main", "--dry"});
  EXPECT_EQ(flag.exit_code, 2);
  EXPECT_THAT(OneLine(flag.err), HasSubstr("Is one of these meant: --dry-run?"));
  EXPECT_THAT(OneLine(flag.err), HasSubstr("guestbridge export run --help"));
  EXPECT_THAT(OneLine(Run({"export", "rum", "main"}).err),
              HasSubstr("Is one of these meant: export run?"));
  EXPECT_THAT(OneLine(Run({"qwertyuiop"}).err), HasSubstr("guestbridge --help"));
}

TEST_F(CliTest, GlobalFlagsStandBeforeAndAfterTheCommand) {
  const std::vector<std::vector<std::string>> lines = {
      {"--server", server_.address(), "--plaintext", "--output", "json", "integration",
       "get", "main"},
      {"integration", "get", "main", "--plaintext", "--output=json",
       "--server=" + server_.address()},
      {"--output", "json", "integration", "--plaintext", "get", "--server",
       server_.address(), "integrations/main"}};
  for (const auto& line : lines) {
    const Result result = RunBare(line);
    EXPECT_EQ(result.exit_code, 0) << result.err;
    EXPECT_THAT(result.out, HasSubstr("\"name\": \"integrations/main\""));
  }
}

TEST_F(CliTest, EnvironmentVariablesStandInForFlags) {
  variables_ = {{"GUESTBRIDGE_SERVER", server_.address()},
                {"GUESTBRIDGE_PLAINTEXT", "1"},
                {"GUESTBRIDGE_OUTPUT", "json"},
                {"GUESTBRIDGE_LANG", "ru"}};
  const Result json = RunBare({"integration", "list"});
  EXPECT_EQ(json.exit_code, 0) << json.err;
  EXPECT_THAT(json.out, StartsWith("["));
  EXPECT_EQ(server_.seen_language(), "ru");
  EXPECT_THAT(RunBare({"integration", "list", "--output", "table", "--lang", "en"}).out,
              StartsWith("Integrations: 1"));
  variables_["GUESTBRIDGE_OUTPUT"] = "xml";
  EXPECT_EQ(RunBare({"integration", "list"}).exit_code, 2);
}

TEST_F(CliTest, LanguageFollowsTheLocale) {
  variables_ = {{"LANG", "en_US.UTF-8"}, {"LC_ALL", "ru_RU.UTF-8"}};
  EXPECT_THAT(Run({"integration", "list"}).out, StartsWith("Интеграций: 1"));
  variables_ = {{"LANG", "C.UTF-8"}};
  EXPECT_THAT(Run({"integration", "list"}).out, StartsWith("Integrations: 1"));
}

TEST_F(CliTest, JsonPrintsZeroesAndLeavesOutWhatIsUnset) {
  const Result run = Run({"export", "run", "main", "--output", "json"});
  EXPECT_THAT(run.out, HasSubstr("\"state\": \"PENDING\""));
  EXPECT_THAT(run.out, HasSubstr("\"unchanged\": 0"));
  EXPECT_THAT(run.out, HasSubstr("\"dryRun\": false"));
  EXPECT_THAT(run.out, HasSubstr("\"failures\": []"));
  EXPECT_THAT(run.out, HasSubstr("\"createTime\": \"2023-11-14T22:13:20Z\""));
  EXPECT_THAT(run.out, Not(HasSubstr("endTime")));
  EXPECT_THAT(run.out, Not(HasSubstr("\"error\"")));
}

TEST_F(CliTest, YamlQuotesStringsAndKeepsTheStructure) {
  const Result yaml = Run({"run", "list", "--output", "yaml"});
  EXPECT_THAT(yaml.out, StartsWith("- \"name\": \"integrations/main/runs/1\"\n"
                                   "  \"integration\": \"integrations/main\"\n"));
  EXPECT_THAT(yaml.out, HasSubstr("  \"counters\":\n    \"scanned\": 123456\n"));
  EXPECT_THAT(yaml.out, HasSubstr("  \"failures\": []\n"));
}

TEST_F(CliTest, ListsHoldAllPages) {
  for (const char* id : {"a", "b", "c", "d"}) {
    Run({"integration", "create", id, "--type", "bitrix24"});
  }
  EXPECT_THAT(Run({"integration", "list"}).out, StartsWith("Integrations: 5"));
}

TEST_F(CliTest, EmptyListIsAnEmptyArray) {
  EXPECT_EQ(Run({"fields", "versions", "main", "--output", "json"}).out, "[]\n");
  EXPECT_EQ(Run({"fields", "versions", "main", "--output", "yaml"}).out, "[]\n");
}

TEST_F(CliTest, ErrorSaysWhatOnWhatWhyAndWhatToDo) {
  const Result result = Run({"integration", "get", "nowhere"});
  EXPECT_EQ(result.exit_code, 3);
  EXPECT_THAT(result.out, IsEmpty());
  EXPECT_THAT(result.err, StartsWith("error: integration get nowhere: "));
  EXPECT_THAT(result.err, HasSubstr("\n  reason: INTEGRATION_NOT_FOUND\n"));
}

TEST_F(CliTest, RefusedFieldIsNamed) {
  std::vector<std::string> line = ConnectionLine(File("s", "code"));
  line.erase(std::find(line.begin(), line.end(), "--ssl"));
  const Result result = Run(line);
  EXPECT_EQ(result.exit_code, 4);
  EXPECT_THAT(result.err, HasSubstr("SSL_REQUIRED"));
  EXPECT_THAT(result.err, HasSubstr("connection.ssl"));
}

TEST_F(CliTest, UnreachableServerIsNamedWithTheWayToStartIt) {
  const Result english =
      RunBare({"status", "--server", "127.0.0.1:1", "--plaintext", "--timeout", "5s"});
  EXPECT_EQ(english.exit_code, 6);
  EXPECT_THAT(english.err, HasSubstr("SERVER_UNREACHABLE"));
  EXPECT_THAT(english.err, HasSubstr("127.0.0.1:1"));
  EXPECT_THAT(english.err, HasSubstr("guestbridge-server"));
  const Result russian = RunBare({"status", "--server", "127.0.0.1:1", "--plaintext",
                                  "--lang", "ru", "--output", "json"});
  EXPECT_EQ(russian.exit_code, 6);
  EXPECT_THAT(russian.err, StartsWith("ошибка: status: "));
  EXPECT_THAT(russian.out, IsEmpty());
}

TEST_F(CliTest, WrongUsageExitsWithTwo) {
  struct Case {
    std::vector<std::string> line;
    const char* reason;
  };
  const std::vector<Case> cases = {
      {{}, "USAGE_NO_COMMAND"},
      {{"integrations"}, "USAGE_UNKNOWN_COMMAND"},
      {{"integration"}, "USAGE_UNKNOWN_COMMAND"},
      {{"integration", "make"}, "USAGE_UNKNOWN_COMMAND"},
      {{"integration", "get"}, "USAGE_ARGUMENT_MISSING"},
      {{"integration", "create", "x"}, "USAGE_ARGUMENT_MISSING"},
      {{"integration", "create", "x", "--type", "other"}, "USAGE_BAD_VALUE"},
      {{"integration", "get", "main", "more"}, "USAGE_ARGUMENT_UNWANTED"},
      {{"integration", "get", "main", "--wait"}, "USAGE_UNKNOWN_FLAG"},
      {{"integration", "update", "main", "--display-name"}, "USAGE_VALUE_MISSING"},
      {{"integration", "update", "main"}, "USAGE_NOTHING_TO_CHANGE"},
      {{"integration", "update", "main", "--guard-contacts", "0"}, "USAGE_BAD_VALUE"},
      {{"clients", "explain", "main", ""}, "USAGE_ARGUMENT_MISSING"},
      {{"integration", "update", "main", "--standby", "b", "--no-standby"},
       "USAGE_FLAGS_EXCLUDE"},
      {{"integration", "update", "main", "--keep-runs", "9999999d"}, "USAGE_BAD_VALUE"},
      {{"clients", "match", "main", "--beyond-guard"}, "USAGE_FLAG_NEEDS_OTHER"},
      {{"export", "run", "main", "--wait=yes"}, "USAGE_VALUE_UNWANTED"},
      {{"export", "run", "main", "--dry-run", "--plan", "p"}, "USAGE_FLAGS_EXCLUDE"},
      {{"export", "run", "main", "--wait", "--wait"}, "USAGE_FLAG_TWICE"},
      {{"export", "run", "main", "--output", "xml"}, "USAGE_BAD_VALUE"},
      {{"export", "run", "main", "--lang", "de"}, "USAGE_BAD_VALUE"},
      {{"export", "run", "main", "--timeout", "soon"}, "USAGE_BAD_VALUE"},
      {{"run", "get", "first"}, "USAGE_BAD_VALUE"},
      {{"fields", "restore", "main", "0"}, "USAGE_BAD_VALUE"},
      {{"clients", "list", "main", "--state", "LOST"}, "USAGE_BAD_VALUE"},
      {{"clients", "list", "main", "--match", "lost"}, "USAGE_BAD_VALUE"},
      {{"clients", "list", "main", "--match", "new", "--by-reason"},
       "USAGE_FLAGS_EXCLUDE"},
      {{"status", "--tls-ca", "/nowhere/ca.pem"}, "TLS_CA_UNREADABLE"},
      {{"status", "--server-name", "bridge.example", "--plaintext"},
       "USAGE_FLAGS_EXCLUDE"},
      {{"status", "--server-name", "bridge.example", "--server", "unix:/nowhere/s"},
       "USAGE_FLAGS_EXCLUDE"},
      {{"status", "--server-name", "bridge.example:7443"}, "USAGE_BAD_VALUE"},
      {{"status", "--server-name", "*.example"}, "USAGE_BAD_VALUE"},
      {{"status", "--server", "ipv4:bridge.example:7443"}, "USAGE_BAD_VALUE"},
      {{"status", "--server-name", ""}, "USAGE_BAD_VALUE"},
      {{"status", "--token-file", "/nowhere/token"}, "TOKEN_FILE_UNREADABLE"},
      {{"status", "--plaintext", "--token-file", "/nowhere/token"},
       "TOKEN_FILE_UNREADABLE"},
      {{"integration", "get", "\xff\xfe"}, "USAGE_NOT_UTF8"},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(testing::PrintToString(c.line));
    const Result result = RunBare(c.line);
    EXPECT_EQ(result.exit_code, 2);
    EXPECT_THAT(result.err, HasSubstr(c.reason));
    EXPECT_THAT(result.out, IsEmpty());
  }
}

TEST_F(CliTest, ServerNameIsRefusedWithWhatToDo) {
  variables_ = {{"GUESTBRIDGE_PLAINTEXT", "1"}};
  EXPECT_THAT(OneLine(RunBare({"status", "--server-name", "bridge.example"}).err),
              HasSubstr("--server-name and GUESTBRIDGE_PLAINTEXT exclude each other"));
  variables_ = {{"GUESTBRIDGE_SERVER_NAME", "bridge.example:7443"}};
  const Result malformed = RunBare({"status"});
  EXPECT_EQ(malformed.exit_code, 2);
  EXPECT_THAT(OneLine(malformed.err),
              HasSubstr("is not a value for GUESTBRIDGE_SERVER_NAME"));
  EXPECT_THAT(OneLine(malformed.err), HasSubstr("without a port"));
}

TEST_F(CliTest, VariableOfTheServerNameIsForServersWithTls) {
  variables_ = {{"GUESTBRIDGE_SERVER_NAME", "bridge.example"}};
  EXPECT_EQ(Run({"integration", "list"}).exit_code, 0);
}

TEST_F(CliTest, HowLongSomethingIsKeptIsSaidInDays) {
  const Result result = RunBare({"integration", "update", "main", "--keep-runs", "0d"});
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_THAT(result.err, HasSubstr("1d…3650d, default"));
  EXPECT_THAT(RunBare({"connection", "test", "main", "--timeout", "0d"}).err,
              HasSubstr("30s, 2m, 1h"));
}

TEST_F(CliTest, HowLongSomethingIsKeptGoesBackToTheDefault) {
  const std::string set = Run({"integration", "update", "main", "--keep-runs", "30d",
                               "--keep-failures", "9d"})
                              .out;
  EXPECT_THAT(set, HasSubstr("Runs are kept"));
  EXPECT_THAT(set, HasSubstr("Failures are kept"));
  const Result back =
      Run({"integration", "update", "main", "--keep-failures", "default"});
  EXPECT_EQ(back.exit_code, 0) << back.err;
  EXPECT_THAT(back.out, HasSubstr("Runs are kept"));
  EXPECT_THAT(back.out, Not(HasSubstr("Failures are kept")));
}

TEST_F(CliTest, ConnectionSetSendsWhatWasWritten) {
  std::vector<std::string> line = ConnectionLine(File("s", "code\r\n"));
  const std::string profile = File("own.yaml", "clients: Catalog_Guests\n");
  line.insert(line.end(),
              {"--source-password-file", "-", "--source-profile", profile, "--port",
               "8443", "--settle-time", "2s", "--tariff", "enterprise",
               "--write-back-rate", "2.5", "--spread-imports"});
  const Result result = Run(line, "pass word\n");
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.err, IsEmpty());
  EXPECT_THAT(result.out, Not(HasSubstr("pass word")));
  const v1::Connection saved = server_.saved_connection();
  EXPECT_EQ(saved.name(), "integrations/main/connection");
  EXPECT_EQ(saved.webhook().user_id(), 1);
  EXPECT_EQ(saved.webhook().secret(), "code");
  EXPECT_EQ(saved.source().password(), "pass word");
  EXPECT_TRUE(saved.source().password_set());
  EXPECT_EQ(saved.source().profile_text(), "clients: Catalog_Guests\n");
  EXPECT_EQ(saved.source().profile(), "");
  EXPECT_EQ(saved.settle_time().seconds(), 2);
  EXPECT_EQ(saved.tariff(), v1::Connection::ENTERPRISE);
  EXPECT_EQ(saved.port(), 8443);
  EXPECT_TRUE(saved.spread_imports());
}

TEST_F(CliTest, BadSecretFilesExitWithTwo) {
  struct Case {
    std::string file;
    const char* reason;
  };
  const std::vector<Case> cases = {
      {directory_ + "/missing", "SECRET_FILE_UNREADABLE"},
      {directory_, "SECRET_FILE_UNREADABLE"},
      {File("empty", ""), "SECRET_FILE_EMPTY"},
      {File("blank", "\n"), "SECRET_FILE_EMPTY"},
      {File("large", std::string(4097, 'x')), "SECRET_FILE_TOO_LARGE"},
  };
  for (const Case& c : cases) {
    SCOPED_TRACE(c.file);
    const Result result = Run(ConnectionLine(c.file));
    EXPECT_EQ(result.exit_code, 2);
    EXPECT_THAT(result.err, HasSubstr(c.reason));
  }
  EXPECT_EQ(Run(ConnectionLine(File("most", std::string(4096, 'x') + "\n"))).exit_code,
            0);
}

TEST_F(CliTest, SecretFileThatOthersCanReadIsAWarning) {
  const Result result = Run(ConnectionLine(File("open", "code", 0644)));
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_THAT(result.err, StartsWith("warning: "));
  EXPECT_THAT(result.err, HasSubstr("chmod 600"));
}

TEST_F(CliTest, StandardInputHoldsOneSecret) {
  std::vector<std::string> line = ConnectionLine("-");
  line.insert(line.end(), {"--source-password-file", "-"});
  const Result result = Run(line, "code\n");
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_THAT(result.err, HasSubstr("USAGE_STDIN_TWICE"));
}

TEST_F(CliTest, SecretFileThatIsNotTextIsRefusedBeforeItTravels) {
  const Result bytes = Run(ConnectionLine(File("bytes", "\xff\xfe\n")));
  EXPECT_EQ(bytes.exit_code, 2);
  EXPECT_THAT(bytes.err, HasSubstr("SECRET_FILE_NOT_TEXT"));
  const Result zero = Run(ConnectionLine(File("zero", std::string("a\0b\n", 4))));
  EXPECT_THAT(zero.err, HasSubstr("SECRET_FILE_NOT_TEXT"));
}

TEST_F(CliTest, OfAGlobalFlagThatStandsTwiceTheLastOneHolds) {
  const Result result = Run({"--output", "yaml", "--lang", "ru", "--no-color", "status",
                             "--output", "json", "--no-color", "--lang", "en"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.out, StartsWith("{"));
}

TEST_F(CliTest, ADurationWithoutAUnitIsInSeconds) {
  EXPECT_EQ(Run({"status", "--timeout", "30"}).exit_code, 0);
  EXPECT_EQ(Run({"status", "--timeout", "0"}).exit_code, 2);
}

TEST_F(CliTest, TokenDoesNotTravelWithoutTls) {
  EXPECT_EQ(Run({"status", "--token-file", File("t", "secret")}).exit_code, 0);
  EXPECT_EQ(server_.seen_authorization(), "");
}

TEST_F(CliTest, WaitingEndsWithTheExitCodeOfTheRun) {
  const std::vector<std::pair<v1::Run::State, int>> cases = {
      {v1::Run::SUCCEEDED, 0},
      {v1::Run::PARTIALLY_FAILED, 7},
      {v1::Run::FAILED, 1},
      {v1::Run::CANCELLED, 1}};
  for (const auto& [state, exit_code] : cases) {
    server_.run_ends = state;
    EXPECT_EQ(Run({"export", "run", "main", "--wait"}).exit_code, exit_code);
    EXPECT_EQ(Run({"run", "watch", "1"}).exit_code, exit_code);
    EXPECT_EQ(Run({"run", "get", "1"}).exit_code, 0);
    EXPECT_EQ(Run({"run", "list"}).exit_code, 0);
    EXPECT_EQ(Run({"export", "run", "main"}).exit_code, 0);
  }
}

TEST_F(CliTest, WaitPrintsTheFinalRunOnceAndProgressOnStderr) {
  const Result result = Run({"export", "run", "main", "--wait", "--output", "json"});
  EXPECT_THAT(result.out, StartsWith("{"));
  EXPECT_THAT(result.out, HasSubstr("\"state\": \"SUCCEEDED\""));
  EXPECT_THAT(result.out, Not(HasSubstr("RUNNING")));
  EXPECT_THAT(
      absl::StrSplit(result.err, '\n'),
      ElementsAre("No agent yet.", "Run 1: waiting; scanned 0",
                  "Run 1: running; scanned 10",
                  "Run 1: succeeded; scanned 123456, added 123455, failed 1", ""));
}

TEST_F(CliTest, ExportFlagsReachTheRequest) {
  Run({"export", "run", "main", "--wait-write-back", "--settle", "--full"});
  EXPECT_TRUE(server_.started().settle());
  EXPECT_TRUE(server_.started().full());
  EXPECT_FALSE(server_.started().dry_run());
  EXPECT_EQ(server_.watched_until(), v1::WatchRunRequest::WRITTEN_BACK);
  EXPECT_EQ(server_.watches(), 1);
}

TEST_F(CliTest, AMatchGoesBeyondTheGuardOnlyWhenThatIsAskedFor) {
  Run({"clients", "match", "main", "--apply"});
  EXPECT_TRUE(server_.matched().apply());
  EXPECT_FALSE(server_.matched().beyond_guard());
  Run({"clients", "match", "main", "--apply", "--beyond-guard"});
  EXPECT_TRUE(server_.matched().apply());
  EXPECT_TRUE(server_.matched().beyond_guard());
}

TEST_F(CliTest, ADraftIsTriedWithoutBeingSaved) {
  const Result tried = Run({"fields", "save", "main", "--dry-run", "--resend", "all"});
  EXPECT_EQ(tried.exit_code, 0) << tried.err;
  EXPECT_THAT(tried.err, HasSubstr("Nothing is saved: what version 1 of main"));
  EXPECT_TRUE(server_.started().dry_run());
  EXPECT_TRUE(server_.started().draft_mapping());
  EXPECT_EQ(server_.started().draft_resend(), v1::FieldMapping::ALL);
  EXPECT_THAT(Run({"fields", "versions", "main"}).out, HasSubstr("0"));
  Run({"fields", "save", "main"});
  EXPECT_THAT(OneLine(Run({"fields", "save", "main", "--resend", "none"}).out),
              HasSubstr("stay as they are until they change in 1C"));
  Run({"export", "run", "main", "--beyond-guard"});
  EXPECT_TRUE(server_.started().beyond_guard());
  EXPECT_FALSE(server_.started().draft_mapping());
}

TEST_F(CliTest, ASavedMappingIsFollowedByEventsOnlyWhereNoneAreSaved) {
  server_.fresh = true;
  Run({"fields", "load", "main"});
  EXPECT_THAT(Run({"fields", "save", "main"}).out,
              EndsWith("guestbridge events load main\n"));
  Run({"events", "load", "main"});
  EXPECT_THAT(Run({"fields", "save", "main"}).out,
              EndsWith("guestbridge events load main\n"));
  Run({"events", "save", "main"});
  EXPECT_THAT(Run({"fields", "save", "main"}).out,
              EndsWith("guestbridge export run main --dry-run --wait\n"));
}

TEST_F(CliTest, WatchThatBreaksOffIsTakenUpAgain) {
  server_.watch_breaks_once = true;
  const Result result = Run({"export", "run", "main", "--wait"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(server_.watches(), 2);
  EXPECT_THAT(result.err, HasSubstr("does not answer"));
  EXPECT_THAT(result.err, HasSubstr("The server is back."));
}

TEST_F(CliTest, AProgressThatIsNoTerminalsFitsEightyColumnsToo) {
  server_.run_ends = v1::Run::PARTIALLY_FAILED;
  server_.write_back.set_pending(123'456);
  const Result result = Run({"export", "run", "main", "--wait"});
  EXPECT_THAT(OneLine(result.err), HasSubstr("failed 1; IDs waiting for 1C: 123456"));
  for (absl::string_view row : absl::StrSplit(result.err, '\n')) {
    EXPECT_LE(DisplayWidth(row), 80) << row;
  }
}

TEST_F(CliTest, CtrlCLeavesTheRunGoingAndSaysHowToWatchIt) {
  server_.run_hangs = true;
  std::thread ctrl_c([this] {
    while (server_.watches() == 0) std::this_thread::yield();
    interrupt_.Trigger();
  });
  const Result result = Run({"export", "run", "main", "--wait"});
  ctrl_c.join();
  EXPECT_EQ(result.exit_code, 130);
  EXPECT_THAT(result.err, HasSubstr("guestbridge run watch integrations/main/runs/1"));
  EXPECT_THAT(result.out, IsEmpty());
}

TEST_F(CliTest, ClientsMayBeNamedByTheirResourceName) {
  Run({"clients", "retry", "main", "a", "integrations/main/clients/b"});
  EXPECT_THAT(server_.retried(), ElementsAre("a", "b"));
}

TEST_F(CliTest, ARetryOfNobodyAsksForNoExport) {
  server_.retries_nobody = true;
  const Result all = Run({"clients", "retry", "main"});
  EXPECT_THAT(all.out, StartsWith("Nobody to try again"));
  EXPECT_THAT(all.out, EndsWith("guestbridge status\n"));
  const Result one = Run({"clients", "retry", "main", "a", "--lang", "ru"});
  EXPECT_THAT(one.out, StartsWith("Повторять некого"));
  EXPECT_THAT(one.out, EndsWith("guestbridge clients explain main КЛИЕНТ\n"));
}

}  // namespace
}  // namespace guestbridge::cli
