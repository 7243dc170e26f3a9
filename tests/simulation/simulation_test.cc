#include <gtest/gtest.h>

#include <set>

#include "tests/simulation/shrink.h"
#include "tests/simulation/world.h"

namespace guestbridge::simulation {
namespace {

// A failure says how to replay it, as short as it could be made.
std::string Explain(const Options& options, const Result& result) {
  const Replay replay = Shrink(options, result);
  return "script/simulate --seed " + std::to_string(options.seed) + " --nights " +
         std::to_string(options.nights) + "\n" + result.what +
         "\nshortened: " + CommandOf(replay) + "\n" + replay.what;
}

void LiveThrough(uint64_t first, int seeds, int nights, std::set<FaultKind>* struck,
                 std::map<std::string, int64_t>* counts) {
  Options options;
  options.nights = nights;
  for (options.seed = first; options.seed < first + static_cast<uint64_t>(seeds);
       ++options.seed) {
    const Result result = Simulate(options);
    ASSERT_FALSE(result.failed) << Explain(options, result);
    for (const FaultSite& site : result.struck) struck->insert(site.kind);
    for (const auto& [name, count] : result.counts) (*counts)[name] += count;
  }
}

TEST(Simulation, EveryGuestHasOneContactWithItsLastContentWhateverFails) {
  std::set<FaultKind> struck;
  std::map<std::string, int64_t> counts;
  LiveThrough(1, 150, 20, &struck, &counts);
  LiveThrough(1000, 10, 100, &struck, &counts);
  // A kind that never strikes proves nothing. Too late is what other worlds are for.
  struck.insert(FaultKind::kTooLate);
  for (size_t kind = 0; kind < kFaultKinds; ++kind) {
    EXPECT_EQ(struck.count(static_cast<FaultKind>(kind)), 1u)
        << NameOf(static_cast<FaultKind>(kind)) << " never struck";
  }
  for (const char* state : {"contacts added", "contacts updated", "recreated",
                            "deferred", "settlings", "failed runs", "written back"}) {
    EXPECT_GT(counts[state], 0) << state;
  }
}

TEST(Simulation, ASecondContactThatCameAfterTheSettleTimeIsToldOf) {
  std::map<std::string, int64_t> counts;
  Options options;
  options.nights = 15;
  options.too_late = 0.1;
  for (options.seed = 1; options.seed <= 40; ++options.seed) {
    const Result result = Simulate(options);
    ASSERT_FALSE(result.failed)
        << "script/simulate --too-late 0.1 --nights 15 --seed " << options.seed << "\n"
        << result.what;
    for (const auto& [name, count] : result.counts) counts[name] += count;
  }
  EXPECT_GT(counts["clients with two contacts"], 0);
  EXPECT_GT(counts["notice TWO_CONTACTS_OF_ONE_CLIENT"], 0);
}

TEST(Simulation, OneSeedIsOneHistory) {
  for (const uint64_t seed : {3, 9, 27}) {
    Options options;
    options.seed = seed;
    options.nights = 15;
    const Result first = Simulate(options);
    const Result second = Simulate(options);
    EXPECT_EQ(first.trace, second.trace) << "seed " << seed;
    EXPECT_EQ(first.struck, second.struck) << "seed " << seed;
    options.seed = seed + 1;
    EXPECT_NE(Simulate(options).trace, first.trace);
  }
}

TEST(Simulation, APowerLossTakesWhatWasNotSyncedAndThatIsMissed) {
  int missed = 0;
  for (uint64_t seed = 80; seed < 100; ++seed) {
    Options options;
    options.seed = seed;
    options.nights = 5;
    options.kinds = {FaultKind::kPowerLoss};
    EXPECT_FALSE(Simulate(options).failed) << "seed " << seed;
    options.sync_late = true;
    if (Simulate(options).failed) ++missed;
  }
  EXPECT_GT(missed, 0);
}

TEST(Simulation, HistoriesThatOnceWentWrongDoNotAgain) {
  struct Case {
    uint64_t seed;
    int nights;
    const char* faults;
  };
  // What went wrong, and a shortened replay.
  const Case kCases[] = {
      // A contact was asked about twice: the second answer took away its survivor.
      {700581, 15,
       "0:crash:9,0:half:6,0:write-answer-lost:7,0:write-answer-lost:14,0:half:7,"
       "1:reset-before:1,3:half:2,7:ledger-lost:0,7:write-answer-lost:0,"
       "7:write-answer-lost:6,7:write-answer-lost:8,7:write-answer-lost:15,"
       "7:write-answer-lost:20,7:crash:61,8:portal-away:0,9:html-before:7,10:crash:3,"
       "10:crash:6,14:clock-jump:0,14:crash:16,14:half:11,14:half:15"},
      // Another contact's ID was believed; so was an absurd one.
      {500042, 1, "0:wrong-id:3"},
      {500144, 1, "0:reset-before:8,0:wrong-id:32"},
      // The same, to a user who is shown no contacts.
      {700506, 18, "17:rights-hidden:0,17:wrong-id:0"},
      // … and who had not seen the contact that the ID is of.
      {970121, 17, "16:rights-hidden:0,16:wrong-id:0"},
      // One slot's answer named the contact that another slot had made.
      {930029, 1, "0:wrong-id:24"},
      // A chain of wrong answers: each named the contact of the one before.
      {971593, 1, "0:wrong-id:1,0:wrong-id:6,0:wrong-id:7,0:power-loss:69"},
      // A new ledger died before it had noted that it is cold, and moved on.
      {598, 6, "0:write-not-kept:45,5:takeover:0,5:crash-in-commit:40"},
      // An agent that woke up when another had taken over marked a contact that it had
      // looked at before.
      {970722, 4, "0:wrong-id:0,3:takeover-unnoticed:0"},
      // Each guest was told the contact beside his: where he travelled outside a
      // batch, where the look behind was spoilt, where there was none for answers had
      // been lost, and the first contact of an empty portal.
      {50, 7, "2:refresh-lost:0,6:ids-shifted:2"},
      {8100276, 1, "0:broken-page:2,0:ids-shifted:0"},
      {8100770, 1, "0:half:7,0:reset-after:7,0:ids-shifted:1"},
      {1382, 2, "0:ids-shifted:0"},
      // The mark that a manager's contact was to get was lost, and that contact was to
      // bear witness in each look-up for it.
      {8300902, 12, "0:takeover-unnoticed:0,4:takeover-unnoticed:0,11:half:6"},
  };
  for (const Case& one : kCases) {
    const auto faults = DecodeFaults(one.faults);
    ASSERT_TRUE(faults.ok()) << faults.status();
    Options options;
    options.seed = one.seed;
    options.nights = one.nights;
    options.only = *faults;
    const Result result = Simulate(options);
    EXPECT_FALSE(result.failed) << one.seed << ": " << result.what;
  }
}

TEST(Simulation, OnlyTheKindsThatAreNamedStrike) {
  Options options;
  options.nights = 10;
  options.kinds = {FaultKind::kDiskFull, FaultKind::kWrongId};
  std::set<FaultKind> struck;
  for (options.seed = 1; options.seed <= 20; ++options.seed) {
    for (const FaultSite& site : Simulate(options).struck) struck.insert(site.kind);
  }
  EXPECT_EQ(struck, *options.kinds);
  EXPECT_FALSE(DecodeKinds("late,no-such-fault").ok());
}

TEST(Simulation, TheFaultsOfAHistoryReplayIt) {
  Options options;
  options.seed = 5;
  options.nights = 15;
  const Result first = Simulate(options);
  ASSERT_FALSE(first.struck.empty());
  const auto decoded = DecodeFaults(EncodeFaults(first.struck));
  ASSERT_TRUE(decoded.ok()) << decoded.status();
  options.only = *decoded;
  EXPECT_EQ(Simulate(options).trace, first.trace);
  EXPECT_FALSE(DecodeFaults("3:no-such-fault:1").ok());
}

}  // namespace
}  // namespace guestbridge::simulation
