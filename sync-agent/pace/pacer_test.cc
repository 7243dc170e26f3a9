#include "sync-agent/pace/pacer.h"

#include <algorithm>
#include <cmath>
#include <deque>
#include <functional>
#include <queue>
#include <vector>

#include "gtest/gtest.h"
#include "tests/testing/seeded_random.h"

namespace guestbridge::agent {
namespace {

constexpr char kAdd[] = "crm.contact.add";
constexpr char kList[] = "crm.contact.list";

RequestLoad One(const char* method, int commands) {
  return {{method, {commands, commands}}};
}

// Both limiters as the vendor describes them: a counter that drops by Y once a second,
// rejected requests counted; ten one-minute buckets of execution time per method,
// checked before a call, calls of up to 0.1 s free.
class ExactPortal {
 public:
  ExactPortal(double drain, int capacity, double limit, uint64_t seed)
      : drain_(drain), capacity_(capacity), limit_(limit), random_(seed) {}

  struct Reply {
    PaceObservation observation;
    double seconds = 0;
    int executed = 0;
  };

  Reply Serve(const RequestLoad& methods, double now,
              const std::function<double(const std::string&)>& cost) {
    Reply reply;
    while (next_drop_ <= now) {
      counter_ = std::max(0.0, counter_ - drain_);
      next_drop_ += 1;
    }
    counter_ += 1;
    if (counter_ > capacity_) {
      ++rejected;
      reply.observation.too_fast = true;
      return reply;
    }
    reply.observation.reports_operating = true;
    for (const auto& [method, asked] : methods) {
      for (int i = 0; i < asked.commands; ++i) {
        MethodObservation one;
        one.method = method;
        if (Total(method, now + reply.seconds) > limit_) {
          ++blocked;
          one.blocked = true;
        } else {
          one.duration_seconds = cost(method);
          ++reply.executed;
          Charge(method, now + reply.seconds, one.duration_seconds);
          reply.seconds += one.duration_seconds;
          one.operating_seconds = Total(method, now + reply.seconds);
          const auto& buckets = buckets_[method];
          if (!buckets.empty()) {
            one.operating_reset_unix = kEpoch + buckets.front().first + 600;
          }
        }
        reply.observation.methods.push_back(one);
      }
    }
    return reply;
  }

  double Random() { return static_cast<double>(random_.Next64() >> 11) * 0x1p-53; }

  static constexpr double kEpoch = 1767225600;
  int rejected = 0;
  int blocked = 0;

 private:
  struct Minute {
    double first;
    double seconds;
  };
  void Drop(const std::string& method, double now) {
    auto& buckets = buckets_[method];
    while (!buckets.empty() && buckets.front().first + 600 <= now) buckets.pop_front();
  }
  double Total(const std::string& method, double now) {
    Drop(method, now);
    double total = 0;
    for (const Minute& minute : buckets_[method]) total += minute.seconds;
    return total;
  }
  void Charge(const std::string& method, double now, double seconds) {
    if (seconds <= 0.1) return;
    auto& buckets = buckets_[method];
    if (buckets.empty() || now >= buckets.back().first + 60)
      buckets.push_back({now, 0});
    buckets.back().seconds += seconds;
  }

