#include "server/schedule/scheduler.h"

#include <atomic>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/random/random.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/store/record_codec.h"
#include "server/store/sqlite_store.h"

namespace guestbridge::server {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class TestClock final : public Clock {
 public:
  absl::Time Now() const override { return now; }
  absl::Duration Steady() const override { return steady; }
  absl::Time now = absl::UnixEpoch();
  absl::Duration steady = absl::ZeroDuration();
};

class SchedulerTest : public ::testing::Test {
 protected:
  void SetUp() override {
    directory_ = std::filesystem::temp_directory_path() /
                 absl::StrCat("guestbridge-schedule-", RandomToken(SystemRandom(), 12));
    std::filesystem::create_directories(directory_);
    auto store = OpenSqliteStore((directory_ / "server.db").string());
    ASSERT_TRUE(store.ok()) << store.status();
    store_ = *std::move(store);
    clock_.now = At("2026-01-01T12:00:00Z");
    Restart();
  }
  void TearDown() override {
    scheduler_.reset();
    store_.reset();
    std::filesystem::remove_all(directory_);
  }

  static absl::Time At(const std::string& text) {
    absl::Time time;
    std::string error;
    EXPECT_TRUE(absl::ParseTime(absl::RFC3339_full, text, &time, &error)) << error;
    return time;
  }

  void Restart() {
    scheduler_ = std::make_unique<Scheduler>(
        *store_, clock_,
        [this](Transaction& transaction, const std::string& integration_id,
               absl::Time nominal) -> absl::StatusOr<FiringOutcome> {
          ++calls_;
          if (!start_error_.ok()) {
            GB_RETURN_IF_ERROR(transaction.Put("half", "done"));
            return start_error_;
          }
          if (run_in_progress_) return FiringOutcome::kRunInProgress;
          GB_ASSIGN_OR_RETURN(const int64_t number, transaction.NextNumber("runs"));
          GB_RETURN_IF_ERROR(transaction.Put(
              absl::StrCat("runs/", integration_id, "/", number),
              absl::FormatTime("%m-%d %H:%M", nominal, absl::UTCTimeZone())));
          return FiringOutcome::kStarted;
        });
  }

  // A schedule that counts from the present time.
  void Add(const std::string& id, const std::string& cron, const std::string& zone,
           bool active = true) {
    store::ScheduleRecord schedule = FreshSchedule();
    schedule.set_cron(cron);
    schedule.set_time_zone(zone);
    ResumeSchedule(schedule, clock_.now);
    store::IntegrationRecord integration;
    integration.mutable_integration()->set_active(active);
    Must([&](Transaction& t) -> absl::Status {
      GB_RETURN_IF_ERROR(PutRecord(t, "integrations/" + id, integration));
      return PutRecord(t, "schedules/" + id, schedule);
    });
  }

  void Must(absl::FunctionRef<absl::Status(Transaction&)> body) {
    const auto written = store_->Write(body);
    ASSERT_TRUE(written.ok()) << written.status();
  }

  store::ScheduleRecord Schedule(const std::string& id) {
    store::ScheduleRecord schedule;
    Must([&](Transaction& t) -> absl::Status {
      GB_ASSIGN_OR_RETURN(auto found,
                          GetRecord<store::ScheduleRecord>(t, "schedules/" + id));
      schedule = found->value;
      return absl::OkStatus();
    });
    return schedule;
  }

  // Nominal times of all runs, in the order in which they were made.
  std::vector<std::string> Runs() {
    std::vector<std::string> runs;
    Must([&](Transaction& t) -> absl::Status {
      GB_ASSIGN_OR_RETURN(const auto documents, t.List("runs/", "", 100));
      for (const Document& document : documents) runs.push_back(document.body);
      return absl::OkStatus();
    });
    return runs;
  }

  // Ticks every `step` until `until`.
  void RunUntil(const std::string& until, absl::Duration step = absl::Minutes(1)) {
    for (; clock_.now <= At(until); clock_.now += step, clock_.steady += step) {
      scheduler_->Tick(clock_.now);
    }
  }

  void Jump(const std::string& to) { clock_.now = At(to); }

