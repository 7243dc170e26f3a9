#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "absl/strings/str_cat.h"
#include "common/status/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "server/notice/notice_board.h"
#include "server/notice/notice_command.h"
#include "server/store/sqlite_store.h"
#include "tests/testing/fake_clock.h"
#include "tests/testing/temp_dir.h"

namespace guestbridge::server {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

class NoticeBoardTest : public ::testing::Test {
 protected:
  NoticeBoardTest() : store_(*OpenSqliteStore(dir_.File("server.db"))) { Needs({}); }

  void Needs(const std::vector<std::string>& reasons) {
    status_.Clear();
    v1::IntegrationStatus& one = *status_.add_integrations();
    one.set_integration("integrations/main");
    one.set_display_name("Riviera");
    one.set_active(true);
    for (const std::string& reason : reasons) {
      v1::Explanation& item = *one.add_attention();
      item.set_reason(reason);
      (*item.mutable_parameters())["integration"] = "main";
      (*item.mutable_parameters())["count"] = "3";
    }
  }

  NoticeBoard Board() {
    return {*store_, clock_, [this] { return status_; },
            [this](const std::string& json) {
              if (!answer_.ok()) return answer_;
              const auto notice = nlohmann::json::parse(json);
              std::string words = notice["state"];
              for (const auto& item : notice["attention"]) {
                absl::StrAppend(&words, " ", std::string(item["reason"]));
              }
              told_.push_back(words);
              return absl::OkStatus();
            }};
  }

  // Long enough for what is to be told.
  void Look(NoticeBoard* board) {
    board->Tick();
    clock_.Advance(absl::Seconds(61));
    board->Tick();
  }

  testing::TempDir dir_;
  testing::FakeClock clock_;
  std::unique_ptr<Store> store_;
  v1::Status status_;
  absl::Status answer_;
  std::vector<std::string> told_;
};

TEST_F(NoticeBoardTest, EachChangeIsToldOnceAndTheRecoveryToo) {
  NoticeBoard board = Board();
  Look(&board);
  EXPECT_THAT(told_, IsEmpty()) << "nothing was ever wrong";
  Needs({"ATTENTION_CLIENTS_FAILED"});
  Look(&board);
  Look(&board);
  Needs({"ATTENTION_CLIENTS_FAILED", "AGENT_NOT_CONNECTED"});
  Look(&board);
  Look(&board);
  Needs({});
  Look(&board);
  Look(&board);
  EXPECT_THAT(told_, ElementsAre("ATTENTION ATTENTION_CLIENTS_FAILED",
                                 "ATTENTION ATTENTION_CLIENTS_FAILED "
                                 "AGENT_NOT_CONNECTED",
                                 "RECOVERED"));
}

TEST_F(NoticeBoardTest, SwitchingAnIntegrationOffIsNoRecovery) {
  NoticeBoard board = Board();
  Needs({"ATTENTION_CLIENTS_FAILED"});
  Look(&board);
  Needs({});
  status_.mutable_integrations(0)->set_active(false);
  Look(&board);
  Needs({"ATTENTION_CLIENTS_FAILED"});
  Look(&board);
  EXPECT_THAT(told_, ElementsAre("ATTENTION ATTENTION_CLIENTS_FAILED"));
  Needs({});
  Look(&board);
  EXPECT_THAT(told_, ElementsAre("ATTENTION ATTENTION_CLIENTS_FAILED", "RECOVERED"));
}

TEST_F(NoticeBoardTest, WhatPassesWithinAMinuteIsNoNews) {
  NoticeBoard board = Board();
  for (int i = 0; i < 5; ++i) {
    Needs({"AGENT_NOT_CONNECTED"});
    board.Tick();
    clock_.Advance(absl::Seconds(45));
    Needs({});
    board.Tick();
    clock_.Advance(absl::Seconds(45));
  }
  EXPECT_THAT(told_, IsEmpty());
}

TEST_F(NoticeBoardTest, WhatComesAndGoesKeepsNothingElseBack) {
  NoticeBoard board = Board();
  const auto flap = [&](const std::vector<std::string>& lasting) {
    for (int i = 0; i < 8; ++i) {
      std::vector<std::string> reasons = lasting;
      if (i % 2 == 0) reasons.push_back("AGENT_NOT_CONNECTED");
      Needs(reasons);
      board.Tick();
      clock_.Advance(absl::Seconds(15));
    }
  };
  flap({"ATTENTION_CLIENTS_FAILED"});
  EXPECT_THAT(told_, ElementsAre("ATTENTION ATTENTION_CLIENTS_FAILED"));
  flap({});
  EXPECT_THAT(told_, ElementsAre("ATTENTION ATTENTION_CLIENTS_FAILED", "RECOVERED"));

  // Of one that was told before, its going is told when it has lasted.
  Needs({"ATTENTION_CLIENTS_FAILED", "AGENT_NOT_CONNECTED"});
  Look(&board);
  flap({});
  Needs({"AGENT_NOT_CONNECTED"});
  board.Tick();
  EXPECT_EQ(told_.back(), "ATTENTION AGENT_NOT_CONNECTED");
  EXPECT_EQ(told_.size(), 4u);
  Needs({});
  Look(&board);
  EXPECT_EQ(told_.back(), "RECOVERED");
}

TEST_F(NoticeBoardTest, ARestartAndASecondServerRepeatNothing) {
  Needs({"AGENT_NOT_CONNECTED"});
  NoticeBoard first = Board();
  NoticeBoard second = Board();
  first.Tick();
  second.Tick();
  clock_.Advance(absl::Seconds(61));
  first.Tick();
  second.Tick();
  NoticeBoard restarted = Board();
  Look(&restarted);
  EXPECT_THAT(told_, ElementsAre("ATTENTION AGENT_NOT_CONNECTED"));
}

TEST_F(NoticeBoardTest, WhatCouldNotBeToldIsToldLater) {
  Needs({"AGENT_NOT_CONNECTED"});
  NoticeBoard board = Board();
  answer_ = MakeError("NOTICE_COMMAND_FAILED", {{"file", "f"}, {"code", "1"}});
  Look(&board);
  answer_ = absl::OkStatus();
  board.Tick();
  EXPECT_THAT(told_, IsEmpty()) << "not at once";
  clock_.Advance(absl::Minutes(6));
  board.Tick();
  EXPECT_THAT(told_, ElementsAre("ATTENTION AGENT_NOT_CONNECTED"));
}

TEST_F(NoticeBoardTest, AnIntegrationThatIsBeingSetUpIsNoNews) {
  NoticeBoard board = Board();
  Needs({"CONNECTION_NOT_SET"});
  Look(&board);
  Needs({"MAPPING_NOT_SAVED"});
  Look(&board);
  EXPECT_THAT(told_, IsEmpty());
}

TEST_F(NoticeBoardTest, ANoticeSaysWhyAndWhatToDoInBothLanguages) {
  Needs({"ATTENTION_CLIENTS_FAILED"});
  const auto notice = nlohmann::json::parse(NoticeJson(status_.integrations(0)));
  EXPECT_EQ(notice["integration"], "integrations/main");
  EXPECT_EQ(notice["displayName"], "Riviera");
  for (const char* language : {"en", "ru"}) {
    EXPECT_THAT(std::string(notice["attention"][0]["message"][language]),
                HasSubstr("3"));
    EXPECT_THAT(std::string(notice["attention"][0]["remedy"][language]),
                HasSubstr("main"));
  }
}

class NoticeCommandTest : public ::testing::Test {
 protected:
  std::string Script(const std::string& text) {
    const std::string file = dir_.File("notice");
    std::ofstream(file) << "#!/bin/sh\n" << text << "\n";
    chmod(file.c_str(), 0700);
    return file;
  }
  std::string Said() {
    std::ostringstream text;
    text << std::ifstream(dir_.File("said")).rdbuf();
    return text.str();
  }

