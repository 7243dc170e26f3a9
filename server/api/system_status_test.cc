#include "server/api/system_status.h"

#include <algorithm>

#include "common/status/status_macros.h"
#include "server/api/api_fixture_test.h"
#include "server/api/proto_time.h"
#include "server/api/run_state.h"

namespace guestbridge::server {
namespace {

using ::guestbridge::testing::IsOk;
using ::guestbridge::testing::StatusIs;

class SystemStatusTest : public ApiFixture {
 protected:
  SystemStatusTest() : status_(*store_, clock_, sessions_, credentials_, "1") {
    Prepare("main");
    session_ = ConnectAgent("a", "one");
  }

  v1::IntegrationStatus Main() {
    const auto status = status_.Get();
    EXPECT_THAT(status, IsOk());
    EXPECT_EQ(status->attention(), !status->integrations(0).attention().empty());
    return status->integrations(0);
  }
  std::vector<std::string> Attention() {
    std::vector<std::string> reasons;
    const v1::IntegrationStatus main = Main();
    for (const v1::Explanation& item : main.attention()) {
      reasons.push_back(item.reason());
    }
    return reasons;
  }

  // A failure is the guard's.
  void End(v1::Run run, v1::Run::State state) {
    v1::ReportRunRequest request;
    request.set_sequence(1);
    run.set_state(state);
    if (state == v1::Run::FAILED) run.mutable_error()->set_reason("GUARD_STOPPED");
    *run.mutable_end_time() = ToTimestamp(clock_.Now());
    *request.mutable_run() = std::move(run);
    ASSERT_THAT(runs_.Report(*session_, request), IsOk());
  }
  void Run(v1::Run::Kind kind, v1::Run::State state, bool dry_run = false) {
    RunOrder order;
    order.integration = "main";
    order.kind = kind;
    order.dry_run = dry_run;
    const auto run = runs_.Start(order);
    ASSERT_THAT(run, IsOk());
    End(*run, state);
  }

  // An ended export of which the agent says what it says of the ledger.
  void Report(const v1::LedgerSummary& summary) {
    v1::ReportLedgerRequest request;
    request.set_integration("integrations/main");
    *request.mutable_summary() = summary;
    ASSERT_THAT(status_.TakeLedger(*session_, request), IsOk());
  }
  static void AddMissing(const std::string& reason, int count, bool needs_person,
                         v1::LedgerSummary* summary) {
    v1::MissingClients& group = *summary->add_missing();
    group.set_reason(reason);
    group.set_count(count);
    group.set_needs_person(needs_person);
    summary->set_missing_count(summary->missing_count() + count);
  }

