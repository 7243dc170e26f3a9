#include "server/api/connection_checks.h"

#include <algorithm>

#include "server/api/api_fixture_test.h"
#include "server/api/connection_tester.h"
#include "server/api/system_status.h"

namespace guestbridge::server {
namespace {

using ::guestbridge::testing::IsOk;
using ::guestbridge::testing::StatusIs;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr char kConnection[] = "integrations/main/connection";

v1::Check MakeCheck(const std::string& name, v1::Check::State state,
                    const std::string& reason = "A_REASON") {
  v1::Check check;
  check.set_name(name);
  check.set_state(state);
  check.set_reason(reason);
  check.set_message("a text");
  check.set_remedy("another");
  return check;
}

class ConnectionChecksTest : public ApiFixture {
 protected:
  ConnectionChecksTest() : status_(*store_, clock_, sessions_, credentials_, "1") {
    Prepare("main");
    session_ = ConnectAgent("a", "one");
  }

  int64_t Version() { return std::stoll(connections_.Get(kConnection)->etag()); }
  void Keep(std::vector<v1::Check> found) {
    ASSERT_THAT(checks_.Keep("main", Version(), &found), IsOk());
  }
  absl::Status Report(const Session& session, int64_t revision,
                      const std::vector<v1::Check>& found) {
    v1::ReportChecksRequest request;
    request.set_integration("integrations/main");
    request.set_revision(revision);
    request.mutable_checks()->Assign(found.begin(), found.end());
    return checks_.TakeReport(session, request);
  }
  std::vector<v1::Check> Kept() {
    const auto connection = connections_.Get(kConnection);
    return {connection->last_checks().begin(), connection->last_checks().end()};
  }
  std::vector<std::string> Names() {
    std::vector<std::string> names;
    for (const v1::Check& check : Kept()) names.push_back(check.name());
    return names;
  }
  v1::IntegrationStatus Main() { return status_.Get()->integrations(0); }
  void EndExport(v1::Run::State state) {
    v1::Run run = *StartExport("main");
    v1::ReportRunRequest request;
    request.set_sequence(++sequence_);
    run.set_state(state);
    *request.mutable_run() = run;
    ASSERT_THAT(runs_.Report(*session_, request), IsOk());
  }

