#include "server/api/standby.h"

#include <memory>
#include <utility>

#include "server/api/api_fixture_test.h"
#include "server/api/system_status.h"
#include "server/store/fitful_store_test.h"

namespace guestbridge::server {
namespace {

using ::guestbridge::testing::IsOk;
using ::guestbridge::testing::StatusIs;

constexpr char kMain[] = "integrations/main";

class StandbyTest : public ApiFixture {
 protected:
  // An agent whose stream a test may end.
  struct Connected {
    std::shared_ptr<Session> session;
    int stream = 0;
  };
  Connected Connect(const std::string& name,
                    const std::vector<std::string>& ledgers = {}) {
    Connected connected;
    connected.session = ConnectAgent(name, "of " + name, ledgers);
    connected.stream = stream_;
    return connected;
  }
  // As of one that was killed or stopped: no goodbye.
  void Lose(const Connected& lost) {
    lost.session->Detach(lost.stream);
    sessions_.StreamEnded(lost.session);
    agents_.StreamEnded(lost.session);
  }
  std::vector<v1::WatchResponse> SentTo(const Connected& agent) {
    stream_ = agent.stream;
    return Sent(*agent.session);
  }

  // A server beside the fixture's, or after it.
  struct OtherServer {
    OtherServer(Store& store, Sealer& sealer, const Clock& clock, Random& random,
                const std::string& before)
        : sessions(clock, random, "two", before),
          leases(store, clock),
          dispatcher(store, sealer, sessions, false),
          agents(store, clock, sessions, dispatcher, leases) {}
    SessionHub sessions;
    Leases leases;
    Dispatcher dispatcher;
    Agents agents;
  };
  static Connected ConnectTo(OtherServer& server, const std::string& name) {
    v1::HelloRequest request;
    request.set_agent(name);
    request.set_installation("of " + name);
    const auto response = server.agents.Hello(request);
    EXPECT_THAT(response, IsOk());
    Connected connected;
    connected.session = *server.agents.Enter(response->session());
    connected.stream = connected.session->Attach(std::make_shared<Waker>([] {}));
    server.agents.StreamBegan(connected.session);
    server.dispatcher.Begin(connected.session);
    return connected;
  }

  absl::Status NameStandby(const std::string& agent,
                           const Reach& reach = Reach::Everything(),
                           const std::string& id = "main") {
    v1::UpdateIntegrationRequest request;
    request.mutable_integration()->set_name("integrations/" + id);
    request.mutable_integration()->set_standby_agent(agent);
    request.mutable_update_mask()->add_paths("standby_agent");
    const absl::Status updated = integrations_.Update(request, reach).status();
    dispatcher_.OnChanges({{.revision = 1, .key = keys::Integration(id)}});
    return updated;
  }

  // "a" serves it, "b" stands by.
  void PreparePair() {
    first_ = Connect("a");
    Prepare("main");
    dispatcher_.OnChanges({{.revision = 1, .key = keys::Connection("main")}});
    second_ = Connect("b");
    ASSERT_THAT(NameStandby("b"), IsOk());
    ASSERT_EQ(Serving(), "a");
    dispatcher_.CatchUp();
  }

  std::string Serving() {
    return connections_.Get("integrations/main/connection")->assigned_agent();
  }
  std::string StandingBy() { return integrations_.Get(kMain)->standby_agent(); }

  // Seconds pass as on a server.
  void Pass(int seconds) { Pass(seconds, dispatcher_); }
  void Pass(int seconds, Dispatcher& dispatcher) {
    for (int i = 0; i < seconds; ++i) {
      clock_.Advance(absl::Seconds(1));
      dispatcher.CatchUp();
    }
  }

  absl::StatusOr<v1::Lease> Lease(const Connected& agent, const std::string& ledger) {
    v1::AcquireLeaseRequest request;
    request.set_integration(kMain);
    request.set_base_identity("base");
    request.mutable_ledger()->set_ledger(ledger);
    return leases_.Acquire(*agent.session, request);
  }

