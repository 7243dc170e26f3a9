#include "server/api/run_retention.h"

#include "server/api/api_fixture_test.h"
#include "server/api/proto_time.h"
#include "server/api/run_state.h"

namespace guestbridge::server {
namespace {

using ::guestbridge::testing::IsOk;
using ::guestbridge::testing::StatusIs;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr absl::Duration kDay = absl::Hours(24);

class RunRetentionTest : public ApiFixture {
 protected:
  RunRetentionTest() { CreateIntegration("main"); }

  // Begun and ended `age` ago.
  void AddRun(int number, absl::Duration age, v1::Run::Kind kind = v1::Run::EXPORT,
              v1::Run::State state = v1::Run::SUCCEEDED, bool dry_run = false,
              int doubts = 0) {
    store::RunRecord record;
    v1::Run& run = *record.mutable_run();
    run.set_name(absl::StrCat("integrations/main/runs/", number));
    run.set_integration("integrations/main");
    run.set_kind(kind);
    run.set_state(state);
    run.set_dry_run(dry_run);
    run.set_doubts(doubts);
    *run.mutable_create_time() = ToTimestamp(clock_.Now() - age);
    if (IsFinal(state)) *run.mutable_end_time() = run.create_time();
    run.add_failures()->set_reason("EMAIL_REFUSED");
    ASSERT_THAT(store_->Write([&](Transaction& transaction) {
      return PutRecord(transaction, keys::Run("main", number), record);
    }),
                IsOk());
  }

  void SetDoubts(int doubts) {
    store::LedgerSummaryRecord record;
    record.mutable_summary()->set_doubts(doubts);
    ASSERT_THAT(store_->Write([&](Transaction& transaction) {
      return PutRecord(transaction, keys::LedgerSummary("main"), record);
    }),
                IsOk());
  }

  void Keep(absl::Duration runs) {
    v1::UpdateIntegrationRequest request;
    request.mutable_integration()->set_name("integrations/main");
    request.mutable_integration()->mutable_retention()->mutable_runs()->set_seconds(
        absl::ToInt64Seconds(runs));
    request.mutable_update_mask()->add_paths("retention.runs");
    ASSERT_THAT(integrations_.Update(request), IsOk());
  }

  std::vector<std::string> Kept() {
    v1::ListRunsRequest request;
    request.set_parent("integrations/main");
    request.set_page_size(1000);
    std::vector<std::string> numbers;
    const auto page = runs_.List(request);
    EXPECT_THAT(page, IsOk());
    if (!page.ok()) return numbers;
    for (const v1::Run& run : page->runs()) {
      numbers.push_back(run.name().substr(run.name().rfind('/') + 1));
    }
    return numbers;
  }

