#include "tests/emulators/bitrix24/limits.h"

#include <gtest/gtest.h>

#include "tests/emulators/bitrix24/faults.h"

namespace guestbridge::testing::bitrix24 {
namespace {

TEST(RequestBucketsTest, TheRequestAboveTheThresholdIsRefused) {
  RequestBuckets buckets;
  for (int i = 0; i < 50; ++i) EXPECT_TRUE(buckets.Take("a", 100, 2, 50, true));
  EXPECT_FALSE(buckets.Take("a", 100, 2, 50, true));
  EXPECT_TRUE(buckets.Take("b", 100, 2, 50, true));
}

TEST(RequestBucketsTest, TwoASecondDrainAway) {
  RequestBuckets buckets;
  for (int i = 0; i < 50; ++i) buckets.Take("a", 100.9, 2, 50, false);
  EXPECT_FALSE(buckets.Take("a", 100.95, 2, 50, false));
  EXPECT_TRUE(buckets.Take("a", 101.0, 2, 50, false));
  EXPECT_TRUE(buckets.Take("a", 101.5, 2, 50, false));
  EXPECT_FALSE(buckets.Take("a", 101.6, 2, 50, false));
}

TEST(RequestBucketsTest, RefusedRequestsCountWhenAsked) {
  RequestBuckets buckets;
  for (int i = 0; i < 60; ++i) buckets.Take("a", 100, 2, 50, true);
  EXPECT_FALSE(buckets.Take("a", 104, 2, 50, true));
}

TEST(OperatingAccountsTest, ShortRunsAreFreeAndTheWindowIsTenMinutes) {
  OperatingAccounts accounts;
  accounts.Charge("k", "m", 0.1, 0);
  EXPECT_EQ(accounts.Get("k", "m", 0).total, 0);
  EXPECT_FALSE(accounts.Get("k", "m", 0).reset_at.has_value());
  accounts.Charge("k", "m", 300, 10);
  accounts.Charge("k", "m", 200, 70);
  EXPECT_EQ(accounts.Get("k", "m", 100).total, 500);
  EXPECT_EQ(accounts.Get("k", "m", 100).reset_at, 610);
  EXPECT_EQ(accounts.Get("k", "m", 611).total, 200);
  EXPECT_EQ(accounts.Get("k", "other", 100).total, 0);
}

TEST(FaultPlanTest, TheNthMatchingCallFires) {
  FaultPlan plan;
  ASSERT_TRUE(
      plan.Add({{"kind", "reset"}, {"method", "crm.contact.add"}, {"nth", 2}}).ok());
  EXPECT_FALSE(plan.Decide("crm.contact.add", {}, true).rule.has_value());
  EXPECT_FALSE(plan.Decide("crm.contact.get", {}, true).rule.has_value());
  EXPECT_TRUE(plan.Decide("crm.contact.add", {}, true).rule.has_value());
  EXPECT_FALSE(plan.Decide("crm.contact.add", {}, true).rule.has_value());
}

TEST(FaultPlanTest, AnyMethodMeansRequestsNotCommands) {
  FaultPlan plan;
  ASSERT_TRUE(plan.Add({{"kind", "html"}}).ok());
  EXPECT_FALSE(plan.Decide("crm.contact.add", {}, true).rule.has_value());
  EXPECT_TRUE(plan.Decide("batch", {}, false).rule.has_value());
}

TEST(FaultPlanTest, ProbabilityRepeatsWithItsSeed) {
  const auto draw = [] {
    FaultPlan plan;
    EXPECT_TRUE(plan.Add({{"kind", "html"}, {"probability", 0.5}, {"seed", 7}}).ok());
    std::string fired;
    for (int i = 0; i < 40; ++i) {
      fired += plan.Decide("x", {}, false).rule.has_value() ? '1' : '0';
    }
    return fired;
  };
  EXPECT_EQ(draw(), draw());
  EXPECT_NE(draw().find('1'), std::string::npos);
  EXPECT_NE(draw().find('0'), std::string::npos);
}

TEST(FaultPlanTest, RefuseLooksForTheFieldAtAnyDepth) {
  FaultPlan plan;
  ASSERT_TRUE(plan.Add({{"kind", "refuse"},
                        {"method", "crm.contact.*"},
                        {"field", "LAST_NAME"},
                        {"value", "Bad"}})
                  .ok());
  EXPECT_TRUE(plan.Decide("crm.contact.add", {{"fields", {{"LAST_NAME", "Bad"}}}}, true)
                  .rule.has_value());
  EXPECT_FALSE(plan.Decide("crm.contact.add", {{"fields", {{"LAST_NAME", "Ok"}}}}, true)
                   .rule.has_value());
}

TEST(FaultPlanTest, UnknownKindsAndMembersAreErrors) {
  FaultPlan plan;
  EXPECT_FALSE(plan.Add({{"kind", "boom"}}).ok());
  EXPECT_FALSE(plan.Add({{"kind", "reset"}, {"nht", 1}}).ok());
}

}  // namespace
}  // namespace guestbridge::testing::bitrix24
