#include "sync-agent/integration_report.h"

#include <gtest/gtest.h>

#include "common/status/error.h"
#include "google/protobuf/util/time_util.h"

namespace guestbridge::agent {
namespace {

using ::google::protobuf::util::TimeUtil;

TEST(PutOutlook, TellsPaceEndAndQuietHoursInWholeSeconds) {
  WriteBackOutlook outlook;
  outlook.per_second = 0.5;
  outlook.end = absl::FromUnixSeconds(1000) + absl::Milliseconds(1);
  outlook.quiet_until = absl::FromUnixSeconds(900);
  outlook.waiting = MakeError("SOURCE_QUIET_HOURS", {{"until", "11:00"}});
  v1::WriteBackProgress progress;
  PutOutlook(outlook, &progress);
  EXPECT_EQ(progress.per_second(), 0.5);
  EXPECT_EQ(TimeUtil::TimestampToSeconds(progress.estimated_end_time()), 1001);
  EXPECT_EQ(TimeUtil::TimestampToSeconds(progress.quiet_until()), 900);
  EXPECT_EQ(progress.waiting().reason(), "SOURCE_QUIET_HOURS");
  EXPECT_EQ(progress.waiting().parameters().at("until"), "11:00");
}

TEST(PutProgress, WhatThePortalChargedAddsToWhatAnEarlierProcessSaidOfTheRun) {
  v1::PortalUsage before;
  before.set_operating_seconds(100);
  RunProgress progress;
  progress.portal.operating_seconds = 20.5;
  v1::Run run;
  PutProgress(progress, before, &run);
  EXPECT_EQ(run.portal().operating_seconds(), 120.5);
}

TEST(PutOutlook, TakesThePlaceOfWhatWasSaidBeforeAndLeavesTheCounts) {
  WriteBackOutlook outlook;
  outlook.per_second = 2;
  outlook.end = absl::FromUnixSeconds(1000);
  outlook.waiting = MakeError("SOURCE_UNREACHABLE");
  v1::WriteBackProgress progress;
  progress.set_pending(3);
  PutOutlook(outlook, &progress);
  PutOutlook(WriteBackOutlook(), &progress);
  v1::WriteBackProgress empty;
  empty.set_pending(3);
  EXPECT_EQ(progress.SerializeAsString(), empty.SerializeAsString());
}

TEST(PutProgress, TellsWhichPairsOfAMatchWaitForAPerson) {
  RunProgress progress;
  progress.match.matched = 5;
  progress.match.proposed = 2;
  v1::Run run;
  run.set_kind(v1::Run::MATCH);
  PutProgress(progress, v1::PortalUsage(), &run);
  EXPECT_EQ(run.match().matched(), 5);
  EXPECT_EQ(run.match().proposed(), 2);
}

}  // namespace
}  // namespace guestbridge::agent