  RunRetention retention_{*store_, clock_};
};

TEST_F(RunRetentionTest, RunsAreKeptForFourHundredDaysUnlessSaidOtherwise) {
  AddRun(1, 401 * kDay);
  AddRun(2, 399 * kDay);
  AddRun(3, 20 * kDay);
  AddRun(4, 1 * kDay);
  EXPECT_EQ(*retention_.Prune(), 1);
  EXPECT_THAT(Kept(), ElementsAre("4", "3", "2"));
  Keep(30 * kDay);
  EXPECT_EQ(*retention_.Prune(), 1);
  EXPECT_THAT(Kept(), ElementsAre("4", "3"));
  clock_.Advance(11 * kDay);
  EXPECT_EQ(*retention_.Prune(), 1);
  EXPECT_THAT(Kept(), ElementsAre("4"));
}

TEST_F(RunRetentionTest, WhatWasSetGoesBackToTheDefault) {
  AddRun(1, 380 * kDay);
  AddRun(2, 1 * kDay);
  Keep(30 * kDay);
  v1::UpdateIntegrationRequest request;
  request.mutable_integration()->set_name("integrations/main");
  request.mutable_update_mask()->add_paths("retention.runs");
  const auto updated = integrations_.Update(request);
  ASSERT_THAT(updated, IsOk());
  EXPECT_FALSE(updated->retention().has_runs());
  EXPECT_EQ(*retention_.Prune(), 0);
  EXPECT_THAT(Kept(), ElementsAre("2", "1"));
}

TEST_F(RunRetentionTest, TheNewestOfEachKindStaysHoweverOldItIs) {
  AddRun(1, 900 * kDay, v1::Run::MATCH);
  AddRun(2, 890 * kDay, v1::Run::EXPORT, v1::Run::SUCCEEDED, /*dry_run=*/true);
  AddRun(3, 880 * kDay, v1::Run::EXPORT, v1::Run::SUCCEEDED, /*dry_run=*/true);
  AddRun(4, 870 * kDay);
  AddRun(5, 860 * kDay, v1::Run::SETTLE);
  AddRun(6, 850 * kDay, v1::Run::SETTLE);
  EXPECT_EQ(*retention_.Prune(), 2);
  EXPECT_THAT(Kept(), ElementsAre("6", "4", "3", "1"));
}

TEST_F(RunRetentionTest, WhatHasNotEndedStays) {
  AddRun(1, 900 * kDay, v1::Run::EXPORT, v1::Run::RUNNING);
  AddRun(2, 890 * kDay, v1::Run::EXPORT, v1::Run::PENDING);
  AddRun(3, 880 * kDay);
  AddRun(4, 1 * kDay);
  EXPECT_EQ(*retention_.Prune(), 1);
  EXPECT_THAT(Kept(), ElementsAre("4", "2", "1"));
}

TEST_F(RunRetentionTest, DoubtsKeepTheirRunUntilTheyAreSettled) {
  AddRun(1, 900 * kDay, v1::Run::EXPORT, v1::Run::SUCCEEDED, false, /*doubts=*/2);
  AddRun(2, 890 * kDay);
  AddRun(3, 1 * kDay);
  SetDoubts(1);
  EXPECT_EQ(*retention_.Prune(), 1);
  EXPECT_THAT(Kept(), ElementsAre("3", "1"));
  SetDoubts(0);
  EXPECT_EQ(*retention_.Prune(), 1);
  EXPECT_THAT(Kept(), ElementsAre("3"));
}

TEST_F(RunRetentionTest, ManyRunsGoInPortionsThatEnd) {
  for (int i = 1; i <= 450; ++i) AddRun(i, 500 * kDay);
  AddRun(451, 1 * kDay);
  EXPECT_EQ(*retention_.Prune(), 200);
  EXPECT_EQ(*retention_.Prune(), 200);
  EXPECT_EQ(*retention_.Prune(), 50);
  EXPECT_EQ(*retention_.Prune(), 0);
  EXPECT_THAT(Kept(), ElementsAre("451"));
}

TEST_F(RunRetentionTest, FailuresMayGoBeforeTheirRunAndTheRunSaysSo) {
  AddRun(1, 50 * kDay);
  AddRun(2, 40 * kDay);
  AddRun(3, 40 * kDay, v1::Run::EXPORT, v1::Run::RUNNING);
  AddRun(4, 20 * kDay);
  AddRun(5, 10 * kDay);
  EXPECT_EQ(*retention_.Prune(), 0);
  const auto keep = [&](absl::Duration failures) {
    v1::UpdateIntegrationRequest request;
    request.mutable_integration()->set_name("integrations/main");
    request.mutable_integration()->mutable_retention()->mutable_failures()->set_seconds(
        absl::ToInt64Seconds(failures));
    request.mutable_update_mask()->add_paths("retention.failures");
    return integrations_.Update(request).status();
  };
  EXPECT_THAT(keep(absl::Hours(1)),
              StatusIs(absl::StatusCode::kInvalidArgument, "RETENTION_OUT_OF_RANGE"));
  ASSERT_THAT(keep(30 * kDay), IsOk());
  EXPECT_EQ(*retention_.Prune(), 2);
  EXPECT_EQ(*retention_.Prune(), 0);
  EXPECT_THAT(Kept(), ElementsAre("5", "4", "3", "2", "1"));
  const auto failures = [&](int number) {
    return runs_.Get(absl::StrCat("integrations/main/runs/", number))->failures_size();
  };
  EXPECT_EQ(failures(1), 0);
  EXPECT_EQ(failures(2), 0);
  EXPECT_EQ(failures(3), 1) << "it has not ended";
  EXPECT_EQ(failures(4), 1);
  const auto run = runs_.Get("integrations/main/runs/1");
  ASSERT_EQ(run->notices_size(), 1);
  EXPECT_EQ(run->notices(0).reason(), "FAILURES_REMOVED");
  EXPECT_EQ(run->notices(0).parameters().at("count"), "1");
  // Of the newest run they stay however old it is.
  clock_.Advance(100 * kDay);
  EXPECT_EQ(*retention_.Prune(), 1);
  EXPECT_EQ(failures(5), 1);
  // They go with their run, however long they were to be kept.
  ASSERT_THAT(keep(3000 * kDay), IsOk());
  Keep(1 * kDay);
  EXPECT_EQ(*retention_.Prune(), 3);
  EXPECT_THAT(Kept(), ElementsAre("5", "3"));
}

TEST_F(RunRetentionTest, OneIntegrationsSettingIsNotAnothers) {
  CreateIntegration("second");
  Keep(2 * kDay);
  AddRun(1, 3 * kDay);
  AddRun(2, 1 * kDay);
  store::RunRecord other;
  other.mutable_run()->set_state(v1::Run::SUCCEEDED);
  *other.mutable_run()->mutable_create_time() = ToTimestamp(clock_.Now() - 3 * kDay);
  *other.mutable_run()->mutable_end_time() = other.run().create_time();
  ASSERT_THAT(store_->Write([&](Transaction& transaction) -> absl::Status {
    for (int number : {7, 8}) {
      const absl::Status put =
          PutRecord(transaction, keys::Run("second", number), other);
      if (!put.ok()) return put;
    }
    return absl::OkStatus();
  }),
              IsOk());
  EXPECT_EQ(*retention_.Prune(), 1);
  EXPECT_THAT(Kept(), ElementsAre("2"));
}

TEST_F(RunRetentionTest, SettingsOutOfRangeAreRefusedAndOthersStored) {
  v1::UpdateIntegrationRequest request;
  request.mutable_integration()->set_name("integrations/main");
  request.mutable_update_mask()->add_paths("retention.history");
  auto& history =
      *request.mutable_integration()->mutable_retention()->mutable_history();
  for (const int64_t seconds : {int64_t{0}, int64_t{3600}, int64_t{1} << 40}) {
    history.set_seconds(seconds);
    EXPECT_THAT(integrations_.Update(request),
                StatusIs(absl::StatusCode::kInvalidArgument, "RETENTION_OUT_OF_RANGE"));
  }
  history.set_seconds(absl::ToInt64Seconds(30 * kDay));
  ASSERT_THAT(integrations_.Update(request), IsOk());
  const auto stored = integrations_.Get("integrations/main");
  EXPECT_EQ(stored->retention().history().seconds(), absl::ToInt64Seconds(30 * kDay));
  EXPECT_FALSE(stored->retention().has_runs());
}

}  // namespace
}  // namespace guestbridge::server
