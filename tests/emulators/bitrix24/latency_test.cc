// The portal's clock, the latency model, limits on that clock, the 60 s cap.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/emulators/bitrix24/portal_fixture.h"

namespace guestbridge::testing::bitrix24 {
namespace {

TEST(PortalClockTest, AWaitIsOverWhenThePortalsTimeIs) {
  PortalClock clock;
  clock.SetSpeed(1e6);
  const absl::Time start = clock.Now();
  clock.Wait(absl::Hours(1));
  EXPECT_GE(clock.Now() - start, absl::Hours(1));
}

TEST(PortalClockTest, AFrozenClockStandsAndHoldsNobodyUp) {
  PortalClock clock;
  clock.SetFrozen(true);
  clock.SetSpeed(1e6);
  const absl::Time start = clock.Now();
  clock.Wait(absl::Hours(1));
  EXPECT_EQ(clock.Now(), start);
  clock.Advance(absl::Seconds(5));
  EXPECT_EQ(clock.Now() - start, absl::Seconds(5));
}

TEST(PortalClockTest, AnAdvanceEndsAWait) {
  PortalClock clock;
  const PortalClock::Mark start = clock.Start();
  EXPECT_FALSE(clock.HasPassed(start, absl::Hours(1)));
  clock.Advance(absl::Hours(2));
  EXPECT_TRUE(clock.HasPassed(start, absl::Hours(1)));
}

std::vector<double> Draws(LatencyModel* model, const Settings& settings,
                          const std::string& method) {
  std::vector<double> draws;
  for (int i = 0; i < 20; ++i) draws.push_back(model->Cost(settings, method, {}, 0));
  return draws;
}

TEST(LatencyModelTest, DrawsRepeatWithTheSeedWhateverOtherMethodsDo) {
  Settings settings;
  settings.documented_costs = true;
  LatencyModel a(7);
  LatencyModel b(7);
  LatencyModel c(8);
  Draws(&b, settings, "crm.contact.list");
  const auto draws = Draws(&a, settings, "crm.contact.add");
  EXPECT_EQ(draws, Draws(&b, settings, "crm.contact.add"));
  EXPECT_NE(draws, Draws(&c, settings, "crm.contact.add"));
  for (const double cost : draws) {
    EXPECT_GE(cost, 0.3);
    EXPECT_LE(cost, 1.2);
  }
  EXPECT_NE(draws, Draws(&a, settings, "crm.contact.add"));
  a.Reseed(7);
  EXPECT_EQ(draws, Draws(&a, settings, "crm.contact.add"));
}

TEST(LatencyModelTest, AFixedCostGoesBeforeARangeAndBeforeTheVendorsSamples) {
  Settings settings;
  settings.documented_costs = true;
  settings.cost_range["crm.contact.add"] = {5, 6};
  LatencyModel model(1);
  EXPECT_GE(model.Cost(settings, "crm.contact.add", {}, 0), 5);
  settings.cost["crm.contact.add"] = 0.25;
  EXPECT_EQ(model.Cost(settings, "crm.contact.add", {}, 0), 0.25);
}

TEST(LatencyModelTest, AListByAFieldWithoutIndexPaysForTheScan) {
  Settings settings;
  settings.scan_cost_per_thousand = 0.5;
  LatencyModel model(1);
  const auto cost = [&](const Json& filter) {
    return model.Cost(settings, "crm.contact.list", {{"filter", filter}}, 4000);
  };
  EXPECT_EQ(cost({{"ORIGIN_ID", "1"}}), 2);
  EXPECT_EQ(cost({{"@originId", Json::array()}}), 2);
  EXPECT_EQ(cost({{"UF_CRM_GUEST_NO", "1"}}), 2);
  EXPECT_EQ(cost({{">ID", 1}, {"PHONE", "1"}}), 0);
}

using LatencyTest = PortalTest;

TEST_F(LatencyTest, AMethodIsBlockedAboveItsLimitAndFreeAgainOnceTheWindowHasMoved) {
  portal_.clock.SetFrozen(true);
  Control("/config", {{"cost", {{"crm.contact.add", 250}}}, {"cap_seconds", 1e9}});
  const Json fields = {{"fields", {{"NAME", "A"}}}};
  EXPECT_EQ(Call("crm.contact.add", fields)["time"]["operating"], 250.0);
  EXPECT_EQ(Call("crm.contact.add", fields)["time"]["operating"], 500.0);
  const HttpReply blocked = Ask("crm.contact.add", fields);
  EXPECT_EQ(blocked.status, 429);
  EXPECT_EQ(Body(blocked)["error"], "OPERATION_TIME_LIMIT");
  EXPECT_EQ(Call("crm.item.fields", {{"entityTypeId", 3}}).count("error"), 0u);
  const Json batch =
      Call("batch", {{"cmd", {{"a", "crm.contact.add?fields[NAME]=A"}}}});
  EXPECT_EQ(batch["result"]["result_error"]["a"]["error"], "OPERATION_TIME_LIMIT");
  EXPECT_EQ(Shown("/limits")["operating"][0]["total"], 500.0);
  Control("/clock/advance", {{"seconds", 600}});
  EXPECT_EQ(Ask("crm.contact.add", fields).status, 200);
  EXPECT_EQ(Contacts(), 3u);
}

TEST_F(LatencyTest, OperatingCanBeChargedBeforehand) {
  Control("/limits/charge", {{"method", "crm.contact.add"}, {"seconds", 481}});
  EXPECT_EQ(Ask("crm.contact.add", {{"fields", {{"NAME", "A"}}}}).status, 429);
}

TEST_F(LatencyTest, ThePlanSetsTheBucket) {
  portal_.clock.SetFrozen(true);
  Control("/config", {{"plan", "enterprise"}});
  int answered = 0;
  while (Ask("profile", {}).status == 200) ++answered;
  EXPECT_EQ(answered, 250);
  EXPECT_EQ(Shown("/counters")["throttled"], 1);
  EXPECT_EQ(Shown("/counters")["statuses"]["503"], 1);
  EXPECT_EQ(Shown("/counters")["statuses"]["200"], 250);
}

TEST_F(LatencyTest, TheTimeBlockTellsTheFastClocksTime) {
  portal_.clock.SetSpeed(1e5);
  Control("/config",
          {{"cost", {{"profile", 30}}}, {"wait_share", 1}, {"cap_seconds", 1e9}});
  const Json first = Call("profile", {})["time"];
  const Json second = Call("profile", {})["time"];
  EXPECT_EQ(first["duration"], 30.0);
  EXPECT_DOUBLE_EQ(first["finish"].get<double>() - first["start"].get<double>(), 30.0);
  EXPECT_GE(second["start"].get<double>(), first["finish"].get<double>());
}

TEST_F(LatencyTest, ACutOffBatchGoesOnBehindTheGateway) {
  portal_.clock.SetSpeed(1000);
  Control("/config", {{"cost", {{"crm.contact.add", 30}}}, {"wait_share", 1}});
  const HttpReply reply = Ask("batch", Adds(5));
  EXPECT_EQ(reply.status, 504);
  EXPECT_EQ(reply.content_type, "text/html");
  EXPECT_LT(Contacts(), 5u);
  portal_.late.Wait();
  EXPECT_EQ(Contacts(), 5u);
  const Json request = Shown("/journal")[0];
  EXPECT_EQ(request["fault"], "cap");
  EXPECT_EQ(request["late"], true);
  EXPECT_EQ(request["effects"].size(), 5u);
}

TEST_F(LatencyTest, ACutOffBatchStopsWhereThePortalIsSetTo) {
  Control("/config", {{"cost", {{"crm.contact.add", 25}}}, {"over_cap", "stop"}});
  EXPECT_EQ(Ask("batch", Adds(5)).status, 504);
  EXPECT_EQ(Contacts(), 3u);
}

}  // namespace
}  // namespace guestbridge::testing::bitrix24
