#include "sync-agent/change/read_choice.h"

#include <gtest/gtest.h>

namespace guestbridge::agent {
namespace {

TEST(ChooseReading, TheFirstRunReadsEverybody) {
  EXPECT_EQ(ChooseReading(false, 1, {}).reason, "NEVER_READ");
}

TEST(ChooseReading, LaterRunsReadChangesSinceTheWatermark) {
  const ReadChoice choice = ChooseReading(false, 3, {{"w"}, 3});
  EXPECT_FALSE(choice.full);
  EXPECT_EQ(choice.since.value, "w");
}

TEST(ChooseReading, ANewMappingVersionComparesEverybodyOnce) {
  EXPECT_EQ(ChooseReading(false, 4, {{"w"}, 3}).reason, "MAPPING_CHANGED");
}

TEST(ChooseReading, ARequestForEverybodyWins) {
  EXPECT_TRUE(ChooseReading(true, 3, {{"w"}, 3}).full);
}

}  // namespace
}  // namespace guestbridge::agent