  std::filesystem::path directory_;
  TestClock clock_;
  std::unique_ptr<Store> store_;
  std::unique_ptr<Scheduler> scheduler_;
  bool run_in_progress_ = false;
  absl::Status start_error_;
  std::atomic<int> calls_ = 0;
};

TEST_F(SchedulerTest, FiresEachNightOnce) {
  Add("main", "0 3 * * *", "Europe/Moscow");
  RunUntil("2026-01-04T00:30:00Z");
  EXPECT_THAT(Runs(), ElementsAre("01-02 00:00", "01-03 00:00", "01-04 00:00"));
}

TEST_F(SchedulerTest, ARestartNeitherLosesNorDoublesAFiring) {
  Add("main", "0 3 * * *", "Europe/Moscow");
  RunUntil("2026-01-02T00:00:00Z");
  Restart();
  RunUntil("2026-01-02T12:00:00Z");
  EXPECT_THAT(Runs(), ElementsAre("01-02 00:00"));
}

TEST_F(SchedulerTest, TwoSchedulersOnOneStoreFireOnce) {
  Add("main", "0 3 * * *", "Europe/Moscow");
  auto other = std::move(scheduler_);
  Restart();
  Jump("2026-01-02T00:00:01Z");
  other->Tick(clock_.now);
  scheduler_->Tick(clock_.now);
  EXPECT_THAT(Runs(), ElementsAre("01-02 00:00"));
}

TEST_F(SchedulerTest, MissedFiringsMakeOneRun) {
  Add("main", "*/10 * * * *", "UTC");
  Jump("2026-01-05T12:05:00Z");
  scheduler_->Tick(clock_.now);
  scheduler_->Tick(clock_.now);
  EXPECT_THAT(Runs(), ElementsAre("01-05 12:00"));
}

TEST_F(SchedulerTest, WhatWasMissedWhilePausedIsNotMadeUpFor) {
  Add("main", "0 3 * * *", "Europe/Moscow");
  store::ScheduleRecord schedule = Schedule("main");
  schedule.set_paused(true);
  Must([&](Transaction& t) { return PutRecord(t, "schedules/main", schedule); });
  Jump("2026-01-05T12:00:00Z");
  scheduler_->Tick(clock_.now);
  ResumeSchedule(schedule, clock_.now);
  Must([&](Transaction& t) { return PutRecord(t, "schedules/main", schedule); });
  scheduler_->Tick(clock_.now);
  EXPECT_THAT(Runs(), IsEmpty());
  RunUntil("2026-01-06T00:00:00Z", absl::Hours(1));
  EXPECT_THAT(Runs(), ElementsAre("01-06 00:00"));
}

TEST_F(SchedulerTest, AnInactiveIntegrationMakesNoRunAlsoNotLater) {
  Add("main", "0 3 * * *", "Europe/Moscow", /*active=*/false);
  Jump("2026-01-03T12:00:00Z");
  scheduler_->Tick(clock_.now);
  store::IntegrationRecord integration;
  integration.mutable_integration()->set_active(true);
  Must([&](Transaction& t) { return PutRecord(t, "integrations/main", integration); });
  scheduler_->Tick(clock_.now);
  EXPECT_THAT(Runs(), IsEmpty());
  RunUntil("2026-01-04T00:00:00Z", absl::Hours(1));
  EXPECT_THAT(Runs(), ElementsAre("01-04 00:00"));
}

TEST_F(SchedulerTest, AFiringThatMeetsARunIsPassedOverAndNoted) {
  Add("main", "0 * * * *", "UTC");
  run_in_progress_ = true;
  RunUntil("2026-01-01T13:30:00Z");
  EXPECT_THAT(Runs(), IsEmpty());
  EXPECT_EQ(calls_, 1);
  EXPECT_EQ(absl::FromUnixSeconds(Schedule("main").last_skipped_unix_seconds()),
            At("2026-01-01T13:00:00Z"));
  run_in_progress_ = false;
  RunUntil("2026-01-01T14:30:00Z");
  EXPECT_THAT(Runs(), ElementsAre("01-01 14:00"));
}

TEST_F(SchedulerTest, AFailedStartLeavesNothingAndIsTriedAMinuteLater) {
  Add("main", "0 3 * * *", "Europe/Moscow");
  Jump("2026-01-02T00:00:00Z");
  start_error_ = absl::UnavailableError("no");
  for (int i = 0; i < 10; ++i) scheduler_->Tick(clock_.now);
  EXPECT_EQ(calls_, 1);
  Must([&](Transaction& t) -> absl::Status {
    GB_ASSIGN_OR_RETURN(const auto half, t.Get("half"));
    EXPECT_FALSE(half.has_value());
    return absl::OkStatus();
  });
  start_error_ = absl::OkStatus();
  clock_.steady += absl::Minutes(2);
  scheduler_->Tick(clock_.now);
  EXPECT_THAT(Runs(), ElementsAre("01-02 00:00"));
}

TEST_F(SchedulerTest, OneBadScheduleDoesNotStopTheOthers) {
  Add("bad", "not a cron", "Europe/Moscow");
  Add("main", "0 3 * * *", "Europe/Moscow");
  Jump("2026-01-02T00:00:00Z");
  scheduler_->Tick(clock_.now);
  EXPECT_THAT(Runs(), ElementsAre("01-02 00:00"));
}

TEST_F(SchedulerTest, AClockThatJumpsAheadAndBackMakesOneRunTooMany) {
  Add("main", "0 3 * * *", "Europe/Moscow");
  RunUntil("2026-01-02T12:00:00Z", absl::Minutes(10));
  Jump("2036-01-02T12:00:00Z");
  scheduler_->Tick(clock_.now);
  EXPECT_THAT(Runs(), ElementsAre("01-02 00:00", "01-02 00:00")) << "one catch-up";
  Jump("2026-01-02T12:10:00Z");
  RunUntil("2026-01-04T00:10:00Z", absl::Minutes(10));
  EXPECT_THAT(Runs(),
              ElementsAre("01-02 00:00", "01-02 00:00", "01-03 00:00", "01-04 00:00"))
      << "and the schedule is alive";
}

TEST_F(SchedulerTest, ASmallStepBackDoesNotFireTwice) {
  Add("main", "0 3 * * *", "Europe/Moscow");
  RunUntil("2026-01-02T00:00:00Z");
  Jump("2026-01-01T23:59:50Z");
  RunUntil("2026-01-02T00:10:00Z", absl::Seconds(5));
  EXPECT_THAT(Runs(), ElementsAre("01-02 00:00"));
}

TEST_F(SchedulerTest, AClockThatBeginsIn1970MakesOneCatchUp) {
  Add("main", "0 3 * * *", "Europe/Moscow");
  RunUntil("2026-01-02T00:00:00Z", absl::Minutes(10));
  Jump("1970-01-01T00:00:10Z");
  scheduler_->Tick(clock_.now);
  EXPECT_EQ(Runs().size(), 1u);
  Jump("2026-01-02T10:00:00Z");
  scheduler_->Tick(clock_.now);
  scheduler_->Tick(clock_.now);
  EXPECT_EQ(Runs().size(), 2u);
}

TEST_F(SchedulerTest, TheNextTimeIsShownUnlessPausedOrImpossible) {
  store::ScheduleRecord schedule = FreshSchedule();
  EXPECT_EQ(*NextScheduledTime(schedule, clock_.now), std::nullopt) << "fresh: paused";
  ResumeSchedule(schedule, clock_.now);
  EXPECT_EQ(*NextScheduledTime(schedule, clock_.now), At("2026-01-02T00:00:00Z"));
  schedule.set_cron("0 0 30 2 *");
  EXPECT_EQ(*NextScheduledTime(schedule, clock_.now), std::nullopt);
  schedule.set_cron("x");
  EXPECT_EQ(ReasonOf(NextScheduledTime(schedule, clock_.now).status()), "CRON_INVALID");
}

TEST_F(SchedulerTest, TheThreadFiresAndStops) {
  Add("main", "0 3 * * *", "Europe/Moscow");
  clock_.now = At("2026-01-02T00:00:00Z");
  const int64_t revision = store_->WaitForRevision(0, absl::ZeroDuration());
  scheduler_->Start();
  store_->WaitForRevision(revision, absl::Seconds(20));
  scheduler_->Stop();
  scheduler_->Stop();
  EXPECT_THAT(Runs(), ElementsAre("01-02 00:00"));
}

}  // namespace
}  // namespace guestbridge::server