  ConnectionChecks checks_{*store_, clock_};
  SystemStatus status_;
  std::shared_ptr<Session> session_;
  int64_t sequence_ = 0;
};

TEST_F(ConnectionChecksTest, FindingsAreKeptWithTimeAndSideAndWithoutTexts) {
  Keep({MakeCheck("hotel", v1::Check::FAILED, "HOTEL_NOT_FOUND"),
        MakeCheck("token", v1::Check::OK), MakeCheck("agent", v1::Check::OK)});
  EXPECT_THAT(Names(), ElementsAre("agent", "token", "hotel"));
  const std::vector<v1::Check> kept = Kept();
  EXPECT_EQ(kept[0].side(), v1::Check::AGENT);
  EXPECT_EQ(kept[1].side(), v1::Check::PORTAL);
  EXPECT_EQ(kept[2].side(), v1::Check::SOURCE);
  EXPECT_EQ(kept[2].reason(), "HOTEL_NOT_FOUND");
  EXPECT_EQ(kept[2].message() + kept[2].remedy(), "");
  EXPECT_EQ(kept[2].parameters().at("integration"), "main");
  EXPECT_EQ(FromTimestamp(kept[2].check_time()), clock_.Now());
}

TEST_F(ConnectionChecksTest, ASideThatWasNotTriedKeepsWhatWasKnownOfIt) {
  Keep({MakeCheck("source", v1::Check::OK), MakeCheck("hotel", v1::Check::WARNING),
        MakeCheck("token", v1::Check::OK)});
  clock_.Advance(absl::Hours(1));
  Keep({MakeCheck("agent", v1::Check::FAILED), MakeCheck("portal", v1::Check::FAILED)});
  EXPECT_THAT(Names(), ElementsAre("agent", "portal", "source", "hotel"));
  EXPECT_EQ(FromTimestamp(Kept()[2].check_time()), clock_.Now() - absl::Hours(1));
}

TEST_F(ConnectionChecksTest, ASavedConnectionForgetsWhatWasFoundOfTheOldSettings) {
  const int64_t before = Version();
  Keep({MakeCheck("source", v1::Check::FAILED)});
  ASSERT_THAT(connections_.Save(WebhookConnection("main")), IsOk());
  EXPECT_THAT(Names(), IsEmpty());
  // Also a try that began before it was saved.
  std::vector<v1::Check> late = {MakeCheck("source", v1::Check::FAILED)};
  EXPECT_THAT(checks_.Keep("main", before, &late), IsOk());
  EXPECT_THAT(Report(*session_, before, late), IsOk());
  EXPECT_THAT(Names(), IsEmpty());
}

TEST_F(ConnectionChecksTest, SavingTheSameSettingsWithoutSecretsForgetsNothing) {
  Keep({MakeCheck("source", v1::Check::WARNING)});
  v1::Connection same = WebhookConnection("main");
  same.mutable_webhook()->clear_secret();
  same.mutable_source()->clear_password();
  ASSERT_THAT(connections_.Save(same), IsOk());
  EXPECT_THAT(Names(), ElementsAre("source"));
  same.set_hotel("Another");
  ASSERT_THAT(connections_.Save(same), IsOk());
  EXPECT_THAT(Names(), IsEmpty());
}

TEST_F(ConnectionChecksTest, AnAgentTellsWhatItFoundByItself) {
  Keep({MakeCheck("token", v1::Check::OK), MakeCheck("source", v1::Check::OK)});
  EXPECT_THAT(Report(*session_, Version(), {MakeCheck("hotel", v1::Check::FAILED)}),
              IsOk());
  EXPECT_THAT(Names(), ElementsAre("token", "hotel"));
  const auto other = ConnectAgent("b", "two");
  EXPECT_THAT(
      Report(*other, Version(), {MakeCheck("hotel", v1::Check::OK)}),
      StatusIs(absl::StatusCode::kFailedPrecondition, "INTEGRATION_NOT_ASSIGNED"));
}

TEST_F(ConnectionChecksTest, WhoeverSentItNoMoreThanAFindingNeedsIsKept) {
  std::vector<v1::Check> many(200, MakeCheck("source", v1::Check::WARNING));
  (*many[0].mutable_parameters())["big"] = std::string(10000, 'x');
  ASSERT_THAT(Report(*session_, Version(), many), IsOk());
  EXPECT_LE(Kept().size(), 60u);
  EXPECT_FALSE(Kept()[0].parameters().contains("big"));
}

TEST_F(ConnectionChecksTest, TheyAreGoneWithTheIntegration) {
  Keep({MakeCheck("source", v1::Check::FAILED)});
  ASSERT_THAT(integrations_.Delete("integrations/main", ""), IsOk());
  Prepare("main");
  EXPECT_THAT(Names(), IsEmpty());
}

TEST_F(ConnectionChecksTest, ATestThatNobodyCouldCarryOutIsRememberedToo) {
  ConnectionTester tester(*store_, *sealer_, credentials_, sessions_, checks_);
  ASSERT_THAT(agents_.Goodbye(session_), IsOk());
  const auto answer = tester.Test(kConnection, Patience());
  ASSERT_THAT(answer, IsOk());
  ASSERT_GT(answer->checks_size(), 1);
  EXPECT_EQ(Names().size(), static_cast<size_t>(answer->checks_size()));
  EXPECT_EQ(Kept()[0].name(), "agent");
  EXPECT_EQ(Kept()[0].state(), v1::Check::FAILED);
  EXPECT_EQ(answer->checks(0).side(), v1::Check::AGENT);
}

TEST_F(ConnectionChecksTest, TheStatusShowsWhatIsNotOkAndAFailureNeedsAPerson) {
  Keep({MakeCheck("token", v1::Check::OK),
        MakeCheck("source", v1::Check::WARNING, "SOURCE_WITHOUT_TLS"),
        MakeCheck("hotel", v1::Check::FAILED, "HOTEL_NOT_FOUND"),
        MakeCheck("agent", v1::Check::FAILED, "AGENT_NOT_CONNECTED")});
  const v1::IntegrationStatus main = Main();
  ASSERT_EQ(main.findings_size(), 2);
  EXPECT_EQ(main.findings(0).reason(), "SOURCE_WITHOUT_TLS");
  EXPECT_EQ(main.findings(1).reason(), "HOTEL_NOT_FOUND");
  ASSERT_EQ(main.attention_size(), 1);
  EXPECT_EQ(main.attention(0).reason(), "HOTEL_NOT_FOUND");
}

TEST_F(ConnectionChecksTest, AnExportThatEndedWellLaterDisprovesAFailure) {
  Keep(
      {MakeCheck("source", v1::Check::WARNING), MakeCheck("hotel", v1::Check::FAILED)});
  clock_.Advance(absl::Minutes(1));
  EndExport(v1::Run::CANCELLED);
  EXPECT_EQ(Main().findings_size(), 2);
  EndExport(v1::Run::PARTIALLY_FAILED);
  ASSERT_EQ(Main().findings_size(), 1);
  EXPECT_EQ(Main().findings(0).name(), "source");
  clock_.Advance(absl::Minutes(1));
  Keep({MakeCheck("hotel", v1::Check::FAILED)});
  EXPECT_EQ(Main().findings_size(), 1);
  EXPECT_EQ(Main().findings(0).state(), v1::Check::FAILED);
}

}  // namespace
}  // namespace guestbridge::server
