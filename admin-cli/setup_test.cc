#include <unistd.h>

#include <memory>
#include <optional>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "admin-cli/cli_fixture_test.h"
#include "admin-cli/link/keyboard.h"
#include "admin-cli/output/display_text.h"
#include "common/status/error.h"
#include "gmock/gmock.h"

namespace guestbridge::cli {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

using Answers = std::vector<std::string>;

constexpr char kSecret[] = "s3cr3t-c0de";

class SetupTest : public CliFixture {
 protected:
  SetupTest() {
    secret_file_ = File("secret", absl::StrCat(kSecret, "\n"));
    BeginAnew();
  }

  void BeginAnew() {
    server_ = std::make_unique<FakeServer>();
    server_->fresh = true;
  }

  // `answers`, a line each, and then the end of input.
  Result Setup(const Answers& answers, const std::vector<std::string>& flags = {}) {
    std::vector<std::string> line = {"setup", "main"};
    line.insert(line.end(), flags.begin(), flags.end());
    return Run(std::move(line), answers);
  }
  Result Run(std::vector<std::string> line, const Answers& answers = {}) {
    line.insert(line.end(), {"--plaintext", "--server", server_->address()});
    return RunBare(line, absl::StrJoin(answers, "",
                                       [](std::string* out, const std::string& answer) {
                                         absl::StrAppend(out, answer, "\n");
                                       }));
  }

  // The answers of the first time, by steps: what is not finished is asked anew.
  std::vector<Answers> Steps() const {
    return {{"Hotel Riviera"},
            {"Riviera", "r.bitrix24.ru", "", "1", "7", secret_file_, "1",
             "http://1c.example/hotel", "exchange", secret_file_},
            {"yes"},
            {"yes"},
            {"yes"},
            {"yes"},
            {"04:30", "Asia/Omsk"}};
  }
  static Answers Join(const std::vector<Answers>& steps, size_t first = 0) {
    Answers all;
    for (size_t i = first; i < steps.size(); ++i) {
      all.insert(all.end(), steps[i].begin(), steps[i].end());
    }
    return all;
  }

  std::vector<std::string> NewPortalLine() const {
    return {"connection",
            "set",
            "main",
            "--hotel",
            "Riviera",
            "--api-server",
            "new.bitrix24.ru",
            "--ssl",
            "--webhook-user",
            "7",
            "--webhook-secret-file",
            secret_file_,
            "--source",
            "onec-odata",
            "--source-url",
            "http://1c.example/hotel",
            "--source-user",
            "exchange",
            "--new-portal"};
  }

  std::unique_ptr<FakeServer> server_;
  std::string secret_file_;
};

// Ctrl-C at the moment when `words` are shown.
class InterruptedAt : public std::stringbuf {
 public:
  InterruptedAt(Interrupt& interrupt, std::string words)
      : interrupt_(interrupt), words_(std::move(words)) {}
  // Somebody was waiting, and will end in good order.
  std::optional<bool> heard;

 protected:
  int sync() override {
    const bool shown = absl::StrContains(str(), words_);
    if (shown && !heard.has_value()) heard = interrupt_.Trigger();
    return 0;
  }

