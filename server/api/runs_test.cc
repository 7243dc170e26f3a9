#include "server/api/runs.h"

#include "google/protobuf/util/json_util.h"
#include "server/api/api_fixture_test.h"
#include "server/api/run_state.h"

namespace guestbridge::server {
namespace {

using ::guestbridge::testing::IsOk;
using ::guestbridge::testing::StatusIs;

class RunsTest : public ApiFixture {
 protected:
  absl::StatusOr<bool> Report(Session& session, const std::string& run,
                              int64_t sequence, v1::Run::State state, int added) {
    v1::ReportRunRequest request;
    request.set_sequence(sequence);
    request.mutable_run()->set_name(run);
    request.mutable_run()->set_state(state);
    request.mutable_run()->mutable_counters()->set_scanned(added);
    request.mutable_run()->mutable_counters()->set_added(added);
    return runs_.Report(session, request);
  }

  // A dry run that ended with a plan.
  v1::Run MakePlan(Session& session) {
    RunOrder dry;
    dry.integration = "main";
    dry.dry_run = true;
    const auto run = runs_.Start(dry);
    EXPECT_THAT(run, IsOk());
    if (!run.ok()) return v1::Run();
    v1::ReportRunRequest request;
    request.set_sequence(1);
    request.mutable_run()->set_name(run->name());
    request.mutable_run()->set_state(v1::Run::SUCCEEDED);
    request.mutable_run()->set_plan(Planned().plan);
    request.mutable_run()->mutable_forecast()->mutable_counters()->set_added(5);
    EXPECT_THAT(runs_.Report(session, request), IsOk());
    return *run;
  }

  // An export of what MakePlan() planned.
  static RunOrder Planned() {
    RunOrder order;
    order.integration = "main";
    order.plan = "0123456789abcdef";
    return order;
  }

