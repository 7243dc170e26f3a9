// Agents seen from the centre: what they say of themselves, and what they rejected.
#include "server/api/agent_reports.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "common/resource/configuration_fingerprint.h"
#include "google/protobuf/util/json_util.h"
#include "server/api/api_fixture_test.h"
#include "server/api/erasures.h"

namespace guestbridge::server {
namespace {

using ::guestbridge::testing::IsOk;

class AgentReportsTest : public ApiFixture {
 protected:
  AgentReportsTest() {
    dispatcher_.SetFingerprintKeys([](const std::string& id) { return "key " + id; });
    Prepare("main");
    session_ = Connect("1", "rules");
    configuration_ = Sent(*session_)[0].configuration();
  }

  std::shared_ptr<Session> Connect(const std::string& version, const std::string& rules,
                                   const std::string& installation = "one") {
    v1::HelloRequest hello;
    hello.set_agent("a");
    hello.set_installation(installation);
    hello.set_version(version);
    hello.set_rules_digest(rules);
    const auto session = agents_.Enter(agents_.Hello(hello)->session());
    stream_ = (*session)->Attach(std::make_shared<Waker>([] {}));
    agents_.StreamBegan(*session);
    dispatcher_.Begin(*session);
    return *session;
  }

  // What a server that has just started sends to the same agent, and what it puts on
  // record as given.
  std::vector<v1::WatchResponse> SentByAnother(
      std::vector<v1::AgentConfiguration>* handed_out) {
    SessionHub sessions(clock_, random_, "one");
    Dispatcher dispatcher(*store_, *sealer_, sessions, false);
    dispatcher.SetBeforeSecrets(
        [&](const Session&, const v1::AgentConfiguration& configuration) {
          handed_out->push_back(configuration);
          return absl::OkStatus();
        });
    Session::Identity identity = session_->identity();
    identity.token.clear();
    const auto again = *sessions.Open(identity);
    stream_ = again->Attach(std::make_shared<Waker>([] {}));
    dispatcher.Begin(again);
    return Sent(*again);
  }

  v1::AgentReport Report() {
    v1::AgentReport report;
    *report.mutable_clock_time() = ToTimestamp(clock_.Now());
    report.mutable_disk()->set_free_bytes(1 << 30);
    v1::IntegrationReport& entry = *report.add_integrations();
    entry.set_integration("integrations/main");
    entry.set_effective_revision(configuration_.revision());
    entry.set_effective_fingerprint(ConfigurationFingerprint(configuration_));
    return report;
  }
  void Take(const v1::AgentReport& report) {
    ASSERT_THAT(agents_.TakeReport(*session_, report), IsOk());
  }

  void Acknowledge(const char* rejection = nullptr) {
    v1::AcknowledgeConfigurationRequest request;
    request.set_integration("integrations/main");
    request.set_revision(configuration_.revision());
    if (rejection != nullptr) {
      request.mutable_rejection()->set_reason(rejection);
      (*request.mutable_rejection()->mutable_parameters())["host"] = "x";
    }
    ASSERT_THAT(agents_.Acknowledge(*session_, request), IsOk());
  }

  v1::Agent Get() { return *agents_.Get("agents/a"); }
  static std::vector<std::string> ReasonsOf(const v1::Agent& agent) {
    std::vector<std::string> reasons;
    for (const v1::AgentProblem& problem : agent.problems()) {
      reasons.push_back(problem.explanation().reason());
    }
    return reasons;
  }
  int64_t Revision() { return store_->WaitForRevision(0, absl::ZeroDuration()); }