  SystemStatus status_;
  std::shared_ptr<Session> session_;
};

TEST_F(SystemStatusTest, WhatKeepsAConnectedAgentFromItsWorkNeedsAPerson) {
  v1::AgentReport report;
  *report.mutable_clock_time() = ToTimestamp(clock_.Now());
  v1::AgentProblem& disk = *report.add_problems();
  disk.mutable_explanation()->set_reason("DATA_DIRECTORY_UNUSABLE");
  disk.set_stops_work(true);
  v1::AgentProblem& others = *report.add_problems();
  others.mutable_explanation()->set_reason("SOURCE_UNREACHABLE");
  others.set_integration("integrations/other");
  ASSERT_THAT(agents_.TakeReport(*session_, report), IsOk());
  EXPECT_THAT(Attention(), ::testing::ElementsAre("DATA_DIRECTORY_UNUSABLE"));
  report.clear_problems();
  ASSERT_THAT(agents_.TakeReport(*session_, report), IsOk());
  EXPECT_THAT(Attention(), ::testing::IsEmpty());
}

TEST_F(SystemStatusTest, PairsThatWaitForADecisionNeedAPerson) {
  v1::LedgerSummary summary;
  AddMissing("AWAITING_MATCH_REVIEW", 2, true, &summary);
  AddMissing("AMBIGUOUS_MATCH", 1, true, &summary);
  AddMissing("CLIENT_UNLINKED", 1, true, &summary);
  AddMissing("WAITS_FOR_EXPORT", 4, false, &summary);
  Report(summary);
  EXPECT_EQ(Main().missing(), 8);
  ASSERT_EQ(Main().missing_reasons_size(), 4);
  EXPECT_EQ(Main().missing_reasons(0).reason(), "AWAITING_MATCH_REVIEW");
  EXPECT_THAT(Attention(), ::testing::ElementsAre("ATTENTION_PAIRS_PROPOSED",
                                                  "ATTENTION_PAIRS_AMBIGUOUS",
                                                  "ATTENTION_CLIENTS_UNLINKED"));
}

TEST_F(SystemStatusTest, WhatTheMappingSendsInVainNeedsAPerson) {
  RunOrder order;
  order.integration = "main";
  order.kind = v1::Run::EXPORT;
  v1::Run run = *runs_.Start(order);
  run.add_notices()->set_reason("MAPPED_FIELD_RETYPED");
  v1::Explanation& gone = *run.add_notices();
  gone.set_reason("MAPPED_VALUE_GONE");
  (*gone.mutable_parameters())["contact_field"] = "UF_CRM_SEX";
  run.add_notices()->set_reason("MAPPED_FIELD_HOLDS_ONE");
  End(run, v1::Run::SUCCEEDED);
  EXPECT_THAT(Attention(),
              ::testing::ElementsAre("MAPPED_VALUE_GONE", "MAPPED_FIELD_HOLDS_ONE"));
  Run(v1::Run::EXPORT, v1::Run::SUCCEEDED);
  EXPECT_THAT(Attention(), ::testing::IsEmpty());
}

TEST_F(SystemStatusTest, FieldsThatAnExportCouldNotCheckNeedAPersonUntilOneDoes) {
  RunOrder order;
  order.integration = "main";
  order.kind = v1::Run::EXPORT;
  v1::Run run = *runs_.Start(order);
  run.add_notices()->set_reason("MAPPED_FIELDS_UNCHECKED");
  End(run, v1::Run::SUCCEEDED);
  EXPECT_THAT(Attention(), ::testing::ElementsAre("MAPPED_FIELDS_UNCHECKED"));
  Run(v1::Run::RECONCILE, v1::Run::SUCCEEDED);
  EXPECT_THAT(Attention(), ::testing::ElementsAre("MAPPED_FIELDS_UNCHECKED"));
  Run(v1::Run::EXPORT, v1::Run::SUCCEEDED);
  EXPECT_THAT(Attention(), ::testing::IsEmpty());
}

TEST_F(SystemStatusTest, AnExportThatFailedIsNotMendedByRunsOfOtherKinds) {
  Run(v1::Run::EXPORT, v1::Run::FAILED);
  EXPECT_THAT(Attention(), ::testing::ElementsAre("GUARD_STOPPED"));
  Run(v1::Run::EXPORT, v1::Run::SUCCEEDED, /*dry_run=*/true);
  Run(v1::Run::RECONCILE, v1::Run::SUCCEEDED);
  Run(v1::Run::EXPORT, v1::Run::CANCELLED);
  for (int i = 0; i < 60; ++i) Run(v1::Run::SETTLE, v1::Run::SUCCEEDED);
  EXPECT_THAT(Attention(), ::testing::ElementsAre("GUARD_STOPPED"));
  // Nor while the next one is under way.
  const auto next = StartExport("main");
  ASSERT_THAT(next, IsOk());
  EXPECT_THAT(Attention(), ::testing::ElementsAre("GUARD_STOPPED"));
  End(*next, v1::Run::SUCCEEDED);
  EXPECT_THAT(Attention(), ::testing::IsEmpty());
}

TEST_F(SystemStatusTest, ADryRunThatFailedNeedsNobody) {
  Run(v1::Run::EXPORT, v1::Run::SUCCEEDED);
  Run(v1::Run::EXPORT, v1::Run::FAILED, /*dry_run=*/true);
  EXPECT_THAT(Attention(), ::testing::IsEmpty());
  Run(v1::Run::MATCH, v1::Run::FAILED);
  EXPECT_THAT(Attention(), ::testing::ElementsAre("GUARD_STOPPED"));
}

TEST_F(SystemStatusTest, TheLastExportIsKnownHoweverManyRunsFollowed) {
  SystemStatus watched(*store_, clock_, sessions_, credentials_, "1", absl::Hours(26));
  Run(v1::Run::EXPORT, v1::Run::SUCCEEDED);
  clock_.Advance(absl::Hours(20));
  for (int i = 0; i < 60; ++i) {
    Run(i % 2 == 0 ? v1::Run::SETTLE : v1::Run::RECONCILE, v1::Run::SUCCEEDED);
  }
  // The schedule was turned on long ago.
  ASSERT_THAT(store_->Write([](Transaction& transaction) -> absl::Status {
    auto schedule =
        GetRecord<store::ScheduleRecord>(transaction, keys::Schedule("main"));
    if (!schedule.ok()) return schedule.status();
    (*schedule)->value.set_counted_from_unix_seconds(1);
    return PutRecord(transaction, keys::Schedule("main"), (*schedule)->value);
  }),
              IsOk());
  EXPECT_FALSE(watched.Get()->attention());
  clock_.Advance(absl::Hours(7));
  const v1::Status stale = *watched.Get();
  ASSERT_TRUE(stale.attention());
  EXPECT_EQ(stale.integrations(0).attention(0).parameters().at("hours"), "27");
  EXPECT_TRUE(stale.integrations(0).has_next_time());
  EXPECT_EQ(stale.integrations(0).time_zone(), "Europe/Moscow");
}

TEST_F(SystemStatusTest, AnExportOfAServerThatDidNotNoteItCountsAfterAFailure) {
  SystemStatus watched(*store_, clock_, sessions_, credentials_, "1", absl::Hours(26));
  Run(v1::Run::EXPORT, v1::Run::SUCCEEDED);
  ASSERT_THAT(store_->Write([](Transaction& transaction) -> absl::Status {
    auto schedule =
        GetRecord<store::ScheduleRecord>(transaction, keys::Schedule("main"));
    if (!schedule.ok()) return schedule.status();
    (*schedule)->value.set_counted_from_unix_seconds(1);
    GB_RETURN_IF_ERROR(
        PutRecord(transaction, keys::Schedule("main"), (*schedule)->value));
    return transaction.Delete(keys::EndedExports("main"));
  }),
              IsOk());
  clock_.Advance(absl::Hours(20));
  Run(v1::Run::EXPORT, v1::Run::FAILED);
  const v1::Status status = *watched.Get();
  for (const v1::Explanation& item : status.integrations(0).attention()) {
    EXPECT_NE(item.reason(), "ATTENTION_NOT_FRESH");
  }
}

TEST_F(SystemStatusTest, ByDefaultAnExportIsOldWhenTheScheduleAskedForAnother) {
  SystemStatus watched(*store_, clock_, sessions_, credentials_, "1", std::nullopt);
  const auto old = [&] {
    const v1::Status status = *watched.Get();
    const auto& items = status.integrations(0).attention();
    return std::any_of(items.begin(), items.end(), [](const v1::Explanation& item) {
      return item.reason() == "ATTENTION_NOT_FRESH";
    });
  };
  const auto set_cron = [&](const char* cron) {
    return store_->Write([&](Transaction& transaction) -> absl::Status {
      auto schedule =
          GetRecord<store::ScheduleRecord>(transaction, keys::Schedule("main"));
      if (!schedule.ok()) return schedule.status();
      (*schedule)->value.set_cron(cron);
      (*schedule)->value.set_counted_from_unix_seconds(1);
      return PutRecord(transaction, keys::Schedule("main"), (*schedule)->value);
    });
  };
  Run(v1::Run::EXPORT, v1::Run::SUCCEEDED);
  ASSERT_THAT(set_cron("0 * * * *"), IsOk());
  clock_.Advance(absl::Hours(26));
  EXPECT_FALSE(old()) << "an hourly one may fail for a day";
  clock_.Advance(absl::Hours(1));
  EXPECT_TRUE(old());
  ASSERT_THAT(set_cron("@monthly"), IsOk());
  EXPECT_FALSE(old()) << "none was due";
  clock_.Advance(absl::Hours(24 * 32));
  EXPECT_TRUE(old());
}

TEST_F(SystemStatusTest, AnOldExportNeedsAPersonWhereThatIsWanted) {
  SystemStatus watched(*store_, clock_, sessions_, credentials_, "1", absl::Hours(26));
  const auto fresh = [&] {
    const v1::Status status = *watched.Get();
    for (const v1::Explanation& item : status.integrations(0).attention()) {
      if (item.reason() == "ATTENTION_NOT_FRESH") return false;
    }
    return true;
  };
  clock_.Advance(absl::Hours(26));
  EXPECT_TRUE(fresh()) << "counted from when the schedule was turned on";
  clock_.Advance(absl::Hours(1));
  EXPECT_FALSE(fresh());
  EXPECT_THAT(Attention(), ::testing::Not(::testing::Contains("ATTENTION_NOT_FRESH")))
      << "nobody asked for it";

  v1::Run run = *StartExport("main");
  v1::ReportRunRequest request;
  request.set_sequence(1);
  run.set_state(v1::Run::SUCCEEDED);
  *run.mutable_end_time() = ToTimestamp(clock_.Now());
  *request.mutable_run() = run;
  ASSERT_THAT(runs_.Report(*session_, request), IsOk());
  EXPECT_TRUE(fresh());
  clock_.Advance(absl::Hours(27));
  EXPECT_FALSE(fresh());

  ASSERT_THAT(store_->Write([](Transaction& transaction) -> absl::Status {
    auto schedule =
        GetRecord<store::ScheduleRecord>(transaction, keys::Schedule("main"));
    if (!schedule.ok()) return schedule.status();
    (*schedule)->value.set_paused(true);
    return PutRecord(transaction, keys::Schedule("main"), (*schedule)->value);
  }),
              IsOk());
  EXPECT_TRUE(fresh()) << "nothing is exported on purpose";
}

TEST_F(SystemStatusTest, WhatWaitsForTheNextExportNeedsNobody) {
  v1::LedgerSummary summary;
  AddMissing("WAITS_FOR_EXPORT", 4, false, &summary);
  summary.set_doubts(1);
  Report(summary);
  EXPECT_TRUE(Attention().empty());
  EXPECT_EQ(Main().doubts(), 1);
}

TEST_F(SystemStatusTest, TheLedgerIsBelievedAndNotTheRunThatWasStartedLast) {
  v1::LedgerSummary summary;
  AddMissing("PORTAL_REFUSED", 1, true, &summary);
  summary.mutable_write_back()->set_parked(3);
  v1::Explanation& why = *summary.add_write_back_refusals();
  why.set_reason("SOURCE_RIGHT_MISSING");
  (*why.mutable_parameters())["entity"] = "Catalog_Clients";
  Report(summary);
  ASSERT_THAT(StartExport("main"), IsOk());  // says nothing yet
  EXPECT_EQ(Main().missing(), 1);
  EXPECT_EQ(Main().write_back().parked(), 3);
  EXPECT_THAT(Attention(), ::testing::ElementsAre("ATTENTION_CLIENTS_FAILED",
                                                  "ATTENTION_WRITE_BACK_PARKED",
                                                  "SOURCE_RIGHT_MISSING"));
}

TEST_F(SystemStatusTest, WithoutAWordOfTheLedgerTheRunsAreBelieved) {
  v1::Run run = *StartExport("main");
  v1::ReportRunRequest request;
  request.set_sequence(1);
  run.set_state(v1::Run::PARTIALLY_FAILED);
  run.mutable_counters()->set_scanned(3);
  run.mutable_counters()->set_failed(2);
  run.mutable_counters()->set_deferred(1);
  run.mutable_write_back()->set_parked(1);
  *request.mutable_run() = run;
  ASSERT_THAT(runs_.Report(*session_, request), IsOk());
  ASSERT_THAT(StartExport("main"), IsOk());  // says nothing yet
  EXPECT_EQ(Main().missing(), 3);
  EXPECT_EQ(Main().write_back().parked(), 1);
}

TEST_F(SystemStatusTest, AnotherAgentsWordOfALedgerIsRefused) {
  const auto other = ConnectAgent("b", "two");
  v1::ReportLedgerRequest request;
  request.set_integration("integrations/main");
  EXPECT_THAT(
      status_.TakeLedger(*other, request),
      StatusIs(absl::StatusCode::kFailedPrecondition, "INTEGRATION_NOT_ASSIGNED"));
}

TEST_F(SystemStatusTest, TheQueueTellsItsPaceAndItsEndUntilTheAgentIsAway) {
  v1::LedgerSummary summary;
  v1::WriteBackProgress& queue = *summary.mutable_write_back();
  queue.set_pending(30);
  queue.set_per_second(0.5);
  *queue.mutable_estimated_end_time() = ToTimestamp(clock_.Now() + absl::Minutes(1));
  Report(summary);
  EXPECT_EQ(Main().write_back().per_second(), 0.5);
  EXPECT_EQ(FromTimestamp(Main().write_back().estimated_end_time()),
            clock_.Now() + absl::Minutes(1));
  ASSERT_THAT(agents_.Goodbye(session_), IsOk());
  EXPECT_EQ(Main().write_back().pending(), 30);
  EXPECT_FALSE(Main().write_back().has_estimated_end_time());
  EXPECT_EQ(Main().write_back().per_second(), 0);
}

TEST_F(SystemStatusTest, AnEndThatHasLongPassedIsNotTold) {
  v1::LedgerSummary summary;
  summary.mutable_write_back()->set_pending(30);
  *summary.mutable_write_back()->mutable_estimated_end_time() =
      ToTimestamp(clock_.Now() - absl::Minutes(6));
  Report(summary);
  EXPECT_EQ(Main().write_back().pending(), 30);
  EXPECT_FALSE(Main().write_back().has_estimated_end_time());
}

TEST_F(SystemStatusTest, ARunThatEndedGoesOnTellingWhenItsIDsWillBeIn1C) {
  v1::Run run = *StartExport("main");
  v1::ReportRunRequest request;
  request.set_sequence(1);
  run.set_state(v1::Run::SUCCEEDED);
  run.mutable_write_back()->set_pending(2);
  *request.mutable_run() = run;
  ASSERT_THAT(runs_.Report(*session_, request), IsOk());
  EXPECT_FALSE(runs_.Get(run.name())->write_back().has_estimated_end_time());
  *run.mutable_write_back()->mutable_estimated_end_time() =
      ToTimestamp(clock_.Now() + absl::Hours(1));
  run.mutable_write_back()->mutable_waiting()->set_reason("SOURCE_QUIET_HOURS");
  run.mutable_write_back()->mutable_waiting()->set_message("of no worth");
  *request.mutable_run() = run;
  request.set_sequence(2);
  ASSERT_THAT(runs_.Report(*session_, request), IsOk());
  const v1::WriteBackProgress told = runs_.Get(run.name())->write_back();
  EXPECT_TRUE(told.has_estimated_end_time());
  EXPECT_EQ(told.waiting().reason(), "SOURCE_QUIET_HOURS");
  EXPECT_EQ(told.waiting().message(), "");
}

TEST_F(SystemStatusTest, ARefusalOfTheWriteBackIsNotedOnTheRunThatEnded) {
  v1::Run run = *StartExport("main");
  v1::ReportRunRequest request;
  request.set_sequence(1);
  run.set_state(v1::Run::SUCCEEDED);
  run.mutable_write_back()->set_pending(1);
  *request.mutable_run() = run;
  ASSERT_THAT(runs_.Report(*session_, request), IsOk());
  EXPECT_FALSE(IsReached(*runs_.Get(run.name()), v1::WatchRunRequest::WRITTEN_BACK));
  run.mutable_write_back()->set_pending(0);
  run.mutable_write_back()->set_parked(1);
  run.add_notices()->set_reason("SOURCE_RIGHT_MISSING");
  *request.mutable_run() = run;
  request.set_sequence(2);
  ASSERT_THAT(runs_.Report(*session_, request), IsOk());
  const auto ended = runs_.Get(run.name());
  ASSERT_EQ(ended->notices_size(), 1);
  EXPECT_EQ(ended->notices(0).reason(), "SOURCE_RIGHT_MISSING");
  EXPECT_TRUE(IsReached(*ended, v1::WatchRunRequest::WRITTEN_BACK));
}

}  // namespace
}  // namespace guestbridge::server
