#include "sync-agent/source/onec_odata/reading_checks.h"

#include <string>

#include "gtest/gtest.h"

namespace guestbridge::agent {
namespace {

using State = SourceCheck::State;

// Noon UTC, 15:00 in Moscow.
ClockReadings Noon() {
  ClockReadings readings;
  readings.ours =
      absl::FromCivil(absl::CivilSecond(2026, 1, 5, 12, 0, 0), absl::UTCTimeZone());
  readings.time_zone = "Europe/Moscow";
  return readings;
}

TEST(JudgeClockTest, ServersWithinFiveMinutesAreInOrder) {
  ClockReadings readings = Noon();
  EXPECT_EQ(JudgeClock(readings).reason, "CLOCK_UNKNOWN");
  for (const int minutes : {-5, 0, 5}) {
    readings.server = readings.ours + absl::Minutes(minutes);
    EXPECT_EQ(JudgeClock(readings).reason, "CHECK_CLOCK_OK") << minutes;
  }
  for (const int minutes : {-6, 6, 180}) {
    readings.server = readings.ours + absl::Minutes(minutes);
    const SourceCheck check = JudgeClock(readings);
    EXPECT_EQ(check.reason, "SOURCE_CLOCK_DIFFERS") << minutes;
    EXPECT_EQ(check.state, State::kWarning);
  }
}

TEST(JudgeClockTest, ARowOfTheFutureTellsAWrongZoneOrAnAbsurdDate) {
  ClockReadings readings = Noon();
  for (const char* newest :
       {"", "0200-01-01T00:00:00", "2026-01-05T14:59:00", "2026-01-05T15:04:59"}) {
    readings.newest.text = newest;
    EXPECT_EQ(JudgeClock(readings).state, State::kOk) << newest;
  }
  for (const char* newest : {"2026-01-05T15:06:00", "3020-01-01T00:00:00"}) {
    readings.newest.text = newest;
    EXPECT_EQ(JudgeClock(readings).reason, "SOURCE_TIME_AHEAD") << newest;
  }
  readings.newest.text = "2026-01-05T15:06:00";
  readings.time_zone = "Asia/Vladivostok";
  EXPECT_EQ(JudgeClock(readings).reason, "CHECK_CLOCK_OK");
}

TEST(JudgeMetadataTest, AVersionThatIsNotKnownIsAWarning) {
  MetadataReading reading;
  reading.bytes = 16'800'000;
  reading.metadata.version = "3.0";
  EXPECT_EQ(JudgeMetadata(reading).state, State::kOk);
  reading.metadata.version = "4.0";
  EXPECT_EQ(JudgeMetadata(reading).reason, "METADATA_VERSION_UNKNOWN");
  reading.metadata.version = std::string(10'000, '9');
  for (const auto& [name, value] : JudgeMetadata(reading).parameters) {
    EXPECT_LE(value.size(), 20u) << name;
  }
}

TEST(JudgeSessionTest, EachStateHasItsFinding) {
  EXPECT_EQ(JudgeSession(std::nullopt).reason, "SESSIONS_SWITCHED_OFF");
  EXPECT_EQ(JudgeSession(IbSession::State::kOpen).reason, "CHECK_SESSION_OK");
  EXPECT_EQ(JudgeSession(IbSession::State::kIgnored).reason, "SESSION_IGNORED");
  EXPECT_EQ(JudgeSession(IbSession::State::kNoneFree).reason, "SESSION_NOT_FREE");
}

}  // namespace
}  // namespace guestbridge::agent
