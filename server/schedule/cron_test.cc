#include "server/schedule/cron.h"

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "common/status/error.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace guestbridge::server {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

absl::Time At(absl::string_view text) {
  absl::Time time;
  std::string error;
  EXPECT_TRUE(absl::ParseTime(absl::RFC3339_full, text, &time, &error)) << error;
  return time;
}

// The next `count` firings, in the local time of `zone_name`, with offset.
std::vector<std::string> Firings(absl::string_view cron_text,
                                 absl::string_view zone_name, absl::string_view after,
                                 int count) {
  const auto cron = ParseCron(cron_text);
  const auto zone = FindTimeZone(zone_name);
  EXPECT_TRUE(cron.ok()) << cron.status();
  EXPECT_TRUE(zone.ok()) << zone.status();
  std::vector<std::string> firings;
  if (!cron.ok() || !zone.ok()) return firings;
  absl::Time time = At(after);
  for (int i = 0; i < count; ++i) {
    const auto next = NextFiring(*cron, *zone, time);
    if (!next.has_value()) break;
    time = *next;
    firings.push_back(absl::FormatTime("%Y-%m-%dT%H:%M%Ez", time, *zone));
  }
  return firings;
}

TEST(CronTest, FiresEachNightInMoscow) {
  EXPECT_THAT(Firings("0 3 * * *", "Europe/Moscow", "2026-01-01T00:00:00Z", 2),
              ElementsAre("2026-01-02T03:00+03:00", "2026-01-03T03:00+03:00"));
  EXPECT_THAT(Firings("0 3 * * *", "Europe/Moscow", "2025-12-31T23:59:59Z", 1),
              ElementsAre("2026-01-01T03:00+03:00"));
}

TEST(CronTest, TheMomentItselfIsNotAfterItself) {
  EXPECT_THAT(Firings("* * * * *", "UTC", "2026-01-01T00:00:00Z", 1),
              ElementsAre("2026-01-01T00:01+00:00"));
  EXPECT_THAT(Firings("* * * * *", "UTC", "2026-01-01T00:00:59.5Z", 1),
              ElementsAre("2026-01-01T00:01+00:00"));
}

TEST(CronTest, ListsRangesStepsAndNamesAreRead) {
  EXPECT_THAT(Firings("*/20,5 8-9 * * *", "UTC", "2026-01-01T08:00:00Z", 5),
              ElementsAre("2026-01-01T08:05+00:00", "2026-01-01T08:20+00:00",
                          "2026-01-01T08:40+00:00", "2026-01-01T09:00+00:00",
                          "2026-01-01T09:05+00:00"));
  EXPECT_THAT(Firings("50/5 0 1 jan,JUL *", "UTC", "2026-01-01T00:50:00Z", 2),
              ElementsAre("2026-01-01T00:55+00:00", "2026-07-01T00:50+00:00"));
  EXPECT_THAT(Firings("0 0 * * MON-fri/2", "UTC", "2026-01-03T00:00:00Z", 3),
              ElementsAre("2026-01-05T00:00+00:00", "2026-01-07T00:00+00:00",
                          "2026-01-09T00:00+00:00"));
  EXPECT_THAT(Firings("  00\t03  * * * ", "UTC", "2026-01-01T00:00:00Z", 1),
              ElementsAre("2026-01-01T03:00+00:00"));
}

TEST(CronTest, SundayIsZeroAndSeven) {
  for (const char* cron : {"0 0 * * 0", "0 0 * * 7", "0 0 * * SUN"}) {
    EXPECT_THAT(Firings(cron, "UTC", "2026-01-01T00:00:00Z", 1),
                ElementsAre("2026-01-04T00:00+00:00"))
        << cron;
  }
  EXPECT_THAT(Firings("0 0 * * SAT-SUN", "UTC", "2026-01-01T00:00:00Z", 3),
              ElementsAre("2026-01-03T00:00+00:00", "2026-01-04T00:00+00:00",
                          "2026-01-10T00:00+00:00"));
  EXPECT_THAT(Firings("0 0 * * SUN-MON", "UTC", "2026-01-01T00:00:00Z", 2),
              ElementsAre("2026-01-04T00:00+00:00", "2026-01-05T00:00+00:00"));
  EXPECT_THAT(Firings("0 0 * * */7", "UTC", "2026-01-01T00:00:00Z", 2),
              ElementsAre("2026-01-04T00:00+00:00", "2026-01-11T00:00+00:00"));
}

