#include "common/process/command.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <fstream>
#include <string>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/testing/temp_dir.h"

namespace guestbridge {
namespace {

using End = CommandResult::End;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr size_t kMost = 4096;

class CommandTest : public ::testing::Test {
 protected:
  std::string Script(const std::string& body) {
    const std::string file = dir_.File("command");
    std::ofstream(file) << "#!/bin/sh\n" << body << "\n";
    chmod(file.c_str(), 0700);
    return file;
  }
  CommandResult Run(const std::string& body, absl::string_view input = {},
                    absl::Duration limit = absl::Seconds(20)) {
    return RunCommand(
        {.file = Script(body), .input = input, .most_output = kMost, .limit = limit},
        SystemClock());
  }
  bool Gone(int process) {
    // Reaped by init soon after; until then it is a zombie.
    for (int i = 0; i < 500; ++i) {
      std::ifstream stat(absl::StrCat("/proc/", process, "/stat"));
      std::string pid, name, state;
      stat >> pid >> name >> state;
      if (state.empty() || state == "Z") return true;
      usleep(10'000);
    }
    return false;
  }

  testing::TempDir dir_;
};

TEST_F(CommandTest, TakesItsInputAndGivesItsOutput) {
  const CommandResult result = Run("cat", "one $(id)\ntwo");
  EXPECT_EQ(result.end, End::kDone);
  EXPECT_EQ(result.output.Reveal(), "one $(id)\ntwo");
}

TEST_F(CommandTest, WithoutInputItReadsNothing) {
  const CommandResult result = Run("cat; echo read");
  EXPECT_EQ(result.end, End::kDone);
  EXPECT_EQ(result.output.Reveal(), "read\n");
}

TEST_F(CommandTest, SeesNothingOfOurs) {
  setenv("GUESTBRIDGE_PLANTED", "s3cr3t", 1);
  const int open_file = open("/dev/null", O_RDONLY);
  const CommandResult result = Run("env; echo \"arguments $#\"; ls /proc/self/fd");
  close(open_file);
  EXPECT_THAT(result.output.Reveal(), HasSubstr("arguments 0"));
  EXPECT_THAT(result.output.Reveal(), HasSubstr("PATH="));
  EXPECT_THAT(result.output.Reveal(), Not(HasSubstr("s3cr3t")));
  EXPECT_THAT(result.output.Reveal(), HasSubstr("0\n1\n2\n3\n")) << "3: of ls itself";
  EXPECT_THAT(result.output.Reveal(), Not(HasSubstr("\n4\n")));
}

TEST_F(CommandTest, SaysHowItEnded) {
  const CommandResult code = Run("exit 3");
  EXPECT_EQ(code.end, End::kFailed);
  EXPECT_EQ(code.code, "3");
  const CommandResult signal = Run("kill -9 $$");
  EXPECT_EQ(signal.end, End::kFailed);
  EXPECT_EQ(signal.code, "signal 9");
  const CommandResult none = RunCommand(
      {.file = dir_.File("none"), .limit = absl::Seconds(20)}, SystemClock());
  EXPECT_EQ(none.end, End::kUnusable);
  EXPECT_EQ(none.error, ENOENT);
  const CommandResult no_shell_line = RunCommand(
      {.file = Script("true") + "; true", .limit = absl::Seconds(20)}, SystemClock());
  EXPECT_EQ(no_shell_line.end, End::kUnusable);
}

TEST_F(CommandTest, OneThatDoesNotReadDoesNotHoldUsUp) {
  const std::string big(1 << 20, 'x');
  EXPECT_EQ(Run("exit 3", big).end, End::kFailed);
  EXPECT_EQ(Run("exit 0", big).end, End::kDone);
}

TEST_F(CommandTest, KeepsNoMoreThanItMay) {
  EXPECT_EQ(Run("yes").end, End::kTooMuch);
  const CommandResult most = Run("head -c 4096 /dev/zero");
  EXPECT_EQ(most.end, End::kDone);
  EXPECT_EQ(most.output.Reveal().size(), kMost);
  EXPECT_EQ(Run("head -c 4097 /dev/zero").end, End::kTooMuch);
  EXPECT_EQ(RunCommand({.file = Script("head -c 9999999 /dev/zero"),
                        .limit = absl::Seconds(20)},
                       SystemClock())
                .end,
            End::kDone)
      << "thrown away";
}

TEST_F(CommandTest, OneThatHangsIsKilledWithAllThatItStarted) {
  const std::string said = dir_.File("said");
  for (const std::string body :
       {"sleep 600 & echo $! > '", "exec >&-; sleep 600 & echo $! > '"}) {
    EXPECT_EQ(Run(absl::StrCat(body, said, "'; wait"), {}, absl::Seconds(1)).end,
              End::kTooLong);
    int child = 0;
    std::ifstream(said) >> child;
    EXPECT_TRUE(Gone(child)) << body;
  }
  EXPECT_EQ(Run("sleep 600 & exit 0", {}, absl::Seconds(1)).end, End::kTooLong)
      << "its child writes on";
}

TEST_F(CommandTest, IsKilledOnceWeStop) {
  for (const size_t most : {size_t{0}, kMost}) {
    int looks = 0;
    EXPECT_EQ(RunCommand({.file = Script("sleep 600"),
                          .most_output = most,
                          .limit = absl::Hours(1),
                          .stopped = [&] { return ++looks > 3; }},
                         SystemClock())
                  .end,
              End::kTooLong);
  }
}

}  // namespace
}  // namespace guestbridge
