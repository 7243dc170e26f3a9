#include "sync-agent/source/onec_odata/quiet_hours.h"

#include <string>
#include <vector>

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

absl::Time Moscow(int day, int hour) {
  absl::TimeZone zone;
  EXPECT_TRUE(absl::LoadTimeZone("Europe/Moscow", &zone));
  return absl::FromCivil(absl::CivilHour(2026, 1, day, hour), zone);
}

std::string SpellAt(const std::vector<std::string>& texts, absl::Time at) {
  absl::TimeZone zone;
  EXPECT_TRUE(absl::LoadTimeZone("Europe/Moscow", &zone));
  std::vector<QuietHours> hours;
  for (const std::string& text : texts) hours.push_back(*ParseQuietHours(text));
  const auto spell = NextQuietSpell(hours, zone, at);
  if (!spell.has_value()) return "-";
  return absl::FormatTime("%d %H:%M", spell->from, zone) + " to " +
         absl::FormatTime("%d %H:%M", spell->to, zone);
}

TEST(QuietHoursTest, TheNextSpellIsThePresentOneUntilItEnds) {
  EXPECT_EQ(SpellAt({"08:00-11:00"}, Moscow(5, 7)), "05 08:00 to 05 11:00");
  EXPECT_EQ(SpellAt({"08:00-11:00"}, Moscow(5, 9)), "05 08:00 to 05 11:00");
  EXPECT_EQ(SpellAt({"08:00-11:00"}, Moscow(5, 11)), "06 08:00 to 06 11:00");
  EXPECT_EQ(SpellAt({}, Moscow(5, 11)), "-");
}

TEST(QuietHoursTest, ASpellOverMidnightBeganYesterday) {
  EXPECT_EQ(SpellAt({"22:30-06:00"}, Moscow(5, 3)), "04 22:30 to 05 06:00");
  EXPECT_EQ(SpellAt({"22:30-06:00"}, Moscow(5, 6)), "05 22:30 to 06 06:00");
}

TEST(QuietHoursTest, HoursThatMeetAreOneSpell) {
  EXPECT_EQ(SpellAt({"11:00-13:00", "08:00-11:00", "17:00-18:00"}, Moscow(5, 9)),
            "05 08:00 to 05 13:00");
  EXPECT_EQ(SpellAt({"20:00-24:00", "00:00-02:00"}, Moscow(5, 21)),
            "05 20:00 to 06 02:00");
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
