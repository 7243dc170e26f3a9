#include "sync-agent/export/source_patience.h"

#include <algorithm>
#include <optional>

#include "common/status/error.h"
#include "gtest/gtest.h"
#include "tests/testing/seeded_random.h"

namespace guestbridge::agent {
namespace {

constexpr bool kAttended = false;
constexpr bool kUnattended = true;

absl::Status TimedOut() {
  return MakeError("SOURCE_UNREACHABLE", {{"cause", "TIMED_OUT"}});
}
absl::Status InMaintenance() { return MakeError("SOURCE_IN_MAINTENANCE"); }

// A 1C whose calls take `call` and fail with `status`: how often it is asked, when it
// is given up, and the longest pause.
struct Spell {
  int calls = 0;
  absl::Duration lasted;
  absl::Duration longest_pause;
};
Spell FailAlways(const absl::Status& status, absl::Duration call, bool unattended) {
  guestbridge::testing::SeededRandom random;
  SourcePatience patience(SourceWaits{}, unattended, random);
  Spell spell;
  while (spell.calls < 10'000) {
    spell.lasted += call;
    ++spell.calls;
    const auto pause = patience.AfterFailure(status, absl::Hours(1) + spell.lasted);
    if (!pause.has_value()) break;
    spell.lasted += *pause;
    spell.longest_pause = std::max(spell.longest_pause, *pause);
  }
  return spell;
}

TEST(SourcePatienceTest, ACallThatTimesOutIsRepeatedHoweverLongItTook) {
  const Spell spell = FailAlways(TimedOut(), absl::Seconds(120), kAttended);
  EXPECT_EQ(spell.calls, 3);
}

TEST(SourcePatienceTest, QuickFailuresAreRepeatedForFortySeconds) {
  for (const bool unattended : {kAttended, kUnattended}) {
    const Spell spell = FailAlways(TimedOut(), absl::ZeroDuration(), unattended);
    EXPECT_GE(spell.lasted, absl::Seconds(40));
    EXPECT_LE(spell.lasted, absl::Seconds(53));
    EXPECT_LE(spell.longest_pause, absl::Seconds(12));
  }
}

TEST(SourcePatienceTest, ANightlyRunWaitsOutAMaintenance) {
  for (const char* reason : {"SOURCE_IN_MAINTENANCE", "SOURCE_LICENCES_EXHAUSTED"}) {
    const Spell spell =
        FailAlways(MakeError(reason), absl::Milliseconds(50), kUnattended);
    EXPECT_GE(spell.lasted, absl::Minutes(30)) << reason;
    EXPECT_LE(spell.lasted, absl::Minutes(32)) << reason;
    // Asked seldom: who does the maintenance has other things to do.
    EXPECT_LE(spell.calls, 60) << reason;
    EXPECT_LE(spell.longest_pause, absl::Seconds(90)) << reason;
  }
}

TEST(SourcePatienceTest, WhoWaitsForARunHearsOfTheMaintenanceSoon) {
  const Spell spell = FailAlways(InMaintenance(), absl::ZeroDuration(), kAttended);
  EXPECT_LE(spell.lasted, absl::Seconds(53));
}

TEST(SourcePatienceTest, ARestartInTheMidstOfAMaintenanceIsPartOfIt) {
  guestbridge::testing::SeededRandom random;
  SourcePatience patience(SourceWaits{}, kUnattended, random);
  EXPECT_TRUE(patience.AfterFailure(InMaintenance(), absl::ZeroDuration()).has_value());
  EXPECT_TRUE(patience.AfterFailure(InMaintenance(), absl::Minutes(5)).has_value());
  EXPECT_TRUE(patience.AfterFailure(TimedOut(), absl::Minutes(20)).has_value());
  EXPECT_FALSE(patience.AfterFailure(TimedOut(), absl::Minutes(31)).has_value());
}

TEST(SourcePatienceTest, WhatAPersonMustMendIsNotRepeated) {
  for (const bool unattended : {kAttended, kUnattended}) {
    EXPECT_EQ(FailAlways(MakeError("SOURCE_CREDENTIALS_REFUSED"), {}, unattended).calls,
              1);
  }
}

}  // namespace
}  // namespace guestbridge::agent
