#include "common/log/log.h"

#include "common/log/line.h"
#include "common/status/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace guestbridge::log {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(LogTest, AnEventIsOneJsonObjectOnOneLine) {
  EXPECT_EQ(
      FormatLine(absl::FromUnixMillis(1767614400123), "info", "run_finished",
                 {{"run", "integrations/main/runs/7"},
                  {"added", 2000},
                  {"share", 0.5},
                  {"whole", true},
                  {"took", absl::Milliseconds(1500)},
                  {"text", "a \"b\"\n"}}),
      R"({"time":"2026-01-05T12:00:00.123Z","level":"info","event":"run_finished",)"
      R"("run":"integrations/main/runs/7","added":2000,"share":0.5,"whole":true,)"
      R"("took":1.5,"text":"a \"b\"\n"})");
}

TEST(LogTest, AnErrorIsItsReasonAndMessage) {
  EXPECT_THAT(FormatLine(absl::UnixEpoch(), "error", "x",
                         {{"error", MakeError("DATABASE_FULL", {{"file", "/d"}})}}),
              HasSubstr("DATABASE_FULL: There is no room left"));
}

TEST(LogTest, BytesThatAreNotUtf8AreReplaced) {
  EXPECT_THAT(FormatLine(absl::UnixEpoch(), "info", "x", {{"a", "\xff"}}),
              HasSubstr("\"a\":\"\xef\xbf\xbd\""));
}

TEST(LogTest, GoesToStderrAndDebugOnlyWhenAsked) {
  ::testing::internal::CaptureStderr();
  Info("one");
  Debug("two");
  EnableDebug(true);
  Debug("three");
  EnableDebug(false);
  const std::string out = ::testing::internal::GetCapturedStderr();
  EXPECT_THAT(out, HasSubstr("\"event\":\"one\"}\n"));
  EXPECT_THAT(out, Not(HasSubstr("two")));
  EXPECT_THAT(out, HasSubstr("three"));
}

}  // namespace
}  // namespace guestbridge::log