  testing::TempDir dir_;
};

TEST_F(NoticeCommandTest, GetsTheJsonOnItsStandardInputAndNoArguments) {
  setenv("GUESTBRIDGE_TEST_SECRET", "s3cr3t", 1);
  const std::string file = Script(
      absl::StrCat("{ cat; echo \"arguments $#\"; env; } > '", dir_.File("said"), "'"));
  EXPECT_TRUE(RunNoticeCommand(file, R"({"a":"$(id) `id`"})", absl::Seconds(20),
                               SystemClock(), [] { return false; })
                  .ok());
  EXPECT_THAT(Said(), HasSubstr(R"({"a":"$(id) `id`"})"));
  EXPECT_THAT(Said(), HasSubstr("arguments 0"));
  EXPECT_THAT(Said(), Not(HasSubstr("s3cr3t")));
}

TEST_F(NoticeCommandTest, OneThatFailsOrDoesNotReadIsSaidToHave) {
  const std::string big(1 << 20, 'x');
  EXPECT_EQ(ReasonOf(RunNoticeCommand(Script("exit 3"), big, absl::Seconds(20),
                                      SystemClock(), [] { return false; })),
            "NOTICE_COMMAND_FAILED");
  EXPECT_EQ(ReasonOf(CheckNoticeCommand(dir_.File("none"))), "NOTICE_COMMAND_UNUSABLE");
  EXPECT_EQ(ReasonOf(CheckNoticeCommand("/tmp")), "NOTICE_COMMAND_UNUSABLE");
  EXPECT_EQ(ReasonOf(RunNoticeCommand(dir_.File("none"), "", absl::Seconds(20),
                                      SystemClock(), [] { return false; })),
            "NOTICE_COMMAND_UNUSABLE");
  EXPECT_TRUE(CheckNoticeCommand("/bin/sh").ok());
}

TEST_F(NoticeCommandTest, AServerThatStopsDoesNotWaitForIt) {
  const std::string file = Script("sleep 600");
  int looks = 0;
  EXPECT_EQ(ReasonOf(RunNoticeCommand(file, "{}", absl::Hours(1), SystemClock(),
                                      [&] { return ++looks > 3; })),
            "NOTICE_COMMAND_SLOW");
}

TEST_F(NoticeCommandTest, OneThatHangsIsStoppedWithItsChildren) {
  const std::string file =
      Script(absl::StrCat("sleep 600 & echo $! > '", dir_.File("said"), "'; wait"));
  EXPECT_EQ(ReasonOf(RunNoticeCommand(file, "{}", absl::Seconds(2), SystemClock(),
                                      [] { return false; })),
            "NOTICE_COMMAND_SLOW");
  const int child = std::stoi(Said());
  // Reaped by init soon after; until then it is a zombie that takes signals.
  std::string state;
  for (int i = 0; i < 500; ++i) {
    std::ifstream stat(absl::StrCat("/proc/", child, "/stat"));
    std::string pid, name;
    state.clear();
    stat >> pid >> name >> state;
    if (state.empty() || state == "Z") break;
    usleep(10'000);
  }
  EXPECT_TRUE(state.empty() || state == "Z") << state;
}

}  // namespace
}  // namespace guestbridge::server