  // A run of main has begun, and the first one has reported so: its report.
  v1::ReportRunRequest ReportRunOfFirst() {
    const auto run = StartExport("main");
    EXPECT_THAT(run, IsOk());
    v1::ReportRunRequest report;
    *report.mutable_run() = *run;
    report.mutable_run()->set_state(v1::Run::RUNNING);
    report.set_sequence(1);
    EXPECT_THAT(runs_.Report(*first_.session, report), IsOk());
    return report;
  }

  std::vector<std::string> Attention() {
    SystemStatus status(*store_, clock_, sessions_, credentials_, "1");
    std::vector<std::string> reasons;
    const auto got = status.Get();
    for (const auto& why : got->integrations(0).attention()) {
      reasons.push_back(why.reason());
    }
    return reasons;
  }

  Connected first_;
  Connected second_;
};

TEST_F(StandbyTest, TakesOverFromAnAgentThatIsSilentForAMinute) {
  PreparePair();
  SentTo(second_);
  const std::string etag = integrations_.Get(kMain)->etag();
  Lose(first_);
  Pass(55);
  EXPECT_EQ(Serving(), "a");
  Pass(6);
  EXPECT_EQ(Serving(), "b");
  EXPECT_EQ(StandingBy(), "a") << "they change places";
  const auto integration = integrations_.Get(kMain);
  EXPECT_TRUE(integration->has_takeover_time());
  EXPECT_NE(integration->etag(), etag);
  const auto sent = SentTo(second_);
  ASSERT_EQ(sent.size(), 1U);
  EXPECT_EQ(sent[0].configuration().integration(), kMain);
}

TEST_F(StandbyTest, WaitsForTheEndOfTheLeaseAndThenForTheSettleTime) {
  PreparePair();
  ASSERT_THAT(Lease(first_, "one"), IsOk());
  EXPECT_THAT(Lease(second_, "two"), StatusIs(absl::StatusCode::kFailedPrecondition,
                                              "INTEGRATION_NOT_ASSIGNED"));
  Pass(40);
  ASSERT_THAT(Lease(first_, "one"), IsOk());
  Lose(first_);
  Pass(59);
  EXPECT_EQ(Serving(), "a") << "its lease has a second to run";
  Pass(6);
  ASSERT_EQ(Serving(), "b");
  EXPECT_THAT(Lease(second_, "two"),
              StatusIs(absl::StatusCode::kUnavailable, "LEASE_HELD"));
  clock_.Advance(absl::Seconds(120));
  const auto lease = Lease(second_, "two");
  ASSERT_THAT(lease, IsOk());
  EXPECT_TRUE(lease->cold());
}

TEST_F(StandbyTest, TheFirstOneStandsByWhenItIsBackAndIsToldSo) {
  PreparePair();
  Lose(first_);
  Pass(61);
  ASSERT_EQ(Serving(), "b");
  EXPECT_THAT(Attention(), ::testing::Contains("STANDBY_AWAY"));
  const Connected back = Connect("a");
  bool told = false;
  for (const v1::WatchResponse& message : SentTo(back)) {
    EXPECT_FALSE(message.has_configuration());
    told = told || message.removed().integration() == kMain;
  }
  EXPECT_TRUE(told);
  EXPECT_THAT(Attention(), ::testing::Not(::testing::Contains("STANDBY_AWAY")));
  EXPECT_THAT(Lease(back, "one"), StatusIs(absl::StatusCode::kFailedPrecondition,
                                           "INTEGRATION_NOT_ASSIGNED"));
  Pass(600);
  EXPECT_EQ(Serving(), "b") << "it does not take back what works";
  Lose(second_);
  Pass(66);
  EXPECT_EQ(Serving(), "a");
}

TEST_F(StandbyTest, TheFirstOneIsToldOnceThoughItIsNotTheStandbyAnyMore) {
  PreparePair();
  Lose(first_);
  Pass(61);
  ASSERT_EQ(Serving(), "b");
  ASSERT_THAT(NameStandby(""), IsOk());
  const Connected back = Connect("a", {"main"});
  auto sent = SentTo(back);
  ASSERT_EQ(sent.size(), 2U);
  EXPECT_EQ(sent[0].removed().integration(), kMain);
  EXPECT_TRUE(sent[1].has_caught_up());
  ASSERT_THAT(integrations_.SetActive(kMain, false, ""), IsOk());
  ASSERT_THAT(NameStandby("a"), IsOk());
  EXPECT_EQ(SentTo(back).size(), 0U);
}

TEST_F(StandbyTest, ARunThatGoesOnIsTheOtherOnesAndWhatTheFirstReportsIsRefused) {
  PreparePair();
  v1::ReportRunRequest report = ReportRunOfFirst();
  const std::string name = report.run().name();
  Lose(first_);
  Pass(61);
  bool handed_out = false;
  for (const v1::WatchResponse& message : SentTo(second_)) {
    handed_out = handed_out || message.task().run().run().name() == name;
  }
  EXPECT_TRUE(handed_out);
  const Connected back = Connect("a");
  report.mutable_run()->set_state(v1::Run::FAILED);
  report.set_sequence(2);
  EXPECT_EQ(ReasonOf(runs_.Report(*back.session, report).status()),
            "INTEGRATION_NOT_ASSIGNED");
  EXPECT_EQ(runs_.Get(name)->state(), v1::Run::RUNNING);
}

TEST_F(StandbyTest, TakesOverFromTheAgentThatTheConnectionNames) {
  first_ = Connect("a");
  CreateIntegration("main");
  v1::Connection connection = WebhookConnection("main");
  connection.set_agent("a");
  ASSERT_THAT(connections_.Save(connection), IsOk());
  SaveMapping("main");
  second_ = Connect("b");
  ASSERT_THAT(NameStandby("b"), IsOk());
  Lose(first_);
  Pass(66);
  EXPECT_EQ(Serving(), "b");
  EXPECT_EQ(connections_.Get("integrations/main/connection")->agent(), "b");
}

TEST_F(StandbyTest, ChangesPlacesWithTheOneInWhosePlaceAPersonNamesIt) {
  PreparePair();
  v1::ReportRunRequest report = ReportRunOfFirst();
  const std::string etag = integrations_.Get(kMain)->etag();

  v1::Connection connection = WebhookConnection("main");
  connection.set_agent("b");
  ASSERT_THAT(connections_.Save(connection), IsOk());
  EXPECT_EQ(Serving(), "b");
  EXPECT_EQ(StandingBy(), "a");
  EXPECT_NE(integrations_.Get(kMain)->etag(), etag);
  EXPECT_FALSE(integrations_.Get(kMain)->has_takeover_time()) << "nobody was lost";
  report.set_sequence(2);
  EXPECT_EQ(ReasonOf(runs_.Report(*first_.session, report).status()),
            "INTEGRATION_NOT_ASSIGNED");
  dispatcher_.OnChanges({{.revision = 1, .key = keys::Connection("main")}});
  EXPECT_THAT(Attention(), ::testing::Not(::testing::Contains("STANDBY_SERVES")));

  // Named no longer: whoever the server chose before.
  connection.clear_agent();
  ASSERT_THAT(connections_.Save(connection), IsOk());
  EXPECT_EQ(Serving(), "a");
  EXPECT_EQ(StandingBy(), "b");
  connection.set_agent("c");
  ASSERT_THAT(connections_.Save(connection), IsOk());
  EXPECT_EQ(StandingBy(), "b") << "a third one leaves it where it is";
}

TEST_F(StandbyTest, TheStandbyOfNobodyThatServesAsTheOnlyOneIsNoStandbyAnyMore) {
  first_ = Connect("a");
  second_ = Connect("b");
  Prepare("main");
  ASSERT_THAT(NameStandby("b"), IsOk());
  ASSERT_EQ(Serving(), "") << "which of the two is for a person to say";
  ASSERT_THAT(agents_.Goodbye(first_.session), IsOk());
  dispatcher_.OnChanges({{.revision = 1, .key = keys::Integration("main")}});
  EXPECT_EQ(Serving(), "b");
  EXPECT_EQ(StandingBy(), "");
  EXPECT_THAT(Attention(), ::testing::Not(::testing::Contains("STANDBY_SERVES")));
}

TEST_F(StandbyTest, AnAgentThatSaidGoodbyeHasAMinuteToComeBack) {
  PreparePair();
  ASSERT_THAT(agents_.Goodbye(first_.session), IsOk());
  dispatcher_.OnChanges({{.revision = 1, .key = keys::Agent("a")}});
  Pass(50);
  EXPECT_EQ(Serving(), "a");
  Connect("a");
  Pass(50);
  EXPECT_EQ(Serving(), "a");
}

TEST_F(StandbyTest, AnIdleAgentWhoseStreamEndsHasAMinuteToComeBack) {
  PreparePair();
  Pass(540);
  Lose(first_);
  Pass(55);
  EXPECT_EQ(Serving(), "a");
  Pass(6);
  EXPECT_EQ(Serving(), "b");
}

TEST_F(StandbyTest, AfterAnOutageOfTheServerTheFirstOneHasAMinuteToComeBack) {
  PreparePair();
  clock_.Advance(absl::Seconds(75));
  OtherServer after(*store_, *sealer_, clock_, random_, "one");
  ConnectTo(after, "b");
  Pass(55, after.dispatcher);
  EXPECT_EQ(Serving(), "a");
  Pass(11, after.dispatcher);
  EXPECT_EQ(Serving(), "b") << "it did not come";
}

TEST_F(StandbyTest, NobodyTakesOverWhoIsAway) {
  PreparePair();
  Lose(first_);
  Lose(second_);
  Pass(600);
  EXPECT_EQ(Serving(), "a");
}

TEST_F(StandbyTest, NobodyTakesOverWhoWasJustBannedOrEvicted) {
  PreparePair();
  Lose(first_);
  Pass(59);
  const auto keep_out = [&](bool banned) {
    ASSERT_THAT(store_->Write([&](Transaction& t) -> absl::Status {
      auto record = GetRecord<store::AgentRecord>(t, keys::Agent("b"));
      if (!record.ok()) return record.status();
      (*record)->value.set_banned(banned);
      (*record)->value.set_evicted_epoch((*record)->value.session_epoch() + 1);
      return PutRecord(t, keys::Agent("b"), (*record)->value);
    }),
                IsOk());
  };
  // This server has not heard of it yet.
  for (const bool banned : {true, false}) {
    keep_out(banned);
    Pass(60);
    EXPECT_EQ(Serving(), "a") << banned;
  }
  ASSERT_NE(ConnectAgent("b", "of b"), nullptr);
  Pass(10);
  EXPECT_EQ(Serving(), "b") << "it is back";
}

TEST_F(StandbyTest, IsAnAgentThatIsKnownAndAnother) {
  PreparePair();
  EXPECT_EQ(ReasonOf(NameStandby("a")), "STANDBY_SERVES");
  EXPECT_EQ(ReasonOf(NameStandby("nobody")), "AGENT_NOT_FOUND");
  EXPECT_EQ(ReasonOf(NameStandby("not a name")), "AGENT_NAME_INVALID");
  EXPECT_EQ(StandingBy(), "b");
  EXPECT_THAT(NameStandby(""), IsOk());
  EXPECT_EQ(StandingBy(), "");
}

TEST_F(StandbyTest, IsNotAnotherHotelsAgentForWhoMayOnlyThisOne) {
  PreparePair();
  Connect("c");
  const Reach reach = Reach::Of("/guestbridge.v1.IntegrationService/UpdateIntegration",
                                {{Role::kAdmin, "main"}});
  ASSERT_TRUE(reach.Has("main"));
  EXPECT_EQ(ReasonOf(NameStandby("c", reach)), "AGENT_NOT_FOUND");
  EXPECT_THAT(NameStandby("", reach), IsOk());
}

// "a" at the fixture's server, "b" at another one, whose database comes and goes.
class StandbyReplicasTest : public StandbyTest {
 protected:
  void TellOther(const std::string& id) {
    two_.dispatcher.OnChanges({{.revision = 1, .key = keys::Integration(id)}});
  }