  std::shared_ptr<Session> session_;
  v1::AgentConfiguration configuration_;
};

TEST_F(AgentReportsTest, AnAgentThatSaysNothingOfItselfIsNotUnhealthy) {
  const v1::Agent agent = Get();
  EXPECT_TRUE(agent.healthy());
  EXPECT_FALSE(agent.has_report_time());
  EXPECT_EQ(agent.problems_size(), 0);
  EXPECT_EQ(agent.integrations(0).step(), v1::AgentIntegration::STEP_UNSPECIFIED);
}

TEST_F(AgentReportsTest, WhatWasSentAndWhatRunsAreComparedByContent) {
  Acknowledge();
  Take(Report());
  EXPECT_EQ(Get().integrations(0).step(), v1::AgentIntegration::IN_STEP);
  v1::AgentReport other = Report();
  other.mutable_integrations(0)->set_effective_fingerprint("00ff");
  Take(other);
  EXPECT_EQ(Get().integrations(0).step(), v1::AgentIntegration::DIFFERENT);
  EXPECT_TRUE(Get().healthy());
  other.mutable_integrations(0)->set_effective_revision(1);
  Take(other);
  EXPECT_EQ(Get().integrations(0).step(), v1::AgentIntegration::BEHIND);
}

TEST_F(AgentReportsTest, NoSecretIsShownWithTheFingerprint) {
  Acknowledge();
  Take(Report());
  const std::string shown = Get().ShortDebugString();
  for (const char* secret : {"abc123", "pw", "key main"}) {
    EXPECT_EQ(shown.find(absl::StrCat("\"", secret, "\"")), std::string::npos);
  }
  EXPECT_EQ(Get().integrations(0).sent_fingerprint().size(), 64U);
}

TEST_F(AgentReportsTest, AClockIsJudgedByWhatTheServersSaysAndHalfTheWay) {
  v1::AgentReport report = Report();
  *report.mutable_round_trip() = ToProtoDuration(absl::Seconds(4));
  *report.mutable_clock_time() = ToTimestamp(clock_.Now() - absl::Seconds(2));
  Take(report);
  EXPECT_EQ(FromProtoDuration(Get().clock_difference()), absl::ZeroDuration());
  *report.mutable_clock_time() = ToTimestamp(clock_.Now() + absl::Seconds(310));
  Take(report);
  const v1::Agent agent = Get();
  ASSERT_THAT(ReasonsOf(agent), ::testing::ElementsAre("AGENT_CLOCK_OFF"));
  EXPECT_EQ(agent.problems(0).explanation().parameters().at("seconds"), "+312");
  EXPECT_TRUE(agent.healthy()) << "it works with that";
}

TEST_F(AgentReportsTest, TimesThatCannotBeLeaveNoAnswerUnreadable) {
  for (const int64_t seconds : {int64_t{1} << 62, -(int64_t{1} << 62),
                                int64_t{253402300800}, int64_t{-62135596801}}) {
    SCOPED_TRACE(seconds);
    v1::AgentReport report = Report();
    report.mutable_clock_time()->set_seconds(seconds);
    report.mutable_integrations(0)
        ->mutable_queues()
        ->mutable_oldest_doubt_time()
        ->set_seconds(seconds);
    v1::AgentProblem& problem = *report.add_problems();
    problem.mutable_explanation()->set_reason("AGENT_DISK_LOW");
    problem.mutable_since_time()->set_seconds(seconds);
    Take(report);
    const v1::Agent agent = Get();
    EXPECT_THAT(ReasonsOf(agent),
                ::testing::UnorderedElementsAre("AGENT_CLOCK_OFF", "AGENT_DISK_LOW"));
    EXPECT_FALSE(agent.integrations(0).queues().has_oldest_doubt_time());
    std::string json;
    EXPECT_TRUE(google::protobuf::util::MessageToJsonString(agent, &json).ok());
  }
}

TEST_F(AgentReportsTest, ARejectionKeepsWithinBounds) {
  v1::AcknowledgeConfigurationRequest request;
  request.set_integration("integrations/main");
  request.set_revision(configuration_.revision());
  request.mutable_rejection()->set_reason("SOURCE_REFUSED");
  auto& parameters = *request.mutable_rejection()->mutable_parameters();
  for (int i = 0; i < 1000; ++i) parameters[absl::StrCat("p", i)] = "x";
  parameters["long"] = std::string(1 << 20, 'x');
  ASSERT_THAT(agents_.Acknowledge(*session_, request), IsOk());
  EXPECT_EQ(Get().integrations(0).rejection().reason(), "SOURCE_REFUSED");
  EXPECT_LE(Get().integrations(0).rejection().ByteSizeLong(), 10'000U);
  request.mutable_rejection()->set_reason(std::string(1 << 20, 'x'));
  ASSERT_THAT(agents_.Acknowledge(*session_, request), IsOk());
  EXPECT_EQ(Get().integrations(0).rejection().reason(), "INTERNAL_ERROR");
}

TEST_F(AgentReportsTest, WhatStopsWorkMakesAnAgentUnhealthyAndStandsFirst) {
  v1::AgentReport report = Report();
  report.add_problems()->mutable_explanation()->set_reason("AGENT_DISK_LOW");
  v1::AgentProblem& full = *report.add_problems();
  full.mutable_explanation()->set_reason("DATABASE_FULL");
  full.set_integration("integrations/main");
  full.set_stops_work(true);
  Take(report);
  const v1::Agent agent = Get();
  EXPECT_FALSE(agent.healthy());
  EXPECT_THAT(ReasonsOf(agent),
              ::testing::ElementsAre("DATABASE_FULL", "AGENT_DISK_LOW"));
}

TEST_F(AgentReportsTest, OnesAgentOfAnotherHotelShowsNothingOfThat) {
  CreateIntegration("other");
  v1::Connection connection = WebhookConnection("other");
  connection.set_agent("a");
  connection.mutable_source()->set_url("http://1c.example.com/other");
  ASSERT_THAT(connections_.Save(connection), IsOk());
  v1::AgentReport report = Report();
  for (const char* integration : {"integrations/other", "integrations/nobodys"}) {
    v1::AgentProblem& problem = *report.add_problems();
    problem.mutable_explanation()->set_reason("SOURCE_UNREACHABLE");
    problem.set_integration(integration);
    problem.set_stops_work(true);
  }
  Take(report);
  EXPECT_EQ(Get().problems_size(), 1) << "it does not serve the third";
  EXPECT_FALSE(Get().healthy());
  const auto seen = agents_.Get(
      "agents/a",
      Reach::Of("/guestbridge.v1.AgentService/GetAgent", {{Role::kViewer, "main"}}));
  ASSERT_THAT(seen, IsOk());
  EXPECT_EQ(seen->problems_size(), 0);
  EXPECT_TRUE(seen->healthy());
}

TEST_F(AgentReportsTest, AnAgentThatIsAwayOrFellSilentCannotDoItsWork) {
  Take(Report());
  clock_.Advance(absl::Minutes(4));
  EXPECT_THAT(ReasonsOf(Get()), ::testing::ElementsAre("AGENT_REPORTS_STOPPED"));
  EXPECT_FALSE(Get().healthy());
  ASSERT_THAT(agents_.Goodbye(session_), IsOk());
  EXPECT_THAT(ReasonsOf(Get()), ::testing::ElementsAre("AGENT_NOT_CONNECTED"));
  EXPECT_TRUE(Get().has_report_time()) << "what it said last stays";
}

TEST_F(AgentReportsTest, FiguresCostNoCommitOfTheirOwnAndChangesOfHealthOne) {
  Take(Report());
  const int64_t before = Revision();
  for (int i = 0; i < 20; ++i) {
    v1::AgentReport report = Report();
    report.mutable_integrations(0)->mutable_queues()->set_clients(i);
    Take(report);
  }
  EXPECT_EQ(Revision(), before);
  EXPECT_EQ(Get().integrations(0).queues().clients(), 19);
  v1::AgentReport sick = Report();
  sick.add_problems()->mutable_explanation()->set_reason("DATABASE_FULL");
  Take(sick);
  EXPECT_GT(Revision(), before);
}

TEST_F(AgentReportsTest, AnotherServerSeesFiguresWithinAMinuteAndHealthAtOnce) {
  Take(Report());
  const auto store = *OpenSqliteStore(dir_.File("server.db"), clock_);
  SessionHub sessions(clock_, random_, "two");
  Leases leases(*store, clock_);
  Dispatcher dispatcher(*store, *sealer_, sessions, false);
  Agents agents(*store, clock_, sessions, dispatcher, leases);
  EXPECT_TRUE(agents.Get("agents/a")->has_report_time());
  clock_.Advance(absl::Seconds(61));
  v1::AgentReport report = Report();
  report.mutable_integrations(0)->mutable_queues()->set_clients(7);
  Take(report);
  agents_.Vouch();
  EXPECT_EQ(agents.Get("agents/a")->integrations(0).queues().clients(), 7);
}

TEST_F(AgentReportsTest, WhatAnEarlierSessionSaidIsNotBelieved) {
  v1::AgentReport sick = Report();
  sick.add_problems()->mutable_explanation()->set_reason("DATABASE_FULL");
  Take(sick);
  const auto old = session_;
  session_ = Connect("0.9", "");
  EXPECT_FALSE(Get().has_report_time()) << "a program of before says nothing";
  ASSERT_THAT(agents_.TakeReport(*old, sick), IsOk());
  EXPECT_EQ(Get().problems_size(), 0);
}

TEST_F(AgentReportsTest, WhatAnAgentSaysIsBounded) {
  v1::AgentReport report = Report();
  for (int i = 0; i < 1000; ++i) {
    report.add_problems()->mutable_explanation()->set_reason("DATABASE_FULL");
  }
  report.mutable_problems(0)->mutable_explanation()->set_reason("a guest's name");
  report.mutable_problems(1)->mutable_explanation()->set_message("a guest's name");
  (*report.mutable_problems(2)->mutable_explanation()->mutable_parameters())["file"] =
      std::string(100000, 'x');
  Take(report);
  const v1::Agent agent = Get();
  EXPECT_EQ(agent.problems_size(), 64);
  EXPECT_EQ(agent.ShortDebugString().find("a guest's name"), std::string::npos);
  EXPECT_LT(agent.ByteSizeLong(), 10000U);
}

TEST_F(AgentReportsTest, ARejectedConfigurationIsNotSentAgainToTheSameJudge) {
  Acknowledge("POLICY_PORTAL_HOST_NOT_ALLOWED");
  EXPECT_EQ(Get().integrations(0).rejected_revision(), configuration_.revision());
  EXPECT_EQ(Get().integrations(0).step(), v1::AgentIntegration::REJECTED);
  EXPECT_FALSE(Get().healthy()) << "it has no other";
  std::vector<v1::AgentConfiguration> handed_out;
  const auto messages = SentByAnother(&handed_out);
  ASSERT_EQ(messages.size(), 2U);
  ASSERT_TRUE(messages[0].has_still_rejected());
  EXPECT_EQ(messages[0].still_rejected().revision(), configuration_.revision());
  EXPECT_EQ(messages[0].still_rejected().rejection().reason(),
            "POLICY_PORTAL_HOST_NOT_ALLOWED");
  EXPECT_EQ(messages[0].still_rejected().rejection().parameters().at("host"), "x");
  EXPECT_TRUE(messages[1].has_caught_up());
  EXPECT_TRUE(handed_out.empty()) << "nor are its secrets on record as given";
}

TEST_F(AgentReportsTest, WhoIsErasedIsToldInPlaceOfWhatIsRejected) {
  Erasures erasures(*store_, *sealer_);
  v1::ReportLedgerRequest ledger;
  ledger.set_integration("integrations/main");
  v1::Erasures& told = *ledger.add_erasures();
  told.set_secret("0123456789abcdef0123456789abcdef");
  v1::ErasedClient& erased = *told.add_clients();
  erased.set_hash(std::string(32, 'a'));
  erased.mutable_erase_time()->set_seconds(1);
  ASSERT_THAT(erasures.Take(*session_, ledger), IsOk());
  dispatcher_.OnChanges({{.revision = 1, .key = "erasures/main"}});
  for (const v1::WatchResponse& message : Sent(*session_)) {
    if (message.has_configuration()) configuration_ = message.configuration();
  }
  ASSERT_EQ(configuration_.erasures_size(), 1);
  Acknowledge("POLICY_PORTAL_HOST_NOT_ALLOWED");
  std::vector<v1::AgentConfiguration> handed_out;
  const auto messages = SentByAnother(&handed_out);
  ASSERT_FALSE(messages.empty());
  ASSERT_TRUE(messages[0].has_still_rejected());
  ASSERT_EQ(messages[0].still_rejected().erasures_size(), 1);
  EXPECT_EQ(messages[0].still_rejected().erasures(0).clients(0).hash(),
            std::string(32, 'a'));
  ASSERT_EQ(handed_out.size(), 1U) << "their secret is on record as given";
  EXPECT_FALSE(handed_out[0].has_connection());
}

TEST_F(AgentReportsTest, ARejectedConfigurationIsSentWhenSomethingElseJudgesIt) {
  const auto sends = [&](const std::string& version, const std::string& rules) {
    session_ = Connect(version, rules);
    const auto messages = Sent(*session_);
    return std::any_of(messages.begin(), messages.end(),
                       [](const auto& message) { return message.has_configuration(); });
  };
  Acknowledge("FIELD_TAKEN");
  EXPECT_FALSE(sends("1", "rules"));
  EXPECT_TRUE(sends("2", "rules")) << "another program";
  Acknowledge("FIELD_TAKEN");
  EXPECT_FALSE(sends("2", "rules"));
  EXPECT_TRUE(sends("2", "other rules")) << "another local policy";
  EXPECT_TRUE(sends("2", "")) << "one that does not say what it judges by";
  Acknowledge("FIELD_TAKEN");
  EXPECT_TRUE(sends("2", "")) << "nor ever did";
}

TEST_F(AgentReportsTest, ARejectionIsForgottenWithTheConfiguration) {
  Acknowledge("FIELD_TAKEN");
  ASSERT_THAT(integrations_.SetActive("integrations/main", false, ""), IsOk());
  session_ = Connect("1", "rules");
  const auto messages = Sent(*session_);
  ASSERT_TRUE(messages[0].has_configuration());
  EXPECT_EQ(Get().integrations(0).rejection().reason(), "FIELD_TAKEN") << "until then";
  configuration_ = messages[0].configuration();
  Acknowledge();
  EXPECT_FALSE(Get().integrations(0).has_rejection());
  EXPECT_EQ(Get().integrations(0).rejected_revision(), 0);
}

}  // namespace
}  // namespace guestbridge::server