 private:
  Interrupt& interrupt_;
  const std::string words_;
};

TEST_F(SetupTest, CtrlCIsHeardFromTheMomentThatASecretIsHidden) {
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  ASSERT_EQ(write(ends[1], "\n", 1), 1);  // There is always a line to read.
  const Keyboard keyboard(ends[0]);
  std::istringstream in("Hotel\nRiviera\nr.bitrix24.ru\n\n1\n7\n\nnot to be read\n");
  std::ostringstream out;
  InterruptedAt shown(interrupt_, "(is not shown): ");
  std::ostream err(&shown);
  Environment environment = {
      .in = in,
      .out = out,
      .err = err,
      .variable = [](absl::string_view) { return std::string(); },
      .zone = absl::UTCTimeZone(),
      .clock = SystemClock(),
      .interrupt = interrupt_};
  environment.keyboard = &keyboard;
  const int code = RunCli(
      {"setup", "main", "--lang", "en", "--plaintext", "--server", server_->address()},
      "1.2.3", environment);
  EXPECT_EQ(code, 130);
  EXPECT_EQ(shown.heard, true) << shown.str();
  close(ends[0]);
  close(ends[1]);
}

TEST_F(SetupTest, TheFirstTimeGoesFromNothingToTheBackgroundJob) {
  const Result result = Setup(Join(Steps()));
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(server_->changes(),
              ElementsAre("create", "connect", "pause", "test", "load fields",
                          "save fields", "load events", "save events", "match", "apply",
                          "dry run", "export", "schedule"));
  const v1::Connection connection = server_->saved_connection();
  EXPECT_EQ(connection.name(), "integrations/main/connection");
  EXPECT_EQ(connection.hotel(), "Riviera");
  EXPECT_EQ(connection.api_server(), "r.bitrix24.ru");
  EXPECT_EQ(connection.port(), 443);
  EXPECT_TRUE(connection.ssl());
  EXPECT_EQ(connection.webhook().user_id(), 7);
  EXPECT_EQ(connection.webhook().secret(), kSecret);
  EXPECT_EQ(connection.source().type(), "onec-odata");
  EXPECT_EQ(connection.source().password(), kSecret);
  EXPECT_THAT(OneLine(result.err),
              HasSubstr("30 4 * * *, Asia/Omsk. Next time: 2026-11-29 04:30:00 "
                        "(Asia/Omsk)"));
  EXPECT_THAT(result.out + result.err, Not(HasSubstr(kSecret)));
}

TEST_F(SetupTest, NothingIsExportedBeforeAYes) {
  std::vector<Answers> steps = Steps();
  steps[5] = {"no"};
  const Result result = Setup(Join(steps));
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_EQ(server_->changes().back(), "dry run");
  EXPECT_THAT(result.err, HasSubstr("guestbridge setup main"));
  EXPECT_EQ(Setup({"yes", "", ""}).exit_code, 0);
  EXPECT_THAT(server_->changes(), testing::Contains("export").Times(1));
}

// Enter alone is no yes where something would be written.
TEST_F(SetupTest, EnterAloneExportsAndAppliesNothing) {
  std::vector<Answers> steps = Steps();
  steps.resize(4);
  Answers answers = Join(steps);
  answers.insert(answers.end(), {"", "", "maybe"});
  EXPECT_EQ(Setup(answers).exit_code, 130);
  EXPECT_EQ(server_->changes().back(), "match");
  EXPECT_EQ(Setup({"yes", "", ""}).exit_code, 130);
  EXPECT_EQ(server_->changes().back(), "dry run");
}

TEST_F(SetupTest, StoppedAtAnyQuestionItGoesOnThere) {
  const std::vector<Answers> steps = Steps();
  const size_t questions = Join(steps).size();
  for (size_t stop = 0; stop < questions; ++stop) {
    SCOPED_TRACE(absl::StrCat("stopped at question ", stop));
    BeginAnew();

    Answers some = Join(steps);
    some.resize(stop);
    const Result stopped = Setup(some);
    EXPECT_EQ(stopped.exit_code, 130) << stopped.err;
    EXPECT_THAT(stopped.err,
                AllOf(HasSubstr("INPUT_ENDED"), HasSubstr("guestbridge setup main")));

    size_t step = 0;
    for (size_t seen = steps[0].size(); seen <= stop; seen += steps[step].size()) {
      ++step;
    }
    const Result rest = Setup(Join(steps, step));
    EXPECT_EQ(rest.exit_code, 0) << rest.err;
    for (const char* once : {"create", "connect", "save fields", "save events", "match",
                             "apply", "dry run", "export", "schedule"}) {
      EXPECT_THAT(server_->changes(), testing::Contains(once).Times(1)) << once;
    }
  }
}

TEST_F(SetupTest, ADryRunOfADraftIsNotTakenForThatOfTheMappingThatWasSaved) {
  std::vector<Answers> steps = Steps();
  steps.resize(4);
  Setup(Join(steps));
  ASSERT_EQ(server_->changes().back(), "match");
  ASSERT_EQ(Run({"fields", "save", "main", "--dry-run"}).exit_code, 0);
  ASSERT_THAT(server_->changes(), testing::Contains("dry run").Times(1));
  Setup({"no"});
  EXPECT_THAT(server_->changes(), testing::Contains("dry run").Times(2));
}

TEST_F(SetupTest, PairsThatAnExportTakesOverByItselfAreNotAskedAbout) {
  server_->proposes = 0;
  server_->adopts = 5;
  std::vector<Answers> steps = Steps();
  steps[4] = {};
  const Result result = Setup(Join(steps));
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(OneLine(result.err), HasSubstr("whose contact is known: 5"));
  EXPECT_THAT(result.err, Not(HasSubstr("PROPOSED")));
  EXPECT_THAT(server_->changes(), Not(testing::Contains("apply")));
}

TEST_F(SetupTest, TheYesIsToWhatTheDryRunShowed) {
  ASSERT_EQ(Setup(Join(Steps())).exit_code, 0);
  EXPECT_EQ(server_->started().plan(), "plan-1");
  EXPECT_FALSE(server_->started().beyond_guard());
}

TEST_F(SetupTest, WhereTheGuardWouldNeverStopARunItSaysSo) {
  EXPECT_THAT(Setup(Join(Steps())).err, Not(HasSubstr("--guard-contacts")));
  BeginAnew();
  server_->guard_contacts = 200'000;  // more than the dry run has found clients
  const Result result = Setup(Join(Steps()));
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(OneLine(result.err),
              HasSubstr("guestbridge integration update main --guard-contacts N"));
}

TEST_F(SetupTest, ADryRunOfAnotherMappingIsMadeAnew) {
  std::vector<Answers> steps = Steps();
  steps[5] = {"no"};
  ASSERT_EQ(Setup(Join(steps)).exit_code, 0);
  ASSERT_EQ(Run({"fields", "save", "main"}).exit_code, 0);
  EXPECT_EQ(Setup({"yes", "", ""}).exit_code, 0);
  EXPECT_THAT(server_->changes(), testing::Contains("dry run").Times(2));
  EXPECT_EQ(server_->started().plan(), "plan-2");
}

TEST_F(SetupTest, WhereThePlanHasChangedTheNewOneIsAskedAbout) {
  server_->changed_plan = "plan-1";
  std::vector<Answers> steps = Steps();
  steps[5] = {"yes", "yes"};
  const Result result = Setup(Join(steps));
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(OneLine(result.err), HasSubstr("have changed meanwhile"));
  EXPECT_EQ(server_->started().plan(), "plan-2");
  EXPECT_EQ(server_->changes().back(), "schedule");
}

TEST_F(SetupTest, WhatIsSetUpIsLeftAlone) {
  ASSERT_EQ(Setup(Join(Steps())).exit_code, 0);
  const std::vector<std::string> before = server_->changes();
  server_->last_checks.resize(1);
  server_->last_checks[0].set_state(v1::Check::OK);
  EXPECT_EQ(Setup({}).exit_code, 0);
  EXPECT_EQ(server_->changes(), before);
}

TEST_F(SetupTest, ARefusedSettingIsAskedForAgainAlone) {
  server_->refuses_connection = MakeFieldError(
      "connection.api_server", "API_SERVER_INVALID",
      {{"value", "https://r.bitrix24.ru"}, {"expected", "r.bitrix24.ru"}});
  std::vector<Answers> steps = Steps();
  steps[1][1] = "https://r.bitrix24.ru";
  steps[1].push_back("corrected.bitrix24.ru");
  const Result result = Setup(Join(steps));
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.err, HasSubstr("API_SERVER_INVALID"));
  EXPECT_EQ(server_->saved_connection().api_server(), "corrected.bitrix24.ru");
}