  void PreparePair() {
    first_ = Connect("a");
    Prepare("main");
    dispatcher_.OnChanges({{.revision = 1, .key = keys::Connection("main")}});
    second_ = ConnectTo(two_, "b");
    ASSERT_THAT(NameStandby("b"), IsOk());
    TellOther("main");
    ASSERT_EQ(Serving(), "a");
    dispatcher_.CatchUp();
    two_.dispatcher.CatchUp();
  }

  // Seconds pass as on both servers.
  void Pass(int seconds) {
    for (int i = 0; i < seconds; ++i) {
      clock_.Advance(absl::Seconds(1));
      agents_.Vouch();
      two_.agents.Vouch();
      dispatcher_.CatchUp();
      two_.dispatcher.CatchUp();
    }
  }

  FitfulStore fitful_{*store_};
  OtherServer two_{fitful_, *sealer_, clock_, random_, ""};
};

TEST_F(StandbyReplicasTest, NobodyTakesOverFromWhomAnotherServerHearsOf) {
  PreparePair();
  Pass(300);
  EXPECT_EQ(Serving(), "a");
}

TEST_F(StandbyReplicasTest, TakesOverFromWhomAnotherServerLostWhenTheLeaseHasEnded) {
  PreparePair();
  Pass(60);
  Lose(first_);
  Pass(20);
  ASSERT_THAT(Lease(first_, "one"), IsOk());
  Pass(55);
  EXPECT_EQ(Serving(), "a") << "silent for a minute, but its lease runs";
  Pass(10);
  EXPECT_EQ(Serving(), "b");
  EXPECT_EQ(StandingBy(), "a");
  EXPECT_GT(two_.dispatcher.SentTo("b", "main").revision, 0) << "it is configured";
}

TEST_F(StandbyReplicasTest, TwoServersThatLookAtOnceTakeOverOnce) {
  PreparePair();
  Pass(60);
  Lose(first_);
  Pass(59);
  ASSERT_EQ(Serving(), "a");
  // It goes from one to the other, where that is not known yet.
  Connect("b");
  clock_.Advance(absl::Seconds(1));
  std::string etag;
  fitful_.before_write = [&] {
    if (!etag.empty()) return;
    dispatcher_.CatchUp();
    etag = integrations_.Get(kMain)->etag();
    EXPECT_EQ(Serving(), "b") << "this one was first";
  };
  two_.dispatcher.CatchUp();
  ASSERT_FALSE(etag.empty()) << "the other one wanted to, as well";
  EXPECT_EQ(Serving(), "b");
  EXPECT_EQ(StandingBy(), "a");
  EXPECT_EQ(integrations_.Get(kMain)->etag(), etag);
}

TEST_F(StandbyReplicasTest,
       AfterAnOutageOfTheDatabaseServersHaveAMinuteToTellWhoLives) {
  PreparePair();
  Pass(60);
  fitful_.reads_left = 0;
  fitful_.writable = false;
  StandbyTest::Pass(75, two_.dispatcher);
  fitful_.reads_left = -1;
  fitful_.writable = true;
  StandbyTest::Pass(10, two_.dispatcher);
  EXPECT_EQ(Serving(), "a") << "the other server did not say yet that it has it";
  Pass(120);
  EXPECT_EQ(Serving(), "a");
}

TEST_F(StandbyReplicasTest, AServerThatStoodStillLooksForAMinuteFirst) {
  PreparePair();
  Pass(60);
  clock_.Advance(absl::Seconds(75));
  StandbyTest::Pass(10, two_.dispatcher);
  EXPECT_EQ(Serving(), "a");
  Pass(120);
  EXPECT_EQ(Serving(), "a");
}

TEST_F(StandbyReplicasTest, ADatabaseThatDoesNotAnswerIsNotAskedAboutEachStandby) {
  PreparePair();
  for (const std::string id : {"second", "third"}) {
    CreateIntegration(id);
    v1::Connection connection = WebhookConnection(id);
    connection.mutable_source()->set_url("http://1c.example.com/" + id);
    connection.set_agent("a");
    ASSERT_THAT(connections_.Save(connection), IsOk());
    ASSERT_THAT(NameStandby("b", Reach::Everything(), id), IsOk());
    TellOther(id);
  }
  Pass(65);
  fitful_.refused = 0;
  fitful_.reads_left = 1;
  StandbyTest::Pass(5, two_.dispatcher);
  EXPECT_EQ(fitful_.refused, 1);
}

}  // namespace
}  // namespace guestbridge::server