TEST(CronTest, TwoRestrictedDayFieldsMeanEither) {
  EXPECT_THAT(Firings("0 0 13 * FRI", "UTC", "2026-01-01T00:00:00Z", 4),
              ElementsAre("2026-01-02T00:00+00:00", "2026-01-09T00:00+00:00",
                          "2026-01-13T00:00+00:00", "2026-01-16T00:00+00:00"));
  EXPECT_THAT(Firings("0 0 13 * *", "UTC", "2026-01-01T00:00:00Z", 1),
              ElementsAre("2026-01-13T00:00+00:00"));
}

TEST(CronTest, MacrosStandForTheirCron) {
  EXPECT_THAT(Firings("@daily", "UTC", "2026-01-01T10:00:00Z", 1),
              ElementsAre("2026-01-02T00:00+00:00"));
  EXPECT_THAT(Firings("@Yearly", "UTC", "2026-01-01T10:00:00Z", 1),
              ElementsAre("2027-01-01T00:00+00:00"));
}

TEST(CronTest, RareDatesComeAndImpossibleOnesDoNot) {
  EXPECT_THAT(Firings("0 0 29 2 *", "UTC", "2026-01-01T00:00:00Z", 2),
              ElementsAre("2028-02-29T00:00+00:00", "2032-02-29T00:00+00:00"));
  EXPECT_THAT(Firings("0 0 29 2 *", "UTC", "2096-03-01T00:00:00Z", 1),
              ElementsAre("2104-02-29T00:00+00:00"));
  EXPECT_THAT(Firings("0 0 30 2 *", "UTC", "2026-01-01T00:00:00Z", 1), IsEmpty());
  EXPECT_THAT(Firings("0 0 31 4,6,9,11 *", "UTC", "2026-01-01T00:00:00Z", 1),
              IsEmpty());
}

TEST(CronTest, ATimeThatDoesNotExistFiresOnceAfterTheGap) {
  // Berlin, 29 March 2026: 02:00 to 03:00 does not exist.
  EXPECT_THAT(Firings("30 2 * * *", "Europe/Berlin", "2026-03-27T12:00:00Z", 3),
              ElementsAre("2026-03-28T02:30+01:00", "2026-03-29T03:00+02:00",
                          "2026-03-30T02:30+02:00"));
  EXPECT_THAT(Firings("*/20 2,3 * * *", "Europe/Berlin", "2026-03-28T12:00:00Z", 3),
              ElementsAre("2026-03-29T03:00+02:00", "2026-03-29T03:20+02:00",
                          "2026-03-29T03:40+02:00"));
}

TEST(CronTest, ATimeThatOccursTwiceFiresTheFirstTime) {
  // Berlin, 25 October 2026: 02:00 to 03:00 occurs twice.
  EXPECT_THAT(Firings("30 2 * * *", "Europe/Berlin", "2026-10-24T12:00:00Z", 2),
              ElementsAre("2026-10-25T02:30+02:00", "2026-10-26T02:30+01:00"));
  EXPECT_THAT(Firings("30 * * * *", "Europe/Berlin", "2026-10-25T00:00:00Z", 2),
              ElementsAre("2026-10-25T02:30+02:00", "2026-10-25T03:30+01:00"));
  EXPECT_THAT(Firings("30 2 * * *", "Europe/Berlin", "2026-10-25T01:10:00Z", 1),
              ElementsAre("2026-10-26T02:30+01:00"))
      << "asked within the repetition";
}

TEST(CronTest, ADayThatDoesNotExistFiresAfterIt) {
  // Samoa had no 30 December 2011.
  EXPECT_THAT(Firings("0 12 30 12 *", "Pacific/Apia", "2011-01-01T00:00:00Z", 2),
              ElementsAre("2011-12-31T00:00+14:00", "2012-12-30T12:00+14:00"));
}

TEST(CronTest, EachNightOnceInAYearOfAnyZone) {
  for (const char* zone_name :
       {"Europe/Moscow", "Europe/Berlin", "America/New_York", "Asia/Kathmandu",
        "Australia/Lord_Howe", "Africa/Casablanca", "America/Sao_Paulo"}) {
    EXPECT_EQ(Firings("15 2 * * *", zone_name, "2025-12-31T12:00:00Z", 365)
                  .back()
                  .substr(0, 10),
              "2026-12-31")
        << zone_name;
  }
}

