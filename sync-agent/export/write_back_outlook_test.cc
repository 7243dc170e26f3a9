#include "sync-agent/export/write_back_outlook.h"

#include <gtest/gtest.h>

#include "absl/time/civil_time.h"
#include "common/status/error.h"

namespace guestbridge::agent {
namespace {

absl::Time At(int hour, int minute = 0) {
  return absl::FromCivil(absl::CivilMinute(2026, 3, 2, hour, minute),
                         absl::UTCTimeZone());
}

std::optional<QuietSpell> Never(absl::Time) { return std::nullopt; }

// 08:00 to 11:00 of each day.
std::optional<QuietSpell> InTheMorning(absl::Time at) {
  const absl::CivilDay day =
      absl::ToCivilDay(at - absl::Hours(11), absl::UTCTimeZone());
  const absl::Time midnight = absl::FromCivil(day + 1, absl::UTCTimeZone());
  return QuietSpell{midnight + absl::Hours(8), midnight + absl::Hours(11)};
}

TEST(EndOfWork, WithoutQuietHoursItIsTheWorkAway) {
  EXPECT_EQ(EndOfWork(At(7), absl::Hours(2), Never), At(9));
}

TEST(EndOfWork, WorkThatFitsBeforeTheQuietHoursIsNotPutOff) {
  EXPECT_EQ(EndOfWork(At(7), absl::Hours(1), InTheMorning), At(8));
}

TEST(EndOfWork, TheRestIsDoneAfterTheQuietHours) {
  EXPECT_EQ(EndOfWork(At(7), absl::Minutes(90), InTheMorning), At(11, 30));
}

TEST(EndOfWork, WorkThatBeginsInQuietHoursWaitsForTheirEnd) {
  EXPECT_EQ(EndOfWork(At(9), absl::Minutes(30), InTheMorning), At(11, 30));
}

TEST(EndOfWork, EachDaysQuietHoursAreLeftOut) {
  // 21 h until they begin again, 21 h more until the third time, and one hour.
  EXPECT_EQ(EndOfWork(At(11), absl::Hours(21 + 21 + 1), InTheMorning),
            At(12) + absl::Hours(48));
}

TEST(EndOfWork, AQueueThatIsNeverOpenedHasNoEnd) {
  const auto always = [](absl::Time at) {
    return QuietSpell{at, at + absl::Hours(24)};
  };
  EXPECT_EQ(EndOfWork(At(7), absl::Hours(1), always), std::nullopt);
}

TEST(WriteBackGauge, BeforeTheFirstWriteNothingIsKnown) {
  const WriteBackGauge gauge;
  const WriteBackOutlook outlook = gauge.Look(5, At(12), Never);
  EXPECT_EQ(outlook.per_second, 0);
  EXPECT_FALSE(outlook.end.has_value());
  EXPECT_TRUE(outlook.waiting.ok());
}

TEST(WriteBackGauge, WritesAndTheirPausesMakeThePace) {
  WriteBackGauge gauge;
  for (int i = 0; i < 5; ++i) gauge.Wrote(absl::Seconds(2), At(12));
  const WriteBackOutlook outlook = gauge.Look(30, At(12), Never);
  EXPECT_DOUBLE_EQ(outlook.per_second, 0.5);
  EXPECT_EQ(outlook.end, At(12, 1));
}

TEST(WriteBackGauge, TheEndStandsStillBetweenTwoWritesAndMovesWhenOneIsOverdue) {
  WriteBackGauge gauge;
  gauge.Wrote(absl::Seconds(60), At(12));
  EXPECT_EQ(gauge.Look(10, At(12, 1), Never).end, At(12, 10));
  EXPECT_EQ(gauge.Look(10, At(12, 30), Never).end, At(12, 38));
}

TEST(WriteBackGauge, ThePaceFollowsABaseThatBecameSlower) {
  WriteBackGauge gauge;
  for (int i = 0; i < 100; ++i) gauge.Wrote(absl::Seconds(1), At(12));
  for (int i = 0; i < 100; ++i) gauge.Wrote(absl::Seconds(4), At(12));
  EXPECT_NEAR(gauge.Look(1, At(12), Never).per_second, 0.25, 0.01);
}

TEST(WriteBackGauge, WhileTheBaseIsAwayTheEndIsNotKnownAndTheReasonIsSaid) {
  WriteBackGauge gauge;
  gauge.Wrote(absl::Seconds(2), At(12));
  gauge.Failed(MakeError("SOURCE_UNREACHABLE"));
  const WriteBackOutlook outlook = gauge.Look(30, At(12), Never);
  EXPECT_FALSE(outlook.end.has_value());
  EXPECT_EQ(ReasonOf(outlook.waiting), "SOURCE_UNREACHABLE");
}

TEST(WriteBackGauge, AWriteThatSucceedsMakesTheEndKnownAgain) {
  WriteBackGauge gauge;
  gauge.Failed(MakeError("SOURCE_UNREACHABLE"));
  gauge.Wrote(absl::Seconds(2), At(12));
  EXPECT_EQ(gauge.Look(30, At(12), Never).end, At(12, 1));
}

TEST(WriteBackGauge, AFailureOfTheConnectionThatWasChangedIsNotHeldAgainstTheNewOne) {
  WriteBackGauge gauge;
  gauge.Wrote(absl::Seconds(2), At(12));
  gauge.Failed(MakeError("SOURCE_CREDENTIALS_REFUSED"));
  gauge.ForgetFailure();
  const WriteBackOutlook outlook = gauge.Look(30, At(12), Never);
  EXPECT_TRUE(outlook.waiting.ok());
  EXPECT_EQ(outlook.end, At(12, 1));
}

TEST(WriteBackGauge, OneOpenCardDoesNotMakeTheEndUnknownButARowOfLocksDoes) {
  WriteBackGauge gauge;
  gauge.Wrote(absl::Seconds(2), At(12));
  gauge.Failed(MakeError("SOURCE_BUSY"));
  EXPECT_TRUE(gauge.Look(30, At(12), Never).end.has_value());
  gauge.Failed(MakeError("SOURCE_BUSY"));
  EXPECT_FALSE(gauge.Look(30, At(12), Never).end.has_value());
}

TEST(WriteBackGauge, QuietHoursAreToldWithTheirEndAndTheQueuesEndLiesBehindThem) {
  WriteBackGauge gauge;
  gauge.Wrote(absl::Seconds(2), At(8));
  const WriteBackOutlook outlook = gauge.Look(30, At(9), InTheMorning);
  EXPECT_EQ(outlook.quiet_until, At(11));
  EXPECT_EQ(outlook.end, At(11, 1));
}

TEST(WriteBackGauge, OfAnEmptyQueueNothingIsSaid) {
  WriteBackGauge gauge;
  gauge.Wrote(absl::Seconds(2), At(12));
  gauge.Failed(MakeError("SOURCE_UNREACHABLE"));
  const WriteBackOutlook outlook = gauge.Look(0, At(9), InTheMorning);
  EXPECT_EQ(outlook.per_second, 0);
  EXPECT_FALSE(outlook.end.has_value() || outlook.quiet_until.has_value());
  EXPECT_TRUE(outlook.waiting.ok());
}

}  // namespace
}  // namespace guestbridge::agent
