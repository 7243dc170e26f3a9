#include "server/api/presence.h"

#include <utility>

#include "server/api/api_fixture_test.h"
#include "server/api/enrollments.h"
#include "server/api/system_status.h"
#include "server/identity/peer_certificate.h"
#include "server/store/fitful_store_test.h"
#include "server/store/watched_store_test.h"

// Two servers on one store: agents at the one, seen from the other.
namespace guestbridge::server {
namespace {

using ::guestbridge::testing::IsOk;
using ::guestbridge::testing::StatusIs;
using ::testing::ElementsAre;

class PresenceTest : public ApiFixture {
 protected:
  // The server beside the fixture's.
  struct OtherServer {
    OtherServer(Store& store, Sealer& sealer, const Clock& clock, Random& random)
        : sessions(clock, random, "two"),
          runs(store, clock, sessions),
          leases(store, clock),
          dispatcher(store, sealer, sessions, false),
          agents(store, clock, sessions, dispatcher, leases) {}
    SessionHub sessions;
    Runs runs;
    Leases leases;
    Dispatcher dispatcher;
    Agents agents;
  };

  std::shared_ptr<Session> ConnectToOther(const std::string& name,
                                          const std::string& installation) {
    v1::HelloRequest request;
    request.set_agent(name);
    request.set_installation(installation);
    const auto response = two_.agents.Hello(request);
    if (!response.ok()) return nullptr;
    const auto session = two_.agents.Enter(response->session());
    if (!session.ok()) return nullptr;
    other_stream_ = (*session)->Attach(std::make_shared<Waker>([] {}));
    two_.agents.StreamBegan(*session);
    two_.dispatcher.Begin(*session);
    return *session;
  }

  // Of the agent connected to the other server last.
  std::vector<v1::WatchResponse> SentByOther(Session& session) {
    std::vector<v1::WatchResponse> messages;
    while (true) {
      Session::Step step = session.Next(other_stream_);
      if (!step.message.has_value()) return messages;
      messages.push_back(*std::move(step.message));
    }
  }

  bool IsConnectedHere(const std::string& agent) {
    return agents_.Get("agents/" + agent)->connected();
  }

  int64_t Revision() { return store_->WaitForRevision(0, absl::ZeroDuration()); }

