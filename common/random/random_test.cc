#include "common/random/random.h"

#include <set>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/testing/fake_clock.h"
#include "tests/testing/seeded_random.h"

namespace guestbridge {
namespace {

using testing::FakeClock;
using ::testing::MatchesRegex;
using testing::SeededRandom;

TEST(RandomTest, TokensHaveTheLengthAndLettersPromised) {
  SeededRandom random(7);
  EXPECT_EQ(RandomToken(random, 0), "");
  EXPECT_THAT(RandomToken(random, 40), MatchesRegex("[a-z0-9]+"));
  EXPECT_EQ(RandomToken(random, 41).size(), 41);
}

TEST(RandomTest, UuidsAreOfVersion4) {
  SeededRandom random(7);
  for (int i = 0; i < 100; ++i) {
    EXPECT_THAT(
        RandomUuid(random),
        MatchesRegex(
            "[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"));
  }
}

TEST(RandomTest, AUnitIsBelowOne) {
  SeededRandom random(7);
  for (int i = 0; i < 1000; ++i) {
    const double unit = RandomUnit(random);
    EXPECT_GE(unit, 0.0);
    EXPECT_LT(unit, 1.0);
  }
}

TEST(RandomTest, ASeedReplaysAndTheHostDoesNot) {
  SeededRandom a(3);
  SeededRandom b(3);
  EXPECT_EQ(RandomUuid(a), RandomUuid(b));
  std::set<std::string> seen;
  for (int i = 0; i < 50; ++i) seen.insert(RandomUuid(SystemRandom()));
  EXPECT_EQ(seen.size(), 50);
}

TEST(FakeClockTest, AWallClockMayJumpAndASteadyOneNot) {
  FakeClock clock;
  const absl::Duration steady = clock.Steady();
  clock.Advance(absl::Seconds(5));
  clock.SetNow(absl::UnixEpoch());
  EXPECT_EQ(clock.Now(), absl::UnixEpoch());
  EXPECT_EQ(clock.Steady() - steady, absl::Seconds(5));
}

}  // namespace
}  // namespace guestbridge