TEST_F(SetupTest, AnotherPortalIsConnectedOnAYesOnly) {
  server_->refuses_connection =
      MakeError("PORTAL_IS_ANOTHER",
                {{"integration", "main"}, {"portal", "new.ru"}, {"known", "old.ru"}});
  std::vector<Answers> steps = Steps();
  // Enter is no yes; then the same answers once more.
  steps[1].insert(steps[1].end(), {"", "no", ""});
  EXPECT_EQ(Setup(Join(steps)).exit_code, 0);
  EXPECT_FALSE(server_->saved_as_new_portal());
  BeginAnew();
  server_->refuses_connection =
      MakeError("PORTAL_IS_ANOTHER",
                {{"integration", "main"}, {"portal", "new.ru"}, {"known", "old.ru"}});
  steps = Steps();
  steps[1].push_back("yes");
  EXPECT_EQ(Setup(Join(steps)).exit_code, 0);
  EXPECT_TRUE(server_->saved_as_new_portal());
}

TEST_F(SetupTest, AtANewPortalTheRunsOfTheOldOneDoNotCount) {
  ASSERT_EQ(Setup(Join(Steps())).exit_code, 0);
  const size_t before = server_->changes().size();
  ASSERT_EQ(Run(NewPortalLine()).exit_code, 0);
  const Result result = Setup({"yes", "yes", "", ""});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  const std::vector<std::string> changes = server_->changes();
  EXPECT_THAT(std::vector<std::string>(changes.begin() + before, changes.end()),
              ElementsAre("connect", "pause", "test", "match", "apply", "dry run",
                          "export", "schedule"));
  EXPECT_EQ(server_->started().plan(), "plan-2");
}

