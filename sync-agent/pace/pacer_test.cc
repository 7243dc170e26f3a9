#include "sync-agent/pace/pacer.h"

#include <algorithm>
#include <memory>
#include <vector>

#include "gtest/gtest.h"
#include "sync-agent/pace/limits_model_test.h"
#include "sync-agent/pace/portal_buckets.h"

namespace guestbridge::agent {
namespace {

using testing::At;
using testing::LimitsModel;
using testing::Wall;
using SeededRandom = ::guestbridge::testing::SeededRandom;

constexpr char kAdd[] = "crm.contact.add";
constexpr char kList[] = "crm.contact.list";
constexpr char kImport[] = "crm.item.batchImport";

RequestLoad One(const char* method, int commands) {
  return {{method, {commands, commands}}};
}

PaceObservation Failure() {
  PaceObservation observation;
  observation.transport_failure = true;
  return observation;
}

class PacerTest : public ::testing::Test {
 protected:
  // A request that leaves at `now_` and is answered `took` later.
  void Exchange(const RequestLoad& load, const PaceObservation& observation,
                double took = 0.5) {
    pacer_.Sent(++id_, load, At(now_));
    now_ += took;
    pacer_.Answered(id_, observation, At(now_), Wall(now_));
  }
  // All its commands take the same time.
  void Answer(const char* method, int commands, double each) {
    PaceObservation observation;
    observation.reports_operating = true;
    observation.methods.assign(static_cast<size_t>(commands),
                               {method, 1, each, -1, -1, false});
    Exchange(One(method, commands), observation, each * commands);
  }
  double Start(const RequestLoad& load) {
    return absl::ToDoubleSeconds(pacer_.EarliestStart(load, At(now_), Wall(now_)));
  }
  int Commands(const char* method) { return pacer_.SizeFor(method, 1).commands; }

