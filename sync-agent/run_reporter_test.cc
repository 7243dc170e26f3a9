#include "sync-agent/run_reporter.h"

#include <string>
#include <vector>

#include "common/status/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/testing/fake_clock.h"

namespace guestbridge::agent {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<std::string> CancelledWhenAnswered(const absl::StatusOr<bool>& answer) {
  testing::FakeClock clock;
  std::vector<std::string> cancelled;
  RunReporter reporter([&](const v1::Run&, int64_t) { return answer; },
                       [&](const std::string& run) { cancelled.push_back(run); },
                       clock);
  reporter.Start();
  v1::Run run;
  run.set_name("integrations/main/runs/7");
  run.set_state(v1::Run::RUNNING);
  reporter.Report(run);
  EXPECT_TRUE(reporter.Flush(absl::Seconds(20)));
  reporter.Stop();
  return cancelled;
}

TEST(RunReporterTest, ARunThatIsNotTheServersOrNotOursIsStopped) {
  EXPECT_THAT(CancelledWhenAnswered(false), IsEmpty());
  EXPECT_THAT(CancelledWhenAnswered(true), ElementsAre("integrations/main/runs/7"));
  EXPECT_THAT(CancelledWhenAnswered(
                  MakeError("RUN_NOT_FOUND", {{"run", "integrations/main/runs/7"}})),
              ElementsAre("integrations/main/runs/7"));
  EXPECT_THAT(CancelledWhenAnswered(
                  MakeError("INTEGRATION_NOT_ASSIGNED", {{"integration", "main"}})),
              ElementsAre("integrations/main/runs/7"));
}

}  // namespace
}  // namespace guestbridge::agent