TEST_F(SetupTest, EveryRunCountsWhereNobodyNotedSinceWhenThePortalIsThisOne) {
  server_->tells_portal_time = false;
  ASSERT_EQ(Setup(Join(Steps())).exit_code, 0);
  const size_t before = server_->changes().size();
  ASSERT_EQ(Run(NewPortalLine()).exit_code, 0);
  EXPECT_EQ(Setup({}).exit_code, 0);
  const std::vector<std::string> changes = server_->changes();
  EXPECT_THAT(std::vector<std::string>(changes.begin() + before, changes.end()),
              ElementsAre("connect", "test"));
}

TEST_F(SetupTest, ARefusalThatNamesNoSettingOffersThemAll) {
  server_->refuses_connection =
      MakeError("WEBHOOK_REFUSED", {{"host", "r.bitrix24.ru"}, {"user", "7"}});
  std::vector<Answers> steps = Steps();
  const std::string other = absl::StrCat(directory_, "/other");
  std::ofstream(other) << "other-code\n";
  steps[1].insert(steps[1].end(), {"17", "4 x", "6", other});
  const Result result = Setup(Join(steps));
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(server_->saved_connection().webhook().secret(), "other-code");
}

TEST_F(SetupTest, AFailedTestIsCorrectedAndTriedAgain) {
  server_->worst_check = v1::Check::FAILED;
  std::vector<Answers> steps = Steps();
  // The hotel; then the same again; then as it is.
  steps[1].insert(steps[1].end(), {"1", "Bristol", "", "0"});
  const Result result = Setup(Join(steps));
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(server_->saved_connection().hotel(), "Bristol");
  ASSERT_TRUE(server_->saved_connection().has_portal_time());
  EXPECT_FALSE(server_->was_given_portal_time());
  // The stored secrets stay: nobody was asked for them again.
  EXPECT_THAT(server_->saved_connection().webhook().secret(), IsEmpty());
  const std::vector<std::string> changes = server_->changes();
  EXPECT_THAT(std::vector<std::string>(changes.begin(), changes.begin() + 6),
              ElementsAre("create", "connect", "pause", "test", "connect", "test"));
}

TEST_F(SetupTest, WhereNoneNeedsToBeCorrectedTheLeastAnswerIsZero) {
  server_->worst_check = v1::Check::FAILED;
  std::vector<Answers> steps = Steps();
  steps[1].insert(steps[1].end(), {"11", "0"});
  const Result result = Setup(Join(steps));
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.err, HasSubstr("A number from 0 to 10, please."));
}

TEST_F(SetupTest, AnswersThatAreNoneAreAskedForAgain) {
  std::vector<Answers> steps = Steps();
  steps[1] = {"",      "Riviera",    "r.bitrix24.ru",
              "99999", "x",          "443",
              "3",     "1",          "0",
              "7",     "/none/such", "-",
              "",      "-",          "typed-secret",
              "1",     "\x01",       "http://1c/h",
              "\xff",  "exchange",   "",
              ""};
  steps[2] = {"maybe", "Y"};
  const Result result = Setup(Join(steps));
  EXPECT_EQ(result.exit_code, 0) << result.err;
  const v1::Connection connection = server_->saved_connection();
  EXPECT_EQ(connection.webhook().secret(), "typed-secret");
  EXPECT_EQ(connection.source().url(), "http://1c/h");
  EXPECT_EQ(connection.source().user(), "exchange");
  EXPECT_TRUE(connection.source().password_set()) << "empty on purpose";
  EXPECT_THAT(result.err, AllOf(HasSubstr("SECRET_FILE_UNREADABLE"),
                                HasSubstr("ANSWER_UNREADABLE")));
}

