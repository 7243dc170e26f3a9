#include <algorithm>
#include <cmath>
#include <cstdio>
#include <string>

#include "gtest/gtest.h"
#include "sync-agent/pace/limits_model_test.h"

namespace guestbridge::agent {
namespace {

using testing::Journey;
using testing::LimitsModel;
using testing::ModelSettings;
using SeededRandom = ::guestbridge::testing::SeededRandom;

constexpr char kAdd[] = "crm.contact.add";
constexpr char kUpdate[] = "crm.contact.update";
constexpr char kImport[] = "crm.item.batchImport";

// How a portal's speed varies; seconds for one unit.
enum class Weather { kEven, kDrifting, kStepping };

LimitsModel::Cost CostOf(Weather weather, SeededRandom& random) {
  // Steps: every few minutes another speed.
  const double period = 120 + 600 * RandomUnit(random);
  const double phase = RandomUnit(random);
  return [=, &random](const std::string&, int units, double now) {
    double low = 0.3;
    double high = 1.2;
    if (weather == Weather::kDrifting) {
      low = 0.45 + 0.15 * std::sin(now / period * 6.28);
      high = low + 0.3 + 0.3 * RandomUnit(random);
    } else if (weather == Weather::kStepping &&
               std::fmod(now / period + phase, 1) > 0.5) {
      high = 0.6;
    }
    double seconds = 0;
    for (int i = 0; i < units; ++i) seconds += low + (high - low) * RandomUnit(random);
    return seconds;
  };
}

class Report {
 public:
  explicit Report(std::string name) : name_(std::move(name)) {}
  void Add(double time_ratio, double request_ratio) {
    times_ += time_ratio;
    requests_ += request_ratio;
    worst_ = std::max(worst_, time_ratio);
    ++runs_;
  }
  double mean_time() const { return times_ / runs_; }
  void Print() const {
    std::printf(
        "%-52s time taken / least: mean %.3f, worst %.3f; requests / fewest %.3f\n",
        name_.c_str(), mean_time(), worst_, requests_ / runs_);
  }
  double worst() const { return worst_; }

 private:
  std::string name_;
  double times_ = 0;
  double requests_ = 0;
  double worst_ = 0;
  int runs_ = 0;
};

TEST(PacerLimits, TheBucketIsNeverOverrunAndNeverIdle) {
  for (const bool enterprise : {false, true}) {
    for (const int64_t units : {2000, 20000, 100000}) {
      Report report(std::string(enterprise ? "bucket 250/5, " : "bucket 50/2, ") +
                    std::to_string(units) + " units");
      for (uint64_t seed = 1; seed <= 10; ++seed) {
        SCOPED_TRACE(seed);
        SeededRandom random(seed);
        ModelSettings settings = LimitsModel::Drawn(random);
        settings.travel /= 2;
        PaceSettings pace;
        if (enterprise) {
          pace.bucket_capacity = settings.capacity = 250;
          pace.bucket_drain_per_second = settings.drain = 5;
        }
        // Short enough to be free of charge: requests are what is scarce.
        LimitsModel model(settings, [&](const std::string&, int, double) {
          return enterprise ? 0.005 + 0.01 * RandomUnit(random)
                            : 0.01 + 0.05 * RandomUnit(random);
        });
        Pacer pacer(pace, random);
        const Journey journey = Send(&pacer, &model, kAdd, units, 1, random);
        EXPECT_EQ(model.refused, 0);
        EXPECT_EQ(model.blocked, 0);
        EXPECT_LT(journey.longest, 40);
        const double fewest = std::ceil(static_cast<double>(units) / 50);
        // No portal answers 50 commands in no time: eight at once bound it as well.
        const double least = std::max((fewest - settings.capacity) / settings.drain,
                                      (journey.work + settings.travel * fewest) / 8);
        report.Add(journey.seconds / least, journey.requests / fewest);
      }
      report.Print();
      // A burst that takes a minute shows how requests and places grow.
      if (units >= (enterprise ? 100000 : 20000)) {
        EXPECT_LE(report.worst(), 1.05);
      }
    }
  }
}

TEST(PacerLimits, TheOperatingLimitIsNeverHitAndNearlyUsedUp) {
  for (const bool import : {false, true}) {
    for (const Weather weather :
         {Weather::kEven, Weather::kDrifting, Weather::kStepping}) {
      for (const int64_t units : {2000, 20000, 100000}) {
        const char* names[] = {"even", "drifting", "stepping"};
        const std::string name = std::string(import ? "import, " : "add, ") +
                                 names[static_cast<int>(weather)] + ", " +
                                 std::to_string(units) + " units";
        Report steps(name + " (windows)");
        Report flow(name + " (480 s per 600 s)");
        for (uint64_t seed = 1; seed <= (units > 20000 ? 2u : 10u); ++seed) {
          SCOPED_TRACE(seed);
          SeededRandom random(seed);
          LimitsModel model(LimitsModel::Drawn(random), CostOf(weather, random));
          Pacer pacer(PaceSettings{}, random);
          const Journey journey = Send(&pacer, &model, import ? kImport : kAdd, units,
                                       import ? 20 : 1, random);
          EXPECT_EQ(model.refused, 0);
          EXPECT_EQ(model.blocked, 0) << name;
          EXPECT_LT(journey.longest, 50) << name;
          const double fewest =
              std::max(std::ceil(static_cast<double>(units) / (import ? 1000 : 50)),
                       std::ceil(journey.work / 20));
          steps.Add(journey.seconds /
                        std::max(600 * (std::ceil(journey.work / 480) - 1), 60.0),
                    journey.requests / fewest);
          flow.Add(journey.seconds / (journey.work * 600 / 480),
                   journey.requests / fewest);
        }
        steps.Print();
        flow.Print();
        // What varies without warning costs some more safety in single runs.
        EXPECT_LE(flow.mean_time(), 1.05);
        EXPECT_LE(flow.worst(), weather == Weather::kEven ? 1.05 : 1.06);
      }
    }
  }
}

// Each method has an operating time of its own: what one of them waits for, the other
// needn't.
TEST(PacerLimits, TwoMethodsTakeNoLongerThanTheSlowerOfThemAlone) {
  for (const auto& [adds, updates] : {std::pair(6000, 6000), std::pair(6000, 1500)}) {
    Report flow(std::to_string(adds) + " adds, " + std::to_string(updates) +
                " updates (480 s per 600 s)");
    for (uint64_t seed = 1; seed <= 5; ++seed) {
      SCOPED_TRACE(seed);
      SeededRandom random(seed);
      LimitsModel model(LimitsModel::Drawn(random), CostOf(Weather::kEven, random));
      Pacer pacer(PaceSettings{}, random);
      const Journey journey =
          Send(&pacer, &model, {{kAdd, adds, 1}, {kUpdate, updates, 1}}, random);
      EXPECT_EQ(model.refused, 0);
      EXPECT_EQ(model.blocked, 0);
      const double most =
          std::max(journey.work_of.at(kAdd), journey.work_of.at(kUpdate));
      flow.Add(journey.seconds / (most * 600 / 480),
               journey.requests / std::ceil(journey.work / 20));
    }
    flow.Print();
    EXPECT_LE(flow.mean_time(), 1.05);
    EXPECT_LE(flow.worst(), 1.06);
  }
}

}  // namespace
}  // namespace guestbridge::agent