  OtherServer two_{*store_, *sealer_, clock_, random_};
  int other_stream_ = 0;
};

TEST_F(PresenceTest, AnAgentAtAnotherServerIsShownAsConnectedUntilItIsNot) {
  const auto session = ConnectToOther("a", "inst");
  Prepare("main");
  SystemStatus status(*store_, clock_, sessions_, credentials_, "1");
  EXPECT_TRUE(IsConnectedHere("a"));
  EXPECT_TRUE(status.Get()->integrations(0).agent_connected());
  EXPECT_EQ(StartExport("main")->notices_size(), 0);

  session->Detach(other_stream_);
  two_.agents.StreamEnded(session);
  EXPECT_FALSE(IsConnectedHere("a"));
  EXPECT_FALSE(status.Get()->integrations(0).agent_connected());
}

TEST_F(PresenceTest, AnAgentThatIsBannedAtAnotherServerIsNotConnected) {
  ConnectToOther("a", "inst");
  Prepare("main");
  ASSERT_TRUE(IsConnectedHere("a"));
  Enrollments enrollments(*store_, clock_, random_,
                          MakeError("AGENT_AUTHORITY_NOT_SHARED"));
  ASSERT_THAT(enrollments.Ban("agents/a"), IsOk());
  two_.agents.OnChanges(*store_->ChangesAfter(0, 1000));
  two_.agents.Vouch();
  EXPECT_FALSE(IsConnectedHere("a"));
  SystemStatus status(*store_, clock_, sessions_, credentials_, "1");
  EXPECT_FALSE(status.Get()->integrations(0).agent_connected());
  const auto run = StartExport("main");
  ASSERT_THAT(run, IsOk());
  ASSERT_EQ(run->notices_size(), 1);
  EXPECT_EQ(run->notices(0).reason(), "AGENT_AWAY_BANNED");
}

TEST_F(PresenceTest, WhatAnAgentServedThatIsBannedAtAnotherServerComesHereAtOnce) {
  ConnectToOther("a", "inst");
  Prepare("main");
  const auto here = ConnectAgent("b", "two");
  ASSERT_NE(here, nullptr);
  Sent(*here);
  Enrollments enrollments(*store_, clock_, random_,
                          MakeError("AGENT_AUTHORITY_NOT_SHARED"));
  ASSERT_THAT(enrollments.Ban("agents/a"), IsOk());
  dispatcher_.OnChanges({{.revision = 1, .key = keys::Agent("a")}});
  const auto sent = Sent(*here);
  ASSERT_EQ(sent.size(), 1U);
  EXPECT_EQ(sent[0].configuration().integration(), "integrations/main");
}

TEST_F(PresenceTest, ABanThatCouldNotBeReadEndsTheSessionWhenTheDatabaseIsBack) {
  FitfulStore fitful(*store_);
  SessionHub sessions(clock_, random_, "three");
  Agents agents(fitful, clock_, sessions, dispatcher_, leases_);
  v1::HelloRequest request;
  request.set_agent("a");
  request.set_installation("inst");
  const auto hello = agents.Hello(request);
  ASSERT_THAT(hello, IsOk());
  const auto session = *agents.Enter(hello->session());
  session->Attach(std::make_shared<Waker>([] {}));
  agents.StreamBegan(session);
  Enrollments enrollments(*store_, clock_, random_,
                          MakeError("AGENT_AUTHORITY_NOT_SHARED"));
  ASSERT_THAT(enrollments.Ban("agents/a"), IsOk());
  fitful.reads_left = 0;
  agents.OnChanges(*store_->ChangesAfter(0, 1000));
  fitful.reads_left = -1;
  agents.Vouch();
  EXPECT_TRUE(session->closed()) << "without waiting for its turn";
}

TEST_F(PresenceTest, WhoWasEvictedAtAnotherServerKeepsNoName) {
  ConnectToOther("a", "stolen");
  ASSERT_THAT(store_->Write([](Transaction& transaction) {
    store::EnrollmentRecord enrollment;
    enrollment.mutable_join_token()->set_digest("d");
    return PutRecord(transaction, EnrollmentKey("a"), enrollment);
  }),
              IsOk());
  EXPECT_EQ(ConnectAgent("a", "new"), nullptr) << "it lives there";
  Enrollments enrollments(*store_, clock_, random_,
                          MakeError("AGENT_AUTHORITY_NOT_SHARED"));
  ASSERT_THAT(enrollments.Evict("agents/a"), IsOk());
  two_.agents.OnChanges(*store_->ChangesAfter(0, 1000));
  EXPECT_NE(ConnectAgent("a", "new"), nullptr);
}

TEST_F(PresenceTest, AServerThatDiedVouchesForNobody) {
  ConnectToOther("a", "inst");
  clock_.Advance(absl::Seconds(40));
  two_.agents.Vouch();
  clock_.Advance(absl::Seconds(40));
  EXPECT_TRUE(IsConnectedHere("a"));
  clock_.Advance(absl::Seconds(21));
  EXPECT_FALSE(IsConnectedHere("a"));
  two_.agents.Vouch();
  EXPECT_TRUE(IsConnectedHere("a")) << "it was only slow";
}

TEST_F(PresenceTest, TheOnlyAgentIsTheOnlyOneOfAllServers) {
  ConnectToOther("b", "two");
  Prepare("main");
  EXPECT_EQ(connections_.Get("integrations/main/connection")->assigned_agent(), "b");

  const auto here = ConnectAgent("a", "one");
  CreateIntegration("second");
  v1::Connection connection = WebhookConnection("second");
  connection.mutable_source()->set_url("http://1c.example.com/other");
  ASSERT_THAT(connections_.Save(connection), IsOk());
  dispatcher_.OnChanges({{.revision = 1, .key = keys::Connection("second")}});
  EXPECT_EQ(connections_.Get("integrations/second/connection")->assigned_agent(), "");
  SaveMapping("second");
  const auto run = StartExport("second");
  ASSERT_THAT(run, IsOk());
  ASSERT_EQ(run->notices_size(), 1);
  EXPECT_EQ(run->notices(0).reason(), "AGENT_NOT_CHOSEN");
}

TEST_F(PresenceTest, AnAgentIsTheOnlyOneWhenTheServerOfTheOtherHasDied) {
  ConnectToOther("b", "two");
  ASSERT_NE(ConnectAgent("a", "one"), nullptr);
  Prepare("main");
  dispatcher_.OnChanges({{.revision = 1, .key = keys::Connection("main")}});
  EXPECT_EQ(connections_.Get("integrations/main/connection")->assigned_agent(), "");
  clock_.Advance(absl::Seconds(61));
  agents_.Vouch();
  dispatcher_.OnChanges({{.revision = 2, .key = keys::Agent("a")}});
  EXPECT_EQ(connections_.Get("integrations/main/connection")->assigned_agent(), "a");
}

TEST_F(PresenceTest, ARunIsCancelledThroughItsAgentAtAnotherServer) {
  Prepare("main");
  const auto session = ConnectToOther("a", "inst");
  const auto run = StartExport("main");
  ASSERT_THAT(run, IsOk());
  two_.dispatcher.OnChanges({{.revision = 1, .key = "runs/main/1"}});
  ASSERT_FALSE(SentByOther(*session).empty());
  v1::ReportRunRequest report;
  *report.mutable_run() = *run;
  report.set_sequence(1);
  report.mutable_run()->set_state(v1::Run::RUNNING);
  ASSERT_THAT(two_.runs.Report(*session, report), IsOk());

  const auto cancelled = runs_.Cancel(run->name());
  ASSERT_THAT(cancelled, IsOk());
  EXPECT_EQ(cancelled->state(), v1::Run::RUNNING) << "its agent ends it";
  two_.dispatcher.OnChanges({{.revision = 2, .key = "runs/main/1"}});
  const auto messages = SentByOther(*session);
  ASSERT_EQ(messages.size(), 1U);
  EXPECT_EQ(messages[0].cancel_run(), run->name());
}

TEST_F(PresenceTest, NobodyVouchesForAnAgentThatSaysGoodbye) {
  WatchedStore watched(*store_);
  Agents agents(watched, clock_, sessions_, dispatcher_, leases_);
  const auto session = ConnectAgent("a", "inst");
  clock_.Advance(absl::Seconds(21));
  bool vouched = false;
  watched.after_write = [&] {
    if (!std::exchange(vouched, true)) agents.Vouch();
  };
  ASSERT_THAT(agents.Goodbye(session), IsOk());
  EXPECT_FALSE(two_.agents.Get("agents/a")->connected());
}

TEST_F(PresenceTest, AnAgentThatMovesEndsItsSessionAtTheServerBefore) {
  const auto before = ConnectToOther("a", "inst");
  ASSERT_NE(ConnectAgent("a", "inst"), nullptr);
  two_.agents.OnChanges({{.revision = 1, .key = keys::Agent("a")}});
  const Session::Step step = before->Next(other_stream_);
  ASSERT_TRUE(step.end.has_value());
  EXPECT_EQ(ReasonOf(*step.end), "SESSION_REPLACED");
  EXPECT_THAT(two_.agents.Enter(before->identity().token),
              StatusIs(absl::StatusCode::kUnauthenticated, "SESSION_UNKNOWN"));
  before->Detach(other_stream_);
  two_.agents.StreamEnded(before);
  EXPECT_TRUE(IsConnectedHere("a"));
}

TEST_F(PresenceTest, AServerThatWasNotToldFindsOutWhenItVouches) {
  const auto before = ConnectToOther("a", "inst");
  ASSERT_NE(ConnectAgent("a", "inst"), nullptr);
  clock_.Advance(absl::Seconds(20));
  two_.agents.Vouch();
  EXPECT_TRUE(before->closed());
  EXPECT_TRUE(IsConnectedHere("a"));
}

TEST_F(PresenceTest, ANameThatLivesAtAnotherServerIsTaken) {
  ASSERT_NE(ConnectAgent("a", "inst"), nullptr);
  ASSERT_NE(ConnectToOther("a", "inst"), nullptr) << "it moves there";
  agents_.OnChanges({{.revision = 1, .key = keys::Agent("a")}});
  clock_.Advance(absl::Seconds(61));
  two_.agents.Vouch();
  v1::HelloRequest clone;
  clone.set_agent("a");
  clone.set_installation("clone");
  EXPECT_EQ(ReasonOf(agents_.Hello(clone).status()), "AGENT_NAME_IN_USE");
  clock_.Advance(absl::Seconds(61));
  EXPECT_THAT(agents_.Hello(clone), IsOk()) << "that server is gone";
}

TEST_F(PresenceTest, AStrangerAtAnotherServerGivesTheNameUpToTheCertificatesOwner) {
  const Caller any{.principal = "apiTokens/q8", .name = "", .grants = {}, .agent = ""};
  v1::HelloRequest hello;
  hello.set_agent("a");
  hello.set_installation("stranger");
  const auto said = two_.agents.Hello(hello, any);
  ASSERT_THAT(said, IsOk());
  const auto there = *two_.agents.Enter(said->session(), any.principal);
  there->Attach(std::make_shared<Waker>([] {}));
  two_.agents.StreamBegan(there);
  hello.set_installation("own");
  EXPECT_EQ(ReasonOf(agents_.Hello(hello).status()), "AGENT_NAME_IN_USE");
  const Caller owner{.principal = "agents/a", .name = "a", .grants = {}, .agent = "a"};
  EXPECT_THAT(agents_.Hello(hello, owner), IsOk());
  two_.agents.OnChanges({{.revision = 1, .key = keys::Agent("a")}});
  EXPECT_TRUE(there->closed());
}

TEST_F(PresenceTest, AnIdleAgentKeepsItsNameForAMinuteAfterItsStreamEnded) {
  const auto session = ConnectAgent("a", "inst");
  clock_.Advance(absl::Minutes(9));
  session->Detach(stream_);
  sessions_.StreamEnded(session);
  agents_.StreamEnded(session);
  v1::HelloRequest clone;
  clone.set_agent("a");
  clone.set_installation("clone");
  clock_.Advance(absl::Seconds(59));
  EXPECT_EQ(ReasonOf(agents_.Hello(clone).status()), "AGENT_NAME_IN_USE");
  EXPECT_EQ(ReasonOf(two_.agents.Hello(clone).status()), "AGENT_NAME_IN_USE");
  clock_.Advance(absl::Seconds(1));
  EXPECT_THAT(agents_.Hello(clone), IsOk());
}

TEST_F(PresenceTest, WhoMayNotHaveANameIsNotBelievedEither) {
  ASSERT_NE(ConnectToOther("a", "inst"), nullptr);
  v1::HelloRequest clone;
  clone.set_agent("a");
  clone.set_installation("clone");
  clone.set_known_revision(5000);
  EXPECT_EQ(ReasonOf(agents_.Hello(clone).status()), "AGENT_NAME_IN_USE");
  EXPECT_EQ(store_->Rewinds(), 0);
}

TEST_F(PresenceTest, ANameWhoseAgentWasElsewhereSinceIsKeptForIt) {
  ASSERT_NE(ConnectAgent("a", "inst"), nullptr);
  clock_.Advance(absl::Seconds(10));
  const auto there = ConnectToOther("a", "inst");
  ASSERT_NE(there, nullptr);
  agents_.OnChanges({{.revision = 1, .key = keys::Agent("a")}});
  there->Detach(other_stream_);
  two_.agents.StreamEnded(there);
  clock_.Advance(absl::Seconds(1));
  v1::HelloRequest hello;
  hello.set_agent("a");
  hello.set_installation("clone");
  EXPECT_EQ(ReasonOf(agents_.Hello(hello).status()), "AGENT_NAME_IN_USE");
  hello.set_installation("inst");
  EXPECT_THAT(agents_.Hello(hello), IsOk());
}

TEST_F(PresenceTest, AnAgentWhoseRowIsDamagedHoldsUpNoOther) {
  ConnectToOther("a", "one");
  ConnectToOther("b", "two");
  ASSERT_THAT(store_->Write([](Transaction& t) {
    return t.Put(keys::Agent("a"), "\xff not a message");
  }),
              IsOk());
  clock_.Advance(absl::Seconds(40));
  two_.agents.Vouch();
  clock_.Advance(absl::Seconds(40));
  EXPECT_TRUE(IsConnectedHere("b"));
  ASSERT_THAT(store_->Read([&](Transaction& t) -> absl::Status {
    EXPECT_THAT(*ConnectedAgents(t, sessions_), ElementsAre("b"));
    EXPECT_THAT(*ConnectedAgents(t, two_.sessions), ElementsAre("a", "b"));
    return absl::OkStatus();
  }),
              IsOk());
}

TEST_F(PresenceTest, SessionsOfTheProcessBeforeAreOverThoseOfACopyAreNot) {
  ConnectToOther("a", "one");
  const SessionHub back(clock_, random_, "two again", "two");
  const SessionHub copy(clock_, random_, "copy of two");
  ASSERT_THAT(store_->Read([&](Transaction& t) -> absl::Status {
    EXPECT_FALSE(*IsConnected(t, back, "a"));
    EXPECT_TRUE(*IsConnected(t, copy, "a"));
    return absl::OkStatus();
  }),
              IsOk());
}

TEST_F(PresenceTest, WritesForAllAgentsTogetherAndNotMoreOftenThanNeeded) {
  ConnectToOther("a", "one");
  ConnectToOther("b", "two");
  const int64_t before = Revision();
  two_.agents.Vouch();
  clock_.Advance(absl::Seconds(19));
  two_.agents.Vouch();
  EXPECT_EQ(Revision(), before);
  clock_.Advance(absl::Seconds(1));
  two_.agents.Vouch();
  two_.agents.Vouch();
  EXPECT_EQ(Revision(), before + 1);
  agents_.Vouch();
  EXPECT_EQ(Revision(), before + 1) << "of one's own agents only";
}

TEST_F(PresenceTest, AgentsThatCameAtOddTimesAndCallAreWrittenTogether) {
  two_.agents.Vouch();
  const auto a = ConnectToOther("a", "one");
  clock_.Advance(absl::Seconds(7));
  const auto b = ConnectToOther("b", "two");
  const int64_t before = Revision();
  for (int look = 0; look < 12; ++look) {
    clock_.Advance(absl::Seconds(5));
    ASSERT_THAT(two_.agents.Enter(a->identity().token), IsOk());
    ASSERT_THAT(two_.agents.Enter(b->identity().token), IsOk());
    two_.agents.Vouch();
  }
  EXPECT_EQ(Revision(), before + 3) << "in a minute";
  EXPECT_TRUE(IsConnectedHere("a"));
  EXPECT_TRUE(IsConnectedHere("b"));
}

}  // namespace
}  // namespace guestbridge::server