TEST_F(SetupTest, AnIdThatNoIntegrationCanHaveIsRefusedWithoutAQuestion) {
  const Result result = Run({"setup", "Плохое имя"}, {"yes", "yes"});
  EXPECT_EQ(result.exit_code, 4);
  EXPECT_THAT(
      result.err,
      AllOf(HasSubstr("INTEGRATION_ID_INVALID"), Not(HasSubstr("NAME_MALFORMED")),
            Not(HasSubstr("again")), Not(HasSubstr("guestbridge setup"))));
}

TEST_F(SetupTest, ATimeThatNoDayHasIsAskedForAgain) {
  std::vector<Answers> steps = Steps();
  steps[6] = {"25:99", "04:60", "04:30", "Asia/Omsk"};
  const Result result = Setup(Join(steps));
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.err, AllOf(HasSubstr("A time from 00:00 to 23:59"),
                                HasSubstr("30 4 * * *, Asia/Omsk")));
}

TEST_F(SetupTest, AnApplicationAndFilesAreAskedForWhatTheyNeed) {
  std::vector<Answers> steps = Steps();
  steps[1] = {"Riviera",    "r.bitrix24.ru", "8443", "2",         "app.1",
              secret_file_, secret_file_,    "2",    "file:///in"};
  const Result result = Setup(Join(steps));
  EXPECT_EQ(result.exit_code, 0) << result.err;
  const v1::Connection connection = server_->saved_connection();
  EXPECT_EQ(connection.port(), 8443);
  EXPECT_EQ(connection.oauth().client_id(), "app.1");
  EXPECT_EQ(connection.oauth().refresh_token(), kSecret);
  EXPECT_EQ(connection.source().type(), "jsonl");
  EXPECT_EQ(connection.source().url(), "file:///in");
}

TEST_F(SetupTest, AFailedExportEndsItAndIsTriedTheNextTime) {
  std::vector<Answers> steps = Steps();
  steps.resize(5);
  ASSERT_EQ(Setup(Join(steps)).exit_code, 130);
  server_->run_ends = v1::Run::FAILED;
  const Result failed = Setup({"yes"});
  EXPECT_EQ(failed.exit_code, 1);
  EXPECT_THAT(failed.err, HasSubstr("guestbridge setup main"));
  server_->run_ends = v1::Run::SUCCEEDED;
  EXPECT_EQ(Setup({"yes", "", ""}).exit_code, 0);
  EXPECT_EQ(server_->changes().back(), "schedule");
  // It may have done a part of what the first dry run showed.
  EXPECT_THAT(server_->changes(), testing::Contains("dry run").Times(2));
}

TEST_F(SetupTest, AServerThatIsAwayEndsItWithItsOwnExitCode) {
  server_->Stop();
  EXPECT_EQ(Setup({"no"}).exit_code, 6);
  EXPECT_EQ(Setup({}).exit_code, 6);
}

TEST_F(SetupTest, SpeaksRussianAndTakesItsYes) {
  std::vector<Answers> steps = Steps();
  steps[2] = {"Да"};
  steps[4] = {"нет"};
  steps[5] = {"д"};
  const Result result = Setup(Join(steps), {"--lang", "ru"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_THAT(result.err, HasSubstr("Шаг 7 из 7: фоновое задание SyncBitrix24"));
  EXPECT_THAT(server_->changes(), Not(testing::Contains("apply")));
  EXPECT_THAT(server_->changes(), testing::Contains("export"));
}

TEST_F(SetupTest, FitsTheTerminalAndNamesEveryLabel) {
  for (const char* language : {"en", "ru"}) {
    BeginAnew();
    server_->worst_check = v1::Check::FAILED;
    std::vector<Answers> steps = Steps();
    steps[1].push_back("0");
    const Result result = Setup(Join(steps), {"--lang", language});
    EXPECT_THAT(result.out + result.err, Not(HasSubstr("LABEL_")));
    for (absl::string_view row : absl::StrSplit(result.out, '\n')) {
      EXPECT_LE(DisplayWidth(row), 80) << row;
    }
  }
}

TEST_F(SetupTest, InJsonOnlyTheIntegrationStandsOnStandardOutput) {
  const Result result = Setup(Join(Steps()), {"--output", "json"});
  EXPECT_EQ(result.exit_code, 0) << result.err;
  EXPECT_EQ(result.out.front(), '{');
  EXPECT_THAT(result.out, HasSubstr("\"name\": \"integrations/main\""));
}

}  // namespace
}  // namespace guestbridge::cli