  void MoveToAnotherPortal() {
    v1::Connection connection = WebhookConnection("main");
    connection.set_api_server("another.bitrix24.ru");
    ASSERT_THAT(connections_.Save(connection, /*new_portal=*/true), IsOk());
  }
};

TEST_F(RunsTest, StartNeedsConnectionMappingAndActiveIntegration) {
  CreateIntegration("main");
  EXPECT_THAT(StartExport("nobody"),
              StatusIs(absl::StatusCode::kNotFound, "INTEGRATION_NOT_FOUND"));
  EXPECT_THAT(StartExport("main"),
              StatusIs(absl::StatusCode::kFailedPrecondition, "CONNECTION_NOT_SET"));
  ASSERT_THAT(connections_.Save(WebhookConnection("main")), IsOk());
  EXPECT_EQ(ReasonOf(StartExport("main").status()), "MAPPING_NOT_SAVED");
  SaveMapping("main");
  ASSERT_THAT(integrations_.SetActive("integrations/main", false, ""), IsOk());
  EXPECT_EQ(ReasonOf(StartExport("main").status()), "INTEGRATION_INACTIVE");
}

TEST_F(RunsTest, WithoutAgentTheRunWaitsAndSaysSo) {
  Prepare("main");
  const auto run = StartExport("main");
  ASSERT_THAT(run, IsOk());
  EXPECT_EQ(run->state(), v1::Run::PENDING);
  ASSERT_EQ(run->notices_size(), 1);
  EXPECT_EQ(run->notices(0).reason(), "AGENT_NOT_CONNECTED");
  EXPECT_EQ(run->mapping_version(), 1);
}

TEST_F(RunsTest, SecondRunIsRefusedAndNamesTheFirst) {
  Prepare("main");
  const auto first = StartExport("main");
  ASSERT_THAT(first, IsOk());
  const auto second = StartExport("main");
  EXPECT_THAT(second, StatusIs(absl::StatusCode::kAborted, "RUN_IN_PROGRESS"));
  EXPECT_EQ(ParametersOf(second.status())["run"], first->name());
  EXPECT_THAT(integrations_.Delete("integrations/main", ""),
              StatusIs(absl::StatusCode::kFailedPrecondition, "RUN_IN_PROGRESS"));
}

TEST_F(RunsTest, AnExportCarriesTheForecastOfTheDryRunBeforeIt) {
  Prepare("main");
  const auto session = ConnectAgent("a1", "inst");
  ASSERT_NE(session, nullptr);
  RunOrder order;
  order.integration = "main";
  order.plan = "0123456789abcdef";
  EXPECT_THAT(runs_.Start(order),
              StatusIs(absl::StatusCode::kFailedPrecondition, "PLAN_UNKNOWN"));
  RunOrder dry = order;
  dry.plan.clear();
  dry.dry_run = true;
  dry.full = true;
  const auto planned = runs_.Start(dry);
  ASSERT_THAT(planned, IsOk());
  v1::ReportRunRequest request;
  request.set_sequence(1);
  request.mutable_run()->set_name(planned->name());
  request.mutable_run()->set_state(v1::Run::SUCCEEDED);
  request.mutable_run()->set_plan(order.plan);
  v1::RunForecast& forecast = *request.mutable_run()->mutable_forecast();
  forecast.mutable_counters()->set_added(5);
  forecast.add_samples()->set_client("00000000-0000-4000-8000-000000000001");
  auto* reason = forecast.add_reasons()->mutable_explanation();
  reason->set_reason("MARKED_FOR_DELETION");
  reason->set_message("an agent's own words");
  ASSERT_THAT(runs_.Report(*session, request), IsOk());
  const auto kept = runs_.Get(planned->name());
  EXPECT_EQ(kept->plan(), order.plan);
  EXPECT_EQ(kept->forecast().samples_size(), 1);
  EXPECT_EQ(kept->forecast().reasons(0).explanation().message(), "");

  const auto first = runs_.Start(order);
  ASSERT_THAT(first, IsOk());
  EXPECT_EQ(first->plan(), order.plan);
  EXPECT_TRUE(first->full());  // as it was planned
  EXPECT_EQ(first->forecast().dry_run(), planned->name());
  EXPECT_EQ(first->forecast().counters().added(), 5);
  EXPECT_EQ(first->forecast().samples_size(), 0);
  ASSERT_THAT(Report(*session, first->name(), 1, v1::Run::SUCCEEDED, 5), IsOk());
  // What it has done is no longer to do.
  RunOrder later;
  later.integration = "main";
  const auto second = runs_.Start(later);
  ASSERT_THAT(second, IsOk());
  EXPECT_FALSE(second->has_forecast());
}

TEST_F(RunsTest, ADryRunTakesNoPlan) {
  Prepare("main");
  RunOrder order;
  order.integration = "main";
  order.dry_run = true;
  order.plan = "0123456789abcdef";
  EXPECT_THAT(runs_.Start(order),
              StatusIs(absl::StatusCode::kInvalidArgument, "PLAN_WITH_DRY_RUN"));
  order.plan.clear();
  EXPECT_THAT(runs_.Start(order), IsOk());
}

TEST_F(RunsTest, APlanForAnotherPortalIsNoPlanAtThisOne) {
  Prepare("main");
  const auto session = ConnectAgent("a1", "inst");
  ASSERT_NE(session, nullptr);
  MakePlan(*session);
  clock_.Advance(absl::Minutes(1));
  MoveToAnotherPortal();
  EXPECT_THAT(runs_.Start(Planned()),
              StatusIs(absl::StatusCode::kFailedPrecondition, "PLAN_UNKNOWN"));
  const auto exported = StartExport("main");
  ASSERT_THAT(exported, IsOk());
  EXPECT_FALSE(exported->has_forecast());
}

TEST_F(RunsTest, APlanIsKnownAlsoWhenTheClockWasSetBackAfterTheFirstSave) {
  const absl::Time right = clock_.Now();
  clock_.SetNow(right + absl::Hours(3));
  Prepare("main");
  clock_.SetNow(right);
  const auto session = ConnectAgent("a1", "inst");
  ASSERT_NE(session, nullptr);
  const v1::Run dry_run = MakePlan(*session);
  const v1::Connection connection = *connections_.Get("integrations/main/connection");
  EXPECT_GE(FromTimestamp(dry_run.create_time()),
            FromTimestamp(connection.portal_time()));
  const auto exported = runs_.Start(Planned());
  ASSERT_THAT(exported, IsOk());
  EXPECT_EQ(exported->forecast().dry_run(), dry_run.name());
  EXPECT_GT(FromTimestamp(exported->create_time()),
            FromTimestamp(dry_run.create_time()))
      << "each has a time of its own";
}

TEST_F(RunsTest, APlanForAnotherPortalIsNoneAlsoWhenTheClockWasSetBackSince) {
  const absl::Time right = clock_.Now();
  Prepare("main");
  const auto session = ConnectAgent("a1", "inst");
  ASSERT_NE(session, nullptr);
  clock_.SetNow(right + absl::Hours(3));
  MakePlan(*session);
  clock_.SetNow(right);
  MoveToAnotherPortal();
  EXPECT_THAT(runs_.Start(Planned()),
              StatusIs(absl::StatusCode::kFailedPrecondition, "PLAN_UNKNOWN"));
  MakePlan(*session);
  EXPECT_THAT(runs_.Start(Planned()), IsOk());
}

TEST_F(RunsTest, OnlyADryRunThatHasEndedHasAPlan) {
  Prepare("main");
  const auto session = ConnectAgent("a1", "inst");
  ASSERT_NE(session, nullptr);
  const v1::Run dry_run = MakePlan(*session);
  EXPECT_EQ(runs_.DryRun(dry_run.name())->run().forecast().counters().added(), 5);
  EXPECT_THAT(runs_.DryRun("integrations/main/runs/99"),
              StatusIs(absl::StatusCode::kNotFound, "RUN_NOT_FOUND"));
  const auto exported = StartExport("main");
  ASSERT_THAT(exported, IsOk());
  ASSERT_TRUE(exported->has_forecast()) << "that of the dry run before it";
  const absl::Status refused = runs_.DryRun(exported->name()).status();
  EXPECT_THAT(refused,
              StatusIs(absl::StatusCode::kFailedPrecondition, "RUN_WITHOUT_PLAN"));
  EXPECT_EQ(ParametersOf(refused)["integration"], "main");
}

TEST_F(RunsTest, AForecastOfADraftThatWasNotSavedIsNotTheNextExports) {
  Prepare("main");
  const auto session = ConnectAgent("a1", "inst");
  ASSERT_NE(session, nullptr);
  RunOrder dry;
  dry.integration = "main";
  dry.dry_run = true;
  dry.draft = v1::FieldMapping::CHANGED;
  ASSERT_THAT(store_->Write([](Transaction& transaction) {
    store::MappingRecord record;
    record.mutable_mapping()->add_source_fields()->set_name("LastName");
    v1::ContactField& field = *record.mutable_mapping()->add_contact_fields();
    field.set_name("LAST_NAME");
    field.set_type("string");
    v1::FieldMappingEntry& entry = *record.mutable_mapping()->add_entries();
    entry.set_source("LastName");
    entry.set_target("LAST_NAME");
    entry.add_transforms("upper");
    return PutRecord(transaction, keys::MappingDraft("main"), record);
  }),
              IsOk());
  const auto planned = runs_.Start(dry);
  ASSERT_THAT(planned, IsOk());
  v1::ReportRunRequest request;
  request.set_sequence(1);
  request.mutable_run()->set_name(planned->name());
  request.mutable_run()->set_state(v1::Run::SUCCEEDED);
  request.mutable_run()->set_plan("0123456789abcdef");
  request.mutable_run()->mutable_forecast()->mutable_counters()->set_updated(5);
  ASSERT_THAT(runs_.Report(*session, request), IsOk());

  const auto exported = StartExport("main");
  ASSERT_THAT(exported, IsOk());
  EXPECT_NE(exported->mapping_version(), planned->mapping_version());
  EXPECT_FALSE(exported->has_forecast());
}

TEST_F(RunsTest, AReconciliationKeepsWhatItFoundWithinLimits) {
  Prepare("main");
  const auto session = ConnectAgent("a1", "inst");
  ASSERT_NE(session, nullptr);
  RunOrder order;
  order.integration = "main";
  order.kind = v1::Run::RECONCILE;
  order.dry_run = true;
  const auto run = runs_.Start(order);
  ASSERT_THAT(run, IsOk());
  EXPECT_FALSE(run->has_reconcile());
  v1::ReportRunRequest request;
  request.set_sequence(1);
  request.mutable_run()->set_name(run->name());
  request.mutable_run()->set_state(v1::Run::SUCCEEDED);
  v1::ReconcileResult& result = *request.mutable_run()->mutable_reconcile();
  result.set_gone(5000);
  for (int i = 0; i < 5000; ++i) {
    v1::ReconcileFinding& finding = *result.add_findings();
    finding.set_kind(v1::ReconcileFinding::GONE);
    for (int j = 0; j < 200; ++j) {
      finding.add_fields("LAST_NAME");
      finding.add_other_contacts(j);
    }
  }
  ASSERT_THAT(runs_.Report(*session, request), IsOk());
  const auto kept = runs_.Get(run->name());
  ASSERT_THAT(kept, IsOk());
  EXPECT_EQ(kept->reconcile().gone(), 5000);
  EXPECT_EQ(kept->reconcile().findings_size(), 700);
  EXPECT_EQ(kept->reconcile().findings(0).fields_size(), 50);
  EXPECT_EQ(kept->reconcile().findings(0).other_contacts_size(), 50);
}

TEST_F(RunsTest, SameRequestIdGivesTheSameRunForADay) {
  Prepare("main");
  RunOrder order;
  order.integration = "main";
  order.request_id = "r-1";
  const auto first = runs_.Start(order);
  ASSERT_THAT(first, IsOk());
  EXPECT_EQ(runs_.Start(order)->name(), first->name());
  ASSERT_THAT(runs_.Cancel(first->name()), IsOk());
  clock_.Advance(absl::Hours(23));
  EXPECT_EQ(runs_.Start(order)->name(), first->name());
  clock_.Advance(absl::Hours(2));
  EXPECT_NE(runs_.Start(order)->name(), first->name());
}

TEST_F(RunsTest, AFinalStateNeverChangesButWriteBackMoves) {
  Prepare("main");
  const auto session = ConnectAgent("a1", "inst");
  ASSERT_NE(session, nullptr);
  const std::string run = StartExport("main")->name();
  ASSERT_THAT(Report(*session, run, 1, v1::Run::RUNNING, 1), IsOk());
  ASSERT_THAT(Report(*session, run, 2, v1::Run::SUCCEEDED, 5), IsOk());
  EXPECT_EQ(runs_.Get(run)->state(), v1::Run::SUCCEEDED);
  EXPECT_TRUE(runs_.Get(run)->has_end_time());

  v1::ReportRunRequest late;
  late.set_sequence(3);
  late.mutable_run()->set_name(run);
  late.mutable_run()->set_state(v1::Run::RUNNING);
  late.mutable_run()->mutable_counters()->set_scanned(9);
  late.mutable_run()->mutable_write_back()->set_pending(7);
  ASSERT_THAT(runs_.Report(*session, late), IsOk());
  const auto after = runs_.Get(run);
  EXPECT_EQ(after->state(), v1::Run::SUCCEEDED);
  EXPECT_EQ(after->counters().scanned(), 5);
  EXPECT_EQ(after->write_back().pending(), 7);
  EXPECT_TRUE(IsReached(*after, v1::WatchRunRequest::ENDED));
  EXPECT_FALSE(IsReached(*after, v1::WatchRunRequest::WRITTEN_BACK));
}

TEST_F(RunsTest, AnOlderReportIsIgnored) {
  Prepare("main");
  const auto session = ConnectAgent("a1", "inst");
  const std::string run = StartExport("main")->name();
  ASSERT_THAT(Report(*session, run, 5, v1::Run::RUNNING, 50), IsOk());
  ASSERT_THAT(Report(*session, run, 4, v1::Run::RUNNING, 40), IsOk());
  EXPECT_EQ(runs_.Get(run)->counters().added(), 50);
}

TEST_F(RunsTest, AReportOfARunThatARestoreTookBackIsNotTheNextOnes) {
  Prepare("main");
  const auto session = ConnectAgent("a1", "inst");
  const auto run = StartExport("main");
  ASSERT_THAT(run, IsOk());
  v1::ReportRunRequest late;
  late.set_sequence(7);
  *late.mutable_run() = *run;
  *late.mutable_run()->mutable_create_time() =
      ToTimestamp(clock_.Now() - absl::Minutes(1));
  late.mutable_run()->set_state(v1::Run::SUCCEEDED);
  EXPECT_THAT(runs_.Report(*session, late),
              StatusIs(absl::StatusCode::kNotFound, "RUN_NOT_FOUND"));
  EXPECT_EQ(runs_.Get(run->name())->state(), v1::Run::PENDING);
  v1::ReportRunRequest own = late;
  *own.mutable_run() = *run;
  own.mutable_run()->set_state(v1::Run::RUNNING);
  ASSERT_THAT(runs_.Report(*session, own), IsOk());
  EXPECT_EQ(runs_.Get(run->name())->state(), v1::Run::RUNNING);
}

TEST_F(RunsTest, TimesThatCannotBeLeaveNoRunUnreadable) {
  Prepare("main");
  const auto session = ConnectAgent("a1", "inst");
  v1::ReportRunRequest report;
  report.set_sequence(1);
  *report.mutable_run() = *StartExport("main");
  report.mutable_run()->set_state(v1::Run::RUNNING);
  constexpr int64_t kNever = int64_t{1} << 62;
  v1::WriteBackProgress& progress = *report.mutable_run()->mutable_write_back();
  progress.set_pending(3);
  progress.mutable_estimated_end_time()->set_seconds(kNever);
  progress.mutable_quiet_until()->set_seconds(kNever);
  v1::ReconcileResult& reconcile = *report.mutable_run()->mutable_reconcile();
  reconcile.add_findings()->mutable_modify_time()->set_nanos(-1);
  ASSERT_THAT(runs_.Report(*session, report), IsOk());
  const auto run = runs_.Get(report.run().name());
  ASSERT_THAT(run, IsOk());
  EXPECT_EQ(run->write_back().pending(), 3);
  std::string json;
  EXPECT_TRUE(google::protobuf::util::MessageToJsonString(*run, &json).ok());
}

TEST_F(RunsTest, AnotherAgentMayNotReport) {
  Prepare("main");
  ConnectAgent("a1", "inst");
  const std::string run = StartExport("main")->name();
  const auto stranger = ConnectAgent("a2", "other");
  // Nor hear whether there is such a run.
  for (const std::string& name : {run, std::string("integrations/main/runs/999"),
                                  std::string("integrations/none/runs/1"),
                                  std::string("integrations/-/runs/1")}) {
    EXPECT_EQ(ReasonOf(Report(*stranger, name, 1, v1::Run::RUNNING, 1).status()),
              "INTEGRATION_NOT_ASSIGNED")
        << name;
  }
}

TEST_F(RunsTest, WhoBeganARunReportsItsEndThoughAnotherServesByThen) {
  Prepare("main");
  const auto session = ConnectAgent("a1", "inst");
  const std::string run = StartExport("main")->name();
  ASSERT_THAT(Report(*session, run, 1, v1::Run::RUNNING, 1), IsOk());
  ConnectAgent("a2", "other");
  v1::Connection connection = WebhookConnection("main");
  connection.set_agent("a2");
  ASSERT_THAT(connections_.Save(connection), IsOk());
  ASSERT_THAT(Report(*session, run, 2, v1::Run::SUCCEEDED, 1), IsOk());
  EXPECT_EQ(runs_.Get(run)->state(), v1::Run::SUCCEEDED);
}

TEST_F(RunsTest, CancellingAnUnattendedRunEndsItAndItsAgentIsToldLater) {
  Prepare("main");
  const std::string run = StartExport("main")->name();
  EXPECT_EQ(runs_.Cancel(run)->state(), v1::Run::CANCELLED);
  EXPECT_THAT(runs_.Cancel(run),
              StatusIs(absl::StatusCode::kFailedPrecondition, "RUN_ENDED"));
  const auto session = ConnectAgent("a1", "inst");
  const auto cancel = Report(*session, run, 1, v1::Run::RUNNING, 1);
  ASSERT_THAT(cancel, IsOk());
  EXPECT_TRUE(*cancel);
  EXPECT_EQ(runs_.Get(run)->state(), v1::Run::CANCELLED);
}

TEST_F(RunsTest, ListsNewestFirstAcrossIntegrationsInPages) {
  for (const char* id : {"one", "two"}) {
    CreateIntegration(id);
    v1::Connection connection = WebhookConnection(id);
    connection.mutable_source()->set_url(std::string("http://1c.example.com/") + id);
    ASSERT_THAT(connections_.Save(connection), IsOk());
    SaveMapping(id);
  }
  std::vector<std::string> started;
  for (int i = 0; i < 5; ++i) {
    const auto run = StartExport(i % 2 == 0 ? "one" : "two");
    ASSERT_THAT(run, IsOk());
    ASSERT_THAT(runs_.Cancel(run->name()), IsOk());
    started.insert(started.begin(), run->name());
  }
  v1::ListRunsRequest request;
  request.set_parent("integrations/-");
  request.set_page_size(2);
  std::vector<std::string> listed;
  do {
    const auto page = runs_.List(request);
    ASSERT_THAT(page, IsOk());
    for (const v1::Run& run : page->runs()) listed.push_back(run.name());
    request.set_page_token(page->next_page_token());
  } while (!request.page_token().empty());
  EXPECT_EQ(listed, started);
  // The integration may be left open.
  EXPECT_EQ(runs_.Get("integrations/-/runs/1")->name(), "integrations/one/runs/1");
}

TEST_F(RunsTest, DeletingAnIntegrationTakesItsRunsAlong) {
  Prepare("main");
  const std::string run = StartExport("main")->name();
  ASSERT_THAT(runs_.Cancel(run), IsOk());
  ASSERT_THAT(integrations_.Delete("integrations/main", ""), IsOk());
  EXPECT_THAT(runs_.Get(run), StatusIs(absl::StatusCode::kNotFound, "RUN_NOT_FOUND"));
}

}  // namespace
}  // namespace guestbridge::server