  SeededRandom random_;
  Pacer pacer_{PaceSettings{}, random_};
  double now_ = 1000;
  uint64_t id_ = 0;
};

TEST_F(PacerTest, WhatAnotherProgramUsesIsCountedAsUsed) {
  PaceObservation observation;
  observation.reports_operating = true;
  observation.methods = {{kAdd, 1, 0.5, 470, LimitsModel::kEpoch + 1120, false}};
  Exchange(One(kAdd, 1), observation);
  // One look after the portal's own reset, not before; it is a single command.
  EXPECT_EQ(Commands(kAdd), 1);
  EXPECT_GT(Start(One(kAdd, 10)), 1121);
  now_ = 1121;
  EXPECT_EQ(Start(One(kAdd, 1)), 1121);
  // Other methods go on.
  EXPECT_EQ(Start(One(kList, 10)), 1121);
}

TEST_F(PacerTest, ABlockedMethodWaitsForTheResetAndOneSecond) {
  PaceObservation observation;
  observation.reports_operating = true;
  observation.methods = {{kAdd, 1, 0.5, 479, LimitsModel::kEpoch + 1090, false},
                         {kAdd, 1, -1, -1, -1, true}};
  Exchange(One(kAdd, 2), observation);
  EXPECT_EQ(Start(One(kAdd, 1)), 1091);
  EXPECT_EQ(Commands(kAdd), 1);
  EXPECT_EQ(Start(One(kList, 1)), now_);
  now_ = 1091;
  EXPECT_EQ(Start(One(kAdd, 1)), 1091);
}

TEST_F(PacerTest, WithoutAResetABlockedMethodWaitsAMinute) {
  PaceObservation observation;
  observation.reports_operating = true;
  observation.methods = {{kAdd, 1, -1, -1, -1, true}};
  Exchange(One(kAdd, 1), observation, 1);
  EXPECT_EQ(Start(One(kAdd, 1)), now_ + 60);
}

TEST_F(PacerTest, ARefusalMeansThatTheBucketIsFullAndSomebodyElseFillsItToo) {
  PaceObservation observation;
  observation.too_fast = true;
  Exchange(One(kList, 1), observation);
  const double wait = Start(One(kList, 1)) - now_;
  EXPECT_GE(wait, 2);
  EXPECT_LE(wait, 6);
  // Afterwards less than the whole drain is taken.
  now_ += wait;
  for (int i = 0; i < 20; ++i) {
    now_ = Start(One(kList, 1));
    pacer_.Sent(++id_, One(kList, 1), At(now_));
  }
  EXPECT_GT(now_, 1000.5 + wait + 19 / 2.0 * 1.2);
}

TEST_F(PacerTest, WhatThePortalPutsOffPausesLongerAndLongerUntilItTakesEverything) {
  PaceObservation put_off;
  put_off.put_off = {kList};
  put_off.reports_operating = true;
  double longest = 2;
  for (int i = 0; i < 7; ++i) {
    Exchange(One(kList, 1), put_off);
    const double pause = Start(One(kList, 1)) - now_;
    EXPECT_GE(pause, longest / 2 - 1e-6);
    EXPECT_LE(pause, longest + 1e-6);
    longest = std::min(longest * 2, 30.0);
    now_ += pause;
  }
  EXPECT_EQ(pacer_.failures_in_row(), 0) << "the portal is there";
  Answer(kList, 1, 0.1);
  EXPECT_NEAR(Start(One(kList, 1)), now_, 1e-6);
}

TEST_F(PacerTest, WhatIsPutOffPausesThoughOtherMethodsAreAnswered) {
  PaceObservation put_off;
  put_off.put_off = {kAdd};
  put_off.reports_operating = true;
  double longest = 2;
  for (int i = 0; i < 7; ++i) {
    Exchange(One(kAdd, 1), put_off);
    const double until = Start(One(kAdd, 1));
    EXPECT_GE(until - now_, longest / 2 - 1e-6);
    EXPECT_NEAR(Start(One(kList, 1)), now_, 1e-6);
    Answer(kList, 1, 0.1);
    EXPECT_NEAR(Start(One(kAdd, 1)), until, 1e-6);
    longest = std::min(longest * 2, 30.0);
    now_ = until;
  }
  Answer(kAdd, 1, 0.1);
  EXPECT_NEAR(Start(One(kAdd, 1)), now_, 1e-6);
}

TEST_F(PacerTest, ANewRateHoldsForTheForecastAndForWhatLeaves) {
  const std::vector<MethodWork> work = {{.method = kList, .contacts = 100'000}};
  const double before = pacer_.Forecast(work, At(now_)).seconds;
  pacer_.SetRate(5, 250);
  EXPECT_LT(pacer_.Forecast(work, At(now_)).seconds, before * 2.2 / 5);
  for (int i = 0; i < 200; ++i) pacer_.Sent(++id_, {}, At(now_));
  EXPECT_EQ(Start({}), now_);
}

TEST_F(PacerTest, PausesDoubleWithJitterUpToAMinute) {
  double longest = 1;
  bool jitter = false;
  for (int i = 0; i < 12; ++i) {
    Exchange(One(kList, 1), Failure());
    const double pause = Start(One(kList, 1)) - now_;
    EXPECT_GE(pause, longest / 2 - 1e-6);
    EXPECT_LE(pause, longest + 1e-6);
    jitter = jitter || pause < longest * 0.9;
    longest = std::min(longest * 2, 60.0);
    now_ += pause;
  }
  EXPECT_TRUE(jitter);
  EXPECT_EQ(pacer_.failures_in_row(), 12);
}

TEST_F(PacerTest, APortalThatIsAwayIsAskedByOneProbeAtATimeAndUsedAgainAtOnce) {
  // This one hangs; it must not hold up the probes.
  pacer_.Sent(++id_, One(kAdd, 1), At(now_));
  const uint64_t hangs = id_;
  for (int i = 0; i < 3; ++i) {
    EXPECT_FALSE(pacer_.away());
    Exchange(One(kList, 1), Failure());
    now_ = Start(One(kList, 1));
  }
  EXPECT_TRUE(pacer_.away());
  EXPECT_EQ(pacer_.Concurrency(), 2);  // the hanging one and a probe
  EXPECT_EQ(Commands(kAdd), 1);
  EXPECT_EQ(Start(One(kAdd, 1)), now_);
  pacer_.Sent(++id_, One(kAdd, 1), At(now_));
  EXPECT_GT(Start(One(kAdd, 1)), now_);
  pacer_.Answered(id_, PaceObservation{}, At(now_), Wall(now_));
  EXPECT_FALSE(pacer_.away());
  EXPECT_EQ(pacer_.failures_in_row(), 0);
  EXPECT_EQ(Start(One(kList, 1)), now_);
  pacer_.Answered(hangs, Failure(), At(now_), Wall(now_));
  EXPECT_FALSE(pacer_.away());
}

TEST_F(PacerTest, AnyAnswerEndsThePause) {
  pacer_.Sent(++id_, One(kAdd, 1), At(now_));
  const uint64_t slow = id_;
  for (int i = 0; i < 6; ++i) {
    Exchange(One(kList, 1), Failure());
    now_ = Start(One(kList, 1));
  }
  Exchange(One(kList, 1), Failure());
  EXPECT_GT(Start(One(kList, 1)), now_ + 10);
  pacer_.Answered(slow, PaceObservation{}, At(now_), Wall(now_));
  EXPECT_NEAR(Start(One(kList, 1)), now_, 0.1);
}

TEST_F(PacerTest, AnHourAwayCostsTheHourAndAMinuteAtMost) {
  const double back = now_ + 3600;
  int probes = 0;
  while (true) {
    now_ = Start(One(kList, 1));
    if (now_ >= back) break;
    Exchange(One(kList, 1), Failure(), 0.1);
    ++probes;
  }
  EXPECT_LE(now_, back + 60);
  EXPECT_LE(probes, 130);
  Answer(kList, 1, 0.2);
  EXPECT_FALSE(pacer_.away());
  EXPECT_NEAR(Start(One(kList, 1)), now_, 1e-6);
}

TEST_F(PacerTest, FailuresOfRequestsThatWereUnderWayTogetherCountOnce) {
  for (uint64_t id = 1; id <= 4; ++id) pacer_.Sent(id, One(kList, 1), At(10));
  for (uint64_t id = 1; id <= 4; ++id) {
    pacer_.Answered(id, Failure(), At(11 + 0.1 * static_cast<double>(id)), Wall(11));
  }
  EXPECT_EQ(pacer_.failures_in_row(), 1);
  EXPECT_FALSE(pacer_.away());
}

TEST_F(PacerTest, RequestsGrowTowardsTheTargetTimeAndShrinkAtOnce) {
  EXPECT_EQ(Commands(kAdd), 10);
  const auto answer = [&](double each) {
    Answer(kAdd, Commands(kAdd), each);
    now_ += 700;  // out of the way of the operating limit
    pacer_.EarliestStart(One(kAdd, 1), At(now_), Wall(now_));
    return Commands(kAdd);
  };
  // Ten seconds, were they somewhat slower; then twice as many, and all that a batch
  // holds.
  EXPECT_EQ(answer(0.2), 27);
  EXPECT_EQ(answer(0.2), 50);
  EXPECT_LE(answer(2.0), 10);
  EXPECT_LE(answer(40.0), 1);
}

TEST_F(PacerTest, OurOwnClockShowsASlowRequestToo) {
  Answer(kList, 10, 0.05);
  Answer(kList, 20, 0.05);
  EXPECT_GE(Commands(kList), 40);
  PaceObservation observation;
  observation.reports_operating = true;
  observation.took = absl::Seconds(50);  // the portal says 0.05 s each
  observation.methods.assign(40, {kList, 1, 0.05, -1, -1, false});
  Exchange(One(kList, 40), observation, 50);
  EXPECT_LE(Commands(kList), 16);
}

TEST_F(PacerTest, ACutOffRequestIsHalvedNextTime) {
  Exchange(One(kAdd, 10), Failure(), 60);
  EXPECT_EQ(Commands(kAdd), 5);
}

TEST(PacerSmallLimit, CommandsThatCameForFreeMayCostSomethingNextTime) {
  SeededRandom random;
  PaceSettings settings;
  settings.operating_limit_seconds = 8;
  Pacer pacer(settings, random);
  pacer.Sent(1, One(kAdd, 1), At(1000));
  PaceObservation observation;
  observation.reports_operating = true;
  observation.methods = {{kAdd, 1, 0.095, 0, -1, false}};  // just short of a charge
  pacer.Answered(1, observation, At(1000.1), Wall(1000.1));
  for (uint64_t id = 2; id < 10; ++id) {
    if (pacer.EarliestStart(One(kAdd, 20), At(1001), Wall(1001)) > At(1001)) return;
    ASSERT_LE(id, 4u) << "60 commands are under way, and a tenth of a second each";
    pacer.Sent(id, One(kAdd, 20), At(1001));
  }
}

TEST_F(PacerTest, WhatIsQuickGrowsAtOnce) {
  PaceObservation observation;
  observation.reports_operating = true;
  observation.methods = {{kImport, 10, 0.04, 0.04, -1, false}};
  Exchange({{kImport, {1, 10}}}, observation, 0.2);
  const RequestSize size = pacer_.SizeFor(kImport, 20);
  const int contacts = size.commands * size.units_per_command;
  EXPECT_GT(contacts, 800);
  // Ten seconds at most, were each of them twice as slow.
  EXPECT_LT(2 * 0.004 * contacts, 11);
}

TEST_F(PacerTest, ImportsAreSizedByTheirContacts) {
  EXPECT_EQ(pacer_.SizeFor(kImport, 20).units_per_command, 10);
  PaceObservation observation;
  observation.reports_operating = true;
  observation.methods = {{kImport, 10, 1, 1, -1, false}};
  Exchange({{kImport, {1, 10}}}, observation, 1);
  const RequestSize size = pacer_.SizeFor(kImport, 20);
  EXPECT_EQ(size.commands, 3);
  EXPECT_LE(size.units_per_command, 20);
  observation.methods = {{kImport, 20, 2, 3, -1, false}};
  for (int i = 0; i < 10; ++i) {
    Exchange({{kImport, {1, 20}}}, observation, 2);
    now_ += 700;
    pacer_.EarliestStart(One(kImport, 1), At(now_), Wall(now_));
  }
  // 0.1 s a contact: 200 in 20 s.
  const RequestSize grown = pacer_.SizeFor(kImport, 20);
  EXPECT_EQ(grown.commands * grown.units_per_command, 200);
  EXPECT_LE(grown.units_per_command, 20);
}

TEST_F(PacerTest, ABoxHasNoLimitsButABreathBetweenRequests) {
  for (int i = 0; i < 500; ++i) {
    const double start = Start(One(kAdd, 10));
    EXPECT_LE(start, now_ + 0.05 + 1e-6);
    now_ = start;
    PaceObservation observation;
    observation.methods.assign(10, {kAdd, 1, 0.9, -1, -1, false});
    Exchange(One(kAdd, 10), observation, 0);
  }
}

TEST_F(PacerTest, BeforeAnythingIsKnownAPortalIsTakenForACloud) {
  bool waited = false;
  for (int i = 0; i < 60; ++i) {
    waited = waited || Start(One(kList, 1)) > now_;
    pacer_.Sent(++id_, One(kList, 1), At(now_));
  }
  EXPECT_TRUE(waited);
}

TEST_F(PacerTest, OneAnswerWithoutOperatingDoesNotMakeABoxOfACloud) {
  PaceObservation cloud;
  cloud.reports_operating = true;
  cloud.methods = {{kList, 1, 0.2, 1, -1, false}};
  Exchange(One(kList, 1), cloud);
  PaceObservation silent;
  silent.methods = {{kList, 1, 0.2, -1, -1, false}};
  bool waited = false;
  for (int i = 0; i < 60; ++i) {
    waited = waited || Start(One(kList, 1)) > now_;
    Exchange(One(kList, 1), silent, 0);
  }
  EXPECT_TRUE(waited);
}

TEST_F(PacerTest, WhatNeverFitsGoesWhenNothingElseIsCharged) {
  PaceObservation observation;
  observation.reports_operating = true;
  observation.methods = {{kAdd, 1, 50, 50, -1, false}};
  Exchange(One(kAdd, 1), observation, 50);
  EXPECT_EQ(Start(One(kAdd, 1)), now_);
  const double start = Start(One(kAdd, 50));
  EXPECT_GE(start, now_ + 600);
  EXPECT_LE(start, now_ + 602);
}

TEST_F(PacerTest, ConcurrencyGrowsWhileItIsUsedAndIsHalvedBySlownessAndFailure) {
  EXPECT_EQ(pacer_.Concurrency(), 2);
  const auto round = [&](double each) {
    std::vector<uint64_t> ids;
    for (int i = pacer_.Concurrency(); i > 0; --i) {
      pacer_.Sent(++id_, One(kList, 10), At(now_));
      ids.push_back(id_);
    }
    PaceObservation observation;
    observation.reports_operating = true;
    observation.methods.assign(10, {kList, 1, each, -1, -1, false});
    now_ += each * 10;
    for (const uint64_t id : ids) {
      pacer_.Answered(id, observation, At(now_), Wall(now_));
      pacer_.Sent(++id_, One(kList, 10), At(now_));
    }
    for (size_t i = ids.size(); i > 0; --i) {
      pacer_.Answered(id_ - i + 1, observation, At(now_), Wall(now_));
    }
    return pacer_.Concurrency();
  };
  int most = 0;
  for (int i = 0; i < 6; ++i) most = std::max(most, round(0.05));
  EXPECT_EQ(most, 8);
  EXPECT_LE(round(0.3), 4);
  const int before = pacer_.Concurrency();
  Exchange(One(kList, 1), Failure());
  EXPECT_EQ(pacer_.Concurrency(), std::max(1, before / 2));
}

TEST_F(PacerTest, WhatRidesAlongIsChargedAndSaysNothingOfThePace) {
  const auto exchange = [&](double look, bool rides_along) {
    RequestLoad load = One(kImport, 10);
    load[kList] = {1, 1, rides_along};
    PaceObservation observation;
    observation.reports_operating = true;
    observation.methods.assign(10, {kImport, 1, 0.5, -1, -1, false});
    observation.methods.push_back({kList, 1, look, -1, -1, false});
    observation.took = absl::Seconds(5 + look);
    Exchange(load, observation, 5 + look);
  };
  for (int i = 0; i < 30; ++i) exchange(0.2, /*rides_along=*/true);
  const int places = pacer_.Concurrency();
  const int lists = Commands(kList);
  const int imports = Commands(kImport);
  exchange(30, /*rides_along=*/true);
  EXPECT_EQ(pacer_.Concurrency(), places);
  EXPECT_EQ(Commands(kList), lists);
  EXPECT_EQ(Commands(kImport), imports);
  for (int i = 0; i < 14; ++i) exchange(30, /*rides_along=*/true);
  EXPECT_GT(Start(One(kList, 1)), now_ + 60);
}

TEST_F(PacerTest, ALaterProcessKnowsWhatThePortalStillCounts) {
  for (int i = 0; i < 40; ++i) pacer_.Sent(++id_, One(kList, 1), At(now_));
  PaceObservation observation;
  observation.reports_operating = true;
  observation.methods = {{kAdd, 1, 300, 400, -1, false}};
  Exchange(One(kAdd, 1), observation, 0);
  const std::string text = EncodePaceMemory(pacer_.Memory(At(now_), Wall(now_)));

  // Its steady clock is another one.
  Pacer later(PaceSettings{}, random_);
  later.Restore(DecodePaceMemory(text), At(5), Wall(now_ + 2));
  const PaceMemory memory = later.Memory(At(5), Wall(now_ + 2));
  EXPECT_NEAR(memory.bucket, 41 - 4, 0.1);
  EXPECT_NEAR(memory.operating.at(kAdd), 400, 0.1);
  // A window later nothing of it is left.
  Pacer much_later(PaceSettings{}, random_);
  much_later.Restore(DecodePaceMemory(text), At(5), Wall(now_ + 601));
  EXPECT_EQ(much_later.Memory(At(5), Wall(now_ + 601)).bucket, 0);
  // How quick the portal was is known longer, for forecasts.
  MethodWork work;
  work.method = kAdd;
  work.contacts = 2;
  const WorkForecast forecast = much_later.Forecast({work}, At(5));
  EXPECT_TRUE(forecast.measured);
  EXPECT_NEAR(forecast.operating_seconds, 600, 0.1);
  EXPECT_NEAR(much_later.Memory(At(5), Wall(now_ + 601)).each.at(kAdd), 300, 0.1);
  EXPECT_FALSE(Pacer(PaceSettings{}, random_).Forecast({work}, At(5)).measured);
}

TEST_F(PacerTest, ALaterProcessWaitsForARefusedMethodAsLongAsTheFormerOneWould) {
  PaceObservation observation;
  observation.reports_operating = true;
  observation.methods = {{kAdd, 1, 3, -1, -1, false}, {kAdd, 1, 0, -1, -1, true}};
  Exchange(One(kAdd, 2), observation, 0);
  const absl::Duration left =
      pacer_.EarliestStart(One(kAdd, 2), At(now_), Wall(now_)) - At(now_);
  ASSERT_GT(left, absl::Seconds(50));
  const std::string text = EncodePaceMemory(pacer_.Memory(At(now_), Wall(now_)));

  Pacer later(PaceSettings{}, random_);
  later.Restore(DecodePaceMemory(text), At(5), Wall(now_ + 20));
  const absl::Duration start =
      later.EarliestStart(One(kAdd, 2), At(5), Wall(now_ + 20));
  EXPECT_NEAR(absl::ToDoubleSeconds(start - At(5)), absl::ToDoubleSeconds(left) - 20,
              2);
  EXPECT_LE(later.EarliestStart(One(kAdd, 2), start, Wall(now_ + 20) + (start - At(5))),
            start);
  // What was charged is known on, and so is the refusal.
  const PaceMemory memory = later.Memory(At(5), Wall(now_ + 20));
  EXPECT_NEAR(memory.operating.at(kAdd), 3, 0.1);
  EXPECT_NEAR(memory.blocked.at(kAdd), absl::ToDoubleSeconds(left) - 20, 2);
  // A clock that was put back lengthens nothing.
  Pacer put_back(PaceSettings{}, random_);
  put_back.Restore(DecodePaceMemory(text), At(5), Wall(now_ - 5000));
  EXPECT_LE(put_back.EarliestStart(One(kAdd, 2), At(5), Wall(now_ - 5000)),
            At(5) + left + absl::Seconds(1));
}

TEST(PortalBuckets, WhoSendsToOnePortalSharesItsBucket) {
  SeededRandom random;
  PortalBuckets buckets;
  const PaceSettings settings;
  Pacer first(settings, random, buckets.Of("hotel:443", settings));
  Pacer second(settings, random, buckets.Of("hotel:443", settings));
  Pacer elsewhere(settings, random, buckets.Of("other:443", settings));
  const auto burst = [](Pacer& pacer) {
    int sent = 0;
    uint64_t id = 0;
    while (sent < 100 &&
           pacer.EarliestStart(One(kList, 1), At(1000), Wall(1000)) <= At(1000)) {
      pacer.Sent(++id, One(kList, 1), At(1000));
      PaceObservation answer;
      answer.reports_operating = true;
      answer.methods = {{kList, 1, 0.05, 0, -1, false}};
      pacer.Answered(id, answer, At(1000), Wall(1000));
      ++sent;
    }
    return sent;
  };
  const int alone = burst(elsewhere);
  EXPECT_GT(alone, 40);
  EXPECT_EQ(burst(first), alone);
  EXPECT_EQ(burst(second), 0);
}

TEST(PortalBuckets, ANewPacerOfThePortalKnowsWhatTheOldOneSent) {
  SeededRandom random;
  PortalBuckets buckets;
  PaceSettings settings;
  auto pacer =
      std::make_unique<Pacer>(settings, random, buckets.Of("hotel:443", settings));
  for (uint64_t id = 1; id <= 40; ++id) pacer->Sent(id, One(kList, 1), At(1000));
  settings.bucket_capacity = 250;
  settings.bucket_drain_per_second = 5;
  pacer = std::make_unique<Pacer>(settings, random, buckets.Of("hotel:443", settings));
  EXPECT_NEAR(pacer->Memory(At(1000), Wall(1000)).bucket, 40, 0.1);
  int more = 0;
  while (pacer->EarliestStart(One(kList, 1), At(1000), Wall(1000)) <= At(1000)) {
    pacer->Sent(static_cast<uint64_t>(100 + more++), One(kList, 1), At(1000));
  }
  EXPECT_GT(more, 150);
}

TEST(PortalBuckets, WhatABoxIsSentKeepsNobodyWaiting) {
  SeededRandom random;
  PortalBuckets buckets;
  const PaceSettings settings;
  Pacer first(settings, random, buckets.Of("box:443", settings));
  PaceObservation answer;
  answer.methods = {{kList, 1, 0.05, -1, -1, false}};  // no operating: a box
  double now = 1000;
  for (uint64_t id = 1; id <= 1000; ++id) {
    now += 0.06;
    first.Sent(id, One(kList, 1), At(now));
    first.Answered(id, answer, At(now), Wall(now));
  }
  Pacer second(settings, random, buckets.Of("box:443", settings));
  EXPECT_EQ(second.EarliestStart(One(kList, 1), At(now), Wall(now)), At(now));
}

TEST(PaceMemory, WhatIsNoMemoryIsAnOldOne) {
  for (const char* text : {"", "x", "17", "17 bucket=", "17 bucket=x", "17 bucket=-1",
                           "17 bucket=1 a", "17 bucket=nan", "x bucket=1"}) {
    SCOPED_TRACE(text);
    EXPECT_EQ(DecodePaceMemory(text).at, absl::InfinitePast());
  }
}

TEST_F(PacerTest, AfterAProcessThatWasCutOffTheBucketIsFullerAndOneCommandLooks) {
  pacer_.Suspect({Wall(now_ - 1), 30, {{kAdd, 100}}}, At(now_), Wall(now_));
  EXPECT_GE(Start(One(kList, 1)), now_ + 1);
  now_ += 30;
  EXPECT_EQ(Start(One(kList, 1)), now_);
  EXPECT_EQ(Commands(kAdd), 1);
  pacer_.Sent(++id_, One(kAdd, 1), At(now_));
  EXPECT_GT(Start(One(kAdd, 1)), now_);
  PaceObservation observation;
  observation.reports_operating = true;
  observation.methods = {{kAdd, 1, 0.5, 100, -1, false}};
  pacer_.Answered(id_, observation, At(now_ + 1), Wall(now_ + 1));
  EXPECT_GT(Commands(kAdd), 5);
}

}  // namespace
}  // namespace guestbridge::agent
