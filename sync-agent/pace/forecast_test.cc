#include "sync-agent/pace/forecast.h"

#include "gtest/gtest.h"

namespace guestbridge::agent {
namespace {

MethodWork Import(int contacts, double seconds) {
  MethodWork work;
  work.method = "crm.item.batchImport";
  work.contacts = contacts;
  work.contacts_per_command = 20;
  work.seconds_a_contact = seconds;
  return work;
}
MethodWork Update(int contacts, double seconds) {
  MethodWork work;
  work.method = "crm.contact.update";
  work.contacts = contacts;
  work.seconds_a_contact = seconds;
  return work;
}

TEST(Forecast, NothingToDoTakesNoTime) {
  const WorkForecast none = ForecastWork({}, 45, PaceSettings{});
  EXPECT_EQ(none.requests, 0);
  EXPECT_EQ(none.seconds, 0);
  EXPECT_TRUE(none.measured);
}

TEST(Forecast, RequestsGrowToWhatTheTargetTimeHolds) {
  // 0.1 s a contact: 200 of them take 20 s, and 50 will hardly take 10 s.
  // 10 + 50 + 100 = 160.
  const WorkForecast forecast = ForecastWork({Import(1310, 0.1)}, 45, PaceSettings{});
  EXPECT_EQ(forecast.requests, 3 + 6);
  EXPECT_EQ(forecast.commands, 1 + 3 + 5 + 58);
  EXPECT_DOUBLE_EQ(forecast.operating_seconds, 131);
  EXPECT_DOUBLE_EQ(forecast.seconds, 131.0 / 8);
}

TEST(Forecast, TheBucketBoundsManySmallRequests) {
  MethodWork update = Update(10000, 0.01);
  update.first_request = 50;
  const WorkForecast forecast = ForecastWork({update}, 45, PaceSettings{});
  EXPECT_EQ(forecast.requests, 200);
  EXPECT_DOUBLE_EQ(forecast.seconds, (200 - 45) / 2.0);
}

TEST(Forecast, TheOperatingTimeBoundsAPortalThatIsSlow) {
  // 1,000 s of work: the third window has the rest.
  EXPECT_DOUBLE_EQ(ForecastWork({Import(1000, 1)}, 45, PaceSettings{}).seconds, 1200);
  MethodWork spent = Import(1000, 1);
  spent.operating_used = 480;
  EXPECT_DOUBLE_EQ(ForecastWork({spent}, 45, PaceSettings{}).seconds, 1800);
  // Each method has a budget of its own.
  EXPECT_DOUBLE_EQ(
      ForecastWork({Import(400, 1), Update(400, 1)}, 45, PaceSettings{}).seconds, 100);
}

TEST(Forecast, ABoxIsBoundByItsOwnSpeedAlone) {
  MethodWork box = Import(10000, 0.08);
  box.charged = false;
  const WorkForecast forecast = ForecastWork({box}, 0, PaceSettings{});
  EXPECT_DOUBLE_EQ(forecast.seconds, 100);
  EXPECT_EQ(forecast.operating_seconds, 0);
}

TEST(Forecast, WhatWasNeverMeasuredIsSaid) {
  const WorkForecast forecast = ForecastWork({Import(100000, 0)}, 45, PaceSettings{});
  EXPECT_FALSE(forecast.measured);
  EXPECT_GT(forecast.requests, 100);
  EXPECT_GT(forecast.seconds, 0);
}

}  // namespace
}  // namespace guestbridge::agent
