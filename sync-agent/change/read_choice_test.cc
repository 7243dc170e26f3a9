#include "sync-agent/change/read_choice.h"

#include <gtest/gtest.h>

namespace guestbridge::agent {
namespace {

constexpr absl::Time kNow = absl::FromUnixSeconds(1800000000);
constexpr bool kWatched = false;
constexpr bool kUnattended = true;

ReadMemory Memory(int mapping_version, absl::Duration ago) {
  return {{"w"}, mapping_version, kNow - ago};
}

TEST(ChooseReading, TheFirstRunReadsEverybody) {
  EXPECT_EQ(ChooseReading(false, {1, 1}, kWatched, kNow, {}).reason, "NEVER_READ");
}

TEST(ChooseReading, LaterRunsReadChangesSinceTheWatermark) {
  for (const bool unattended : {kWatched, kUnattended}) {
    const ReadChoice choice =
        ChooseReading(false, {3, 3}, unattended, kNow, Memory(3, absl::Hours(24)));
    EXPECT_FALSE(choice.full);
    EXPECT_FALSE(choice.compare);
    EXPECT_EQ(choice.since.value, "w");
  }
}

TEST(ChooseReading, ANewMappingVersionComparesEverybodyOnce) {
  EXPECT_EQ(
      ChooseReading(false, {4, 4}, kWatched, kNow, Memory(3, absl::Hours(24))).reason,
      "MAPPING_CHANGED");
}

TEST(ChooseReading, AVersionThatLeavesTheOthersAloneComparesNobody) {
  const auto reason = [](int read_with) {
    return ChooseReading(false, {5, 3}, kWatched, kNow,
                         Memory(read_with, absl::Hours(24)))
        .reason;
  };
  EXPECT_EQ(reason(2), "MAPPING_CHANGED");
  EXPECT_EQ(reason(3), "");
  EXPECT_EQ(reason(5), "");
  // Numbers that a restored server has yet to give.
  EXPECT_EQ(reason(6), "MAPPING_CHANGED");
}

TEST(ChooseReading, AnotherBasisOfContentReadsEverybodyOnce) {
  ReadMemory memory = Memory(3, absl::Hours(24));
  memory.basis_changed = true;
  const ReadChoice choice = ChooseReading(false, {3, 3}, kWatched, kNow, memory);
  EXPECT_TRUE(choice.full);
  EXPECT_EQ(choice.reason, "CONTENT_BASIS_CHANGED");
}

TEST(ChooseReading, ARequestForEverybodyWins) {
  EXPECT_TRUE(
      ChooseReading(true, {3, 3}, kWatched, kNow, Memory(3, absl::Hours(1))).full);
}

TEST(ChooseReading, OnceAWeekARunThatNobodyWaitsForComparesAllVersions) {
  for (const absl::Duration ago : {kCompareEvery, -absl::Hours(24 * 365)}) {
    const ReadChoice choice =
        ChooseReading(false, {3, 3}, kUnattended, kNow, Memory(3, ago));
    EXPECT_TRUE(choice.compare);
    EXPECT_FALSE(choice.full);
    EXPECT_EQ(choice.reason, "COMPARISON_DUE");
    EXPECT_FALSE(ChooseReading(false, {3, 3}, kWatched, kNow, Memory(3, ago)).compare);
  }
}

}  // namespace
}  // namespace guestbridge::agent