TEST(CronTest, ABadCronNamesItsField) {
  const struct {
    const char* cron;
    const char* field;
  } kBad[] = {
      {"", "minute hour day month weekday"},
      {"* * * *", "minute hour day month weekday"},
      {"* * * * * *", "minute hour day month weekday"},
      {"@reboot", "minute hour day month weekday"},
      {"60 * * * *", "minute"},
      {"-1 * * * *", "minute"},
      {"*/0 * * * *", "minute"},
      {"*/ * * * *", "minute"},
      {"1,,2 * * * *", "minute"},
      {"5- * * * *", "minute"},
      {"1.5 * * * *", "minute"},
      {"00000000000000000001 * * * *", "minute"},
      {"* 24 * * *", "hour"},
      {"* 9-8 * * *", "hour"},
      {"* x * * *", "hour"},
      {"* * 0 * *", "day of month"},
      {"* * 32 * *", "day of month"},
      {"* * JAN * *", "day of month"},
      {"* * * 13 *", "month"},
      {"* * * MAI *", "month"},
      {"* * * * 8", "day of week"},
      {"* * * * FRI-MON", "day of week"},
      {"* * * * **", "day of week"},
  };
  for (const auto& bad : kBad) {
    const auto cron = ParseCron(bad.cron);
    ASSERT_FALSE(cron.ok()) << bad.cron;
    EXPECT_EQ(cron.status().code(), absl::StatusCode::kInvalidArgument);
    EXPECT_EQ(ReasonOf(cron.status()), "CRON_INVALID") << bad.cron;
    EXPECT_EQ(ParametersOf(cron.status())["field"], bad.field) << bad.cron;
  }
}

TEST(CronTest, ADayThatDoesNotComeWithinEightYearsIsInvalid) {
  const auto zone = *FindTimeZone("Europe/Moscow");
  const absl::Time after = At("2026-01-05T00:00:00Z");
  for (const char* never : {"0 3 30 2 *", "0 3 31 2,4,6 *"}) {
    EXPECT_EQ(ReasonOf(CheckFires(*ParseCron(never), never, zone, after)),
              "CRON_INVALID");
  }
  for (const char* rare : {"0 3 29 2 *", "0 3 31 12 *", "* * * * *", "0 3 30 2 MON"}) {
    EXPECT_TRUE(CheckFires(*ParseCron(rare), rare, zone, after).ok()) << rare;
  }
  // From 1896 to 1904 and from 2096 to 2104 there are eight years without that day.
  EXPECT_TRUE(
      CheckFires(*ParseCron("0 3 29 2 *"), "", zone, At("2096-03-01T00:00:00Z")).ok());
}

TEST(CronTest, OnlyIanaZonesAreZones) {
  for (const char* zone : {"Europe/Moscow", "UTC", "Etc/GMT+3", "Asia/Yekaterinburg",
                           "America/Argentina/Buenos_Aires"}) {
    EXPECT_TRUE(FindTimeZone(zone).ok()) << zone;
  }
  for (const char* zone :
       {"", "Moscow", "Europe/Nowhere", "localtime", "../../etc/passwd", "/etc/passwd",
        "Europe", "Fixed/UTC+03:00:00", "Europe/Moscow ", "file:Europe/Moscow"}) {
    const auto found = FindTimeZone(zone);
    ASSERT_FALSE(found.ok()) << zone;
    EXPECT_EQ(ReasonOf(found.status()), "TIME_ZONE_UNKNOWN") << zone;
  }
}

TEST(CronTest, TheLastOfMissedFiringsIsFoundQuickly) {
  const auto zone = *FindTimeZone("Europe/Moscow");
  const auto minutely = *ParseCron("* * * * *");
  EXPECT_EQ(LastFiring(minutely, zone, At("1970-01-01T00:00:00Z"),
                       At("2036-01-01T00:00:30Z")),
            At("2036-01-01T00:00:00Z"));
  const auto nightly = *ParseCron("0 3 * * *");
  EXPECT_EQ(
      LastFiring(nightly, zone, At("2026-01-01T00:00:00Z"), At("2026-01-05T12:00:00Z")),
      At("2026-01-05T00:00:00Z"));
  EXPECT_EQ(
      LastFiring(nightly, zone, At("2026-01-05T00:00:00Z"), At("2026-01-05T23:59:59Z")),
      std::nullopt);
  const auto yearly = *ParseCron("0 0 1 1 *");
  EXPECT_EQ(
      LastFiring(yearly, zone, At("2020-06-01T00:00:00Z"), At("2026-06-01T00:00:00Z")),
      At("2025-12-31T21:00:00Z"));
}

}  // namespace
}  // namespace guestbridge::server
