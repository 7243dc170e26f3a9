#include "sync-agent/export/window_scan.h"

#include <gtest/gtest.h>

#include "sync-agent/export/fake_world_test.h"

namespace guestbridge::agent {
namespace {

using testing::World;

TEST(WindowScan, AUserWhoIsNoAdministratorMayMatchWithTheContactsThatHeSees) {
  World world;
  world.portal.admin = false;
  world.portal.contacts[50] = {{{"LAST_NAME", "Orlova"}},
                               {{"PHONE", {{1, "8 916 123-45-67", "WORK"}}}},
                               {},
                               false};
  world.base.Add(1, "Orlova", "+79161234567");
  auto match = world.Settings();
  match.kind = RunKind::kMatch;
  const auto result = world.Run(match);
  EXPECT_EQ(result.end, RunEnd::kSucceeded) << result.error;
  EXPECT_EQ(result.progress.match.matched, 1);
}

TEST(WindowScan, BeforeThereIsAContactOfOursOnlyFullRightsProveAnAbsence) {
  World world;
  world.portal.admin = false;
  world.portal.contacts[50] = {{{"LAST_NAME", "Ivanov"}}, {}, {}, false};
  world.base.Add(1, "Orlova");
  world.portal.fault = [](const PortalRequest&) { return testing::Fault::kLostBefore; };
  const auto result = world.Run(world.Settings());
  EXPECT_EQ(result.progress.counts.deferred, 1);
  world.portal.fault = [](const PortalRequest&) { return testing::Fault::kNone; };
  world.now += absl::Minutes(5);
  auto settle = world.Settings();
  settle.kind = RunKind::kSettle;
  world.Run(settle);
  EXPECT_EQ(*world.ledger->CountAttempts(), 1);  // not settled
  world.portal.admin = true;
  world.now += absl::Minutes(5);
  settle = world.Settings();
  settle.kind = RunKind::kSettle;
  world.Run(settle);
  EXPECT_EQ(*world.ledger->CountAttempts(), 0);
  EXPECT_EQ(world.portal.OfClient(world.base.clients[0].key).size(), 1u);
}

}  // namespace
}  // namespace guestbridge::agent
