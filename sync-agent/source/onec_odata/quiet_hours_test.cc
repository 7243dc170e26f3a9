#include "sync-agent/source/onec_odata/quiet_hours.h"

#include "gtest/gtest.h"

namespace guestbridge::agent {
namespace {

std::string UntilAt(const char* hours, int hour, int minute) {
  const auto until = QuietUntil({*ParseQuietHours(hours)},
                                absl::CivilMinute(2026, 1, 5, hour, minute));
  return until.value_or("-");
}

TEST(QuietHoursTest, BeginWithTheirFirstMinuteAndEndBeforeTheirLast) {
  EXPECT_EQ(UntilAt("08:00-11:00", 7, 59), "-");
  EXPECT_EQ(UntilAt("08:00-11:00", 8, 0), "11:00");
  EXPECT_EQ(UntilAt("8:00 - 11:30", 11, 29), "11:30");
  EXPECT_EQ(UntilAt("08:00-11:30", 11, 30), "-");
  EXPECT_EQ(UntilAt("00:00-24:00", 23, 59), "24:00");
}

TEST(QuietHoursTest, GoOverMidnight) {
  EXPECT_EQ(UntilAt("22:30-06:00", 22, 29), "-");
  EXPECT_EQ(UntilAt("22:30-06:00", 23, 0), "06:00");
  EXPECT_EQ(UntilAt("22:30-06:00", 0, 0), "06:00");
  EXPECT_EQ(UntilAt("22:30-06:00", 6, 0), "-");
}

TEST(QuietHoursTest, AnyOfSeveralCountsAndNoneMeansNever) {
  const std::vector<QuietHours> hours = {*ParseQuietHours("08:00-09:00"),
                                         *ParseQuietHours("17:00-19:00")};
  EXPECT_EQ(QuietUntil(hours, absl::CivilMinute(2026, 1, 5, 18, 0)), "19:00");
  EXPECT_EQ(QuietUntil(hours, absl::CivilMinute(2026, 1, 5, 12, 0)), std::nullopt);
  EXPECT_EQ(QuietUntil({}, absl::CivilMinute(2026, 1, 5, 12, 0)), std::nullopt);
}

TEST(QuietHoursTest, WhatIsNoTimeIsRefused) {
  for (const char* text :
       {"", "08:00", "08:00-", "-11:00", "8-11", "08:00-08:00", "25:00-26:00",
        "08:60-09:00", "08:0-09:00", "-8:00-09:00", "+8:00-09:00", "24:00-01:00",
        "08:00-24:01", "утро-вечер", "08:00-11:00-12:00"}) {
    EXPECT_FALSE(ParseQuietHours(text).has_value()) << text;
  }
}

}  // namespace
}  // namespace guestbridge::agent