  double drain_;
  int capacity_;
  double limit_;
  testing::SeededRandom random_;
  double counter_ = 0;
  double next_drop_ = 0.37;
  std::map<std::string, std::deque<Minute>> buckets_;
};

absl::Duration At(double seconds) { return absl::Seconds(seconds); }
absl::Time Wall(double seconds) {
  return absl::FromUnixSeconds(static_cast<int64_t>(ExactPortal::kEpoch)) +
         absl::Seconds(seconds);
}

struct Outcome {
  double seconds = 0;
  int requests = 0;
  int commands = 0;
  double busy = 0;  // execution seconds of the portal
};

// Keeps `lanes` requests under way until `requests` have been answered.
Outcome Drive(Pacer* pacer, ExactPortal* portal, int requests, size_t lanes,
              const std::function<double(const std::string&)>& cost, double latency,
              const std::function<RequestLoad()>& next) {
  struct Flight {
    double arrives;
    uint64_t id;
    PaceObservation observation;
    bool operator>(const Flight& other) const { return arrives > other.arrives; }
  };
  std::priority_queue<Flight, std::vector<Flight>, std::greater<Flight>> flights;
  Outcome outcome;
  double now = 0;
  uint64_t id = 0;
  RequestLoad waiting = next();
  while (outcome.requests < requests) {
    double start = HUGE_VAL;
    if (flights.size() < lanes) {
      const absl::Duration earliest = pacer->EarliestStart(waiting, At(now), Wall(now));
      EXPECT_GE(earliest, At(now));
      if (earliest == absl::InfiniteDuration()) {
        waiting = next();
        continue;
      }
      start = absl::ToDoubleSeconds(earliest);
    }
    if (start <= now + 1e-6) {
      pacer->Sent(++id, waiting, At(now));
      auto reply = portal->Serve(waiting, now + latency * portal->Random(), cost);
      reply.observation.took = absl::Seconds(reply.seconds + latency);
      flights.push({now + reply.seconds + latency, id, reply.observation});
      outcome.commands += reply.executed;
      outcome.busy += reply.seconds;
      ++outcome.requests;
      waiting = next();
      continue;
    }
    if (!flights.empty() && flights.top().arrives <= start) {
      const Flight flight = flights.top();
      flights.pop();
      now = std::max(now, flight.arrives);
      pacer->Answered(flight.id, flight.observation, At(now), Wall(now));
    } else {
      now = start;
    }
  }
  outcome.seconds = now;
  return outcome;
}

TEST(Pacer, TheBucketIsNeverOverrunAndNeverIdle) {
  struct Case {
    double drain;
    int capacity;
    size_t lanes;
    double latency;
  };
  for (const Case& c :
       {Case{2, 50, 1, 0.02}, Case{2, 50, 4, 0.3}, Case{5, 250, 8, 0.1}}) {
    SCOPED_TRACE(c.lanes);
    testing::SeededRandom random;
    Pacer pacer({.bucket_drain_per_second = c.drain, .bucket_capacity = c.capacity},
                random);
    ExactPortal portal(c.drain, c.capacity, 480, 7);
    const Outcome outcome = Drive(
        &pacer, &portal, 10000, c.lanes, [](const std::string&) { return 0.05; },
        c.latency, [] { return One(kList, 1); });
    EXPECT_EQ(portal.rejected, 0);
    EXPECT_GE(outcome.requests / outcome.seconds, 0.95 * c.drain);
  }
}

TEST(Pacer, TheOperatingLimitIsNeverHitAndNearlyUsedUp) {
  for (const double mean : {0.2, 0.45, 1.2}) {
    for (const size_t lanes : {size_t{1}, size_t{2}}) {
      SCOPED_TRACE(mean);
      SCOPED_TRACE(lanes);
      testing::SeededRandom random;
      Pacer pacer(PaceSettings{}, random);
      ExactPortal portal(2, 50, 480, 11);
      const Outcome outcome = Drive(
          &pacer, &portal, 2500, lanes,
          [&](const std::string&) { return mean * (0.7 + 0.6 * portal.Random()); }, 0.1,
          [&] { return One(kAdd, pacer.SizeFor(kAdd, 1).commands); });
      EXPECT_EQ(portal.rejected, 0);
      EXPECT_EQ(portal.blocked, 0);
      // The first window is free of history, so the whole run may exceed one budget.
      EXPECT_GE(outcome.busy / outcome.seconds, 0.95 * 480 / 600)
          << outcome.busy << " s of work in " << outcome.seconds << " s";
    }
  }
}

TEST(Pacer, TwoMethodsHaveTwoBudgetsAndOneBucket) {
  testing::SeededRandom random;
  Pacer pacer(PaceSettings{}, random);
  ExactPortal portal(2, 50, 480, 3);
  int turn = 0;
  Drive(
      &pacer, &portal, 3000, 2,
      [&](const std::string& method) {
        return (method == kAdd ? 0.4 : 0.15) * (0.8 + 0.4 * portal.Random());
      },
      0.1,
      [&] {
        const char* method = ++turn % 2 == 0 ? kAdd : kList;
        return One(method, pacer.SizeFor(method, 1).commands);
      });
  EXPECT_EQ(portal.rejected, 0);
  EXPECT_EQ(portal.blocked, 0);
}

TEST(Pacer, WhatAnotherProgramUsesIsCountedAsUsed) {
  testing::SeededRandom random;
  Pacer pacer(PaceSettings{}, random);
  pacer.Sent(1, One(kAdd, 1), At(0));
  PaceObservation observation;
  observation.reports_operating = true;
  observation.methods = {{kAdd, 1, 0.5, 470, ExactPortal::kEpoch + 120, false}};
  pacer.Answered(1, observation, At(1), Wall(1));
  // One look after the portal's own reset, not before.
  EXPECT_EQ(pacer.EarliestStart(One(kAdd, 10), At(1), Wall(1)), At(121));
  EXPECT_EQ(pacer.EarliestStart(One(kAdd, 1), At(121), Wall(121)), At(121));
  // Other methods go on.
  EXPECT_EQ(pacer.EarliestStart(One(kList, 10), At(1), Wall(1)), At(1));
}

TEST(Pacer, ABlockedMethodWaitsForTheResetAndOneSecond) {
  testing::SeededRandom random;
  Pacer pacer(PaceSettings{}, random);
  pacer.Sent(1, One(kAdd, 2), At(0));
  PaceObservation observation;
  observation.reports_operating = true;
  observation.methods = {{kAdd, 1, 0.5, 479, ExactPortal::kEpoch + 90, false},
                         {kAdd, 1, -1, -1, -1, true}};
  pacer.Answered(1, observation, At(2), Wall(2));
  EXPECT_EQ(pacer.EarliestStart(One(kAdd, 1), At(2), Wall(2)), At(91));
  EXPECT_EQ(pacer.EarliestStart(One(kAdd, 1), At(91), Wall(91)), At(91));
  EXPECT_EQ(pacer.SizeFor(kAdd, 1).commands, 1);
  EXPECT_EQ(pacer.EarliestStart(One(kList, 1), At(2), Wall(2)), At(2));
}

TEST(Pacer, WithoutAResetABlockedMethodWaitsAMinute) {
  testing::SeededRandom random;
  Pacer pacer(PaceSettings{}, random);
  pacer.Sent(1, One(kAdd, 1), At(0));
  PaceObservation observation;
  observation.reports_operating = true;
  observation.methods = {{kAdd, 1, -1, -1, -1, true}};
  pacer.Answered(1, observation, At(1), Wall(1));
  EXPECT_EQ(pacer.EarliestStart(One(kAdd, 1), At(1), Wall(1)), At(61));
}

TEST(Pacer, TooFastFillsTheBucket) {
  testing::SeededRandom random;
  Pacer pacer(PaceSettings{}, random);
  pacer.Sent(1, One(kList, 1), At(0));
  PaceObservation observation;
  observation.too_fast = true;
  pacer.Answered(1, observation, At(0.1), Wall(0.1));
  const absl::Duration next = pacer.EarliestStart(One(kList, 1), At(0.1), Wall(0.1));
  EXPECT_GE(next, At(2));
  EXPECT_LE(next, At(4));
}

TEST(Pacer, TransportFailuresPauseLongerEachTimeUpToHalfAMinute) {
  testing::SeededRandom random;
  Pacer pacer(PaceSettings{}, random);
  double now = 100;
  uint64_t id = 0;
  for (const double pause : {1, 2, 4, 8, 16, 30, 30}) {
    pacer.Sent(++id, One(kList, 1), At(now));
    PaceObservation observation;
    observation.transport_failure = true;
    pacer.Answered(id, observation, At(now), Wall(now));
    EXPECT_EQ(pacer.EarliestStart(One(kList, 1), At(now), Wall(now)), At(now + pause));
    now += pause;
  }
  EXPECT_EQ(pacer.failures_in_row(), 7);
  pacer.Sent(++id, One(kList, 1), At(now));
  pacer.Answered(id, PaceObservation{}, At(now), Wall(now));
  EXPECT_EQ(pacer.failures_in_row(), 0);
  EXPECT_LE(pacer.EarliestStart(One(kList, 1), At(now), Wall(now)), At(now + 1));
}

TEST(Pacer, FailuresOfRequestsThatWereUnderWayTogetherCountOnce) {
  testing::SeededRandom random;
  Pacer pacer(PaceSettings{}, random);
  for (uint64_t id = 1; id <= 4; ++id) pacer.Sent(id, One(kList, 1), At(10));
  PaceObservation observation;
  observation.transport_failure = true;
  for (uint64_t id = 1; id <= 4; ++id) {
    pacer.Answered(id, observation, At(11), Wall(11));
  }
  EXPECT_EQ(pacer.failures_in_row(), 1);
}

TEST(Pacer, RequestsGrowTowardsTheTargetTimeAndShrinkAtOnce) {
  testing::SeededRandom random;
  Pacer pacer(PaceSettings{}, random);
  EXPECT_EQ(pacer.SizeFor(kAdd, 1).commands, 10);
  const auto answer = [&](double seconds_each) {
    static uint64_t id = 0;
    static double now = 0;
    const int count = pacer.SizeFor(kAdd, 1).commands;
    pacer.Sent(++id, One(kAdd, count), At(now));
    PaceObservation observation;
    observation.reports_operating = true;
    observation.methods.assign(static_cast<size_t>(count),
                               {kAdd, 1, seconds_each, -1, -1, false});
    now += 700;  // out of the way of the operating limit
    pacer.Answered(id, observation, At(now), Wall(now));
    return pacer.SizeFor(kAdd, 1).commands;
  };
  EXPECT_EQ(answer(0.2), 20);
  EXPECT_EQ(answer(0.2), 40);
  EXPECT_EQ(answer(0.2), 50);
  EXPECT_EQ(answer(2.0), 10);
  EXPECT_LE(answer(40.0), 1);
}

TEST(Pacer, ACutOffRequestIsHalvedNextTime) {
  testing::SeededRandom random;
  Pacer pacer(PaceSettings{}, random);
  pacer.Sent(1, One(kAdd, 10), At(0));
  PaceObservation observation;
  observation.transport_failure = true;
  pacer.Answered(1, observation, At(60), Wall(60));
  EXPECT_EQ(pacer.SizeFor(kAdd, 1).commands, 5);
}

TEST(Pacer, ABoxHasNoLimitsButABreathBetweenRequests) {
  testing::SeededRandom random;
  Pacer pacer(PaceSettings{}, random);
  double now = 0;
  for (uint64_t id = 1; id <= 500; ++id) {
    const absl::Duration start = pacer.EarliestStart(One(kAdd, 10), At(now), Wall(now));
    EXPECT_LE(start, At(now) + absl::Milliseconds(50));
    now = absl::ToDoubleSeconds(start);
    pacer.Sent(id, One(kAdd, 10), At(now));
    PaceObservation observation;
    observation.methods.assign(10, {kAdd, 1, 0.9, -1, -1, false});
    pacer.Answered(id, observation, At(now), Wall(now));
  }
}

TEST(Pacer, OneAnswerWithoutOperatingDoesNotMakeABoxOfACloud) {
  testing::SeededRandom random;
  Pacer pacer(PaceSettings{}, random);
  PaceObservation cloud;
  cloud.reports_operating = true;
  cloud.methods = {{kList, 1, 0.2, 1, -1, false}};
  pacer.Sent(1, One(kList, 1), At(0));
  pacer.Answered(1, cloud, At(0), Wall(0));
  PaceObservation silent;
  silent.methods = {{kList, 1, 0.2, -1, -1, false}};
  bool waited = false;
  for (uint64_t id = 2; id <= 60; ++id) {
    const absl::Duration start = pacer.EarliestStart(One(kList, 1), At(0), Wall(0));
    waited = waited || start > At(0);
    pacer.Sent(id, One(kList, 1), At(0));
    pacer.Answered(id, silent, At(0), Wall(0));
  }
  EXPECT_TRUE(waited);
}

TEST(Pacer, WhatCanNeverFitIsToBeCutSmaller) {
  testing::SeededRandom random;
  Pacer pacer(PaceSettings{}, random);
  pacer.Sent(1, One(kAdd, 1), At(0));
  PaceObservation observation;
  observation.reports_operating = true;
  observation.methods = {{kAdd, 1, 50, 50, -1, false}};
  pacer.Answered(1, observation, At(50), Wall(50));
  EXPECT_EQ(pacer.EarliestStart(One(kAdd, 50), At(50), Wall(50)),
            absl::InfiniteDuration());
  EXPECT_EQ(pacer.EarliestStart(One(kAdd, 1), At(50), Wall(50)), At(50));
}

}  // namespace
}  // namespace guestbridge::agent
