#include "server/api/dispatcher.h"

#include <memory>
#include <utility>

#include "server/api/api_fixture_test.h"
#include "server/store/fitful_store_test.h"

namespace guestbridge::server {
namespace {

using ::guestbridge::testing::IsOk;

class DispatcherTest : public ApiFixture {
 protected:
  std::shared_ptr<Session> Connect() {
    Session::Identity identity;
    identity.agent = "a";
    identity.installation = "one";
    // As Hello does.
    EXPECT_THAT(store_->Write([](Transaction& t) {
      return PutRecord(t, keys::Agent("a"), store::AgentRecord());
    }),
                IsOk());
    const auto session = *sessions_.Open(std::move(identity));
    stream_ = session->Attach(std::make_shared<Waker>([] {}));
    fitful_dispatcher_.Begin(session);
    return session;
  }
  void Tell(const std::string& key) {
    fitful_dispatcher_.OnChanges({{.revision = 1, .key = key}});
  }
  FitfulStore fitful_{*store_};
  Dispatcher fitful_dispatcher_{fitful_, *sealer_, sessions_, false};
};

TEST_F(DispatcherTest, AChangeThatCouldNotBeReadIsSentWhenTheStoreIsBack) {
  Prepare("main");
  const auto session = Connect();
  ASSERT_EQ(Sent(*session).size(), 2U);
  ASSERT_THAT(integrations_.SetActive("integrations/main", false, ""), IsOk());
  fitful_.reads_left = 0;
  Tell("integrations/main");
  fitful_dispatcher_.CatchUp();
  EXPECT_EQ(Sent(*session).size(), 0U);
  fitful_.reads_left = -1;
  fitful_dispatcher_.CatchUp();
  const auto messages = Sent(*session);
  ASSERT_EQ(messages.size(), 1U);
  EXPECT_FALSE(messages[0].configuration().active());
  fitful_dispatcher_.CatchUp();
  EXPECT_EQ(Sent(*session).size(), 0U) << "once";
}

TEST_F(DispatcherTest, AStreamIsNotCaughtUpBeforeAllWasRead) {
  Prepare("main");
  // None, the list only, and the list with what precedes the integration.
  for (const int reads : {0, 1, 2, 3}) {
    fitful_.reads_left = reads;
    const auto session = Connect();
    EXPECT_EQ(Sent(*session).size(), 0U) << reads;
    fitful_dispatcher_.CatchUp();
    EXPECT_EQ(Sent(*session).size(), 0U) << reads;
    fitful_.reads_left = -1;
    fitful_dispatcher_.CatchUp();
    const auto messages = Sent(*session);
    ASSERT_EQ(messages.size(), 2U) << reads;
    EXPECT_TRUE(messages[0].has_configuration());
    EXPECT_TRUE(messages[1].has_caught_up());
  }
}

TEST_F(DispatcherTest, AnAssignmentThatCouldNotBeWrittenIsDoneLater) {
  Prepare("main");
  fitful_.writable = false;
  const auto session = Connect();
  auto messages = Sent(*session);
  ASSERT_EQ(messages.size(), 1U);
  EXPECT_TRUE(messages[0].has_caught_up()) << "all was read";
  fitful_.writable = true;
  fitful_dispatcher_.CatchUp();
  messages = Sent(*session);
  ASSERT_EQ(messages.size(), 1U);
  EXPECT_EQ(messages[0].configuration().integration(), "integrations/main");
}

TEST_F(DispatcherTest, ABanThatCouldNotBeReadMovesWhatTheAgentServedLater) {
  ASSERT_NE(ConnectAgent("gone", "two"), nullptr);
  Prepare("main");
  const auto session = Connect();
  ASSERT_EQ(Sent(*session).size(), 1U) << "it serves nothing";
  ASSERT_THAT(store_->Write([](Transaction& t) {
    store::AgentRecord banned;
    banned.set_banned(true);
    return PutRecord(t, keys::Agent("gone"), banned);
  }),
              IsOk());
  fitful_.reads_left = 0;
  Tell(keys::Agent("gone"));
  fitful_dispatcher_.CatchUp();
  EXPECT_EQ(Sent(*session).size(), 0U);
  fitful_.reads_left = -1;
  fitful_dispatcher_.CatchUp();
  const auto messages = Sent(*session);
  ASSERT_EQ(messages.size(), 1U);
  EXPECT_EQ(messages[0].configuration().integration(), "integrations/main");
}

TEST_F(DispatcherTest, OneIntegrationThatIsDamagedHoldsUpNoOther) {
  Prepare("main");
  ASSERT_THAT(store_->Write([](Transaction& t) -> absl::Status {
    store::IntegrationRecord integration;
    store::ConnectionRecord connection;
    connection.mutable_connection()->mutable_webhook()->set_user_id(1);
    connection.set_sealed_webhook_secret("no seal");
    if (auto put = PutRecord(t, keys::Integration("bad"), integration); !put.ok()) {
      return put;
    }
    return PutRecord(t, keys::Connection("bad"), connection);
  }),
              IsOk());
  const auto messages = Sent(*Connect());
  ASSERT_EQ(messages.size(), 2U);
  EXPECT_EQ(messages[0].configuration().integration(), "integrations/main");
  EXPECT_TRUE(messages[1].has_caught_up());
}

TEST_F(DispatcherTest, TakesBackWhatALedgerNamesAndTheAgentDoesNotServe) {
  Prepare("main");
  const auto session = ConnectAgent("a", "one", {"main", "gone"});
  auto messages = Sent(*session);
  ASSERT_EQ(messages.size(), 3U);
  EXPECT_EQ(messages[0].removed().integration(), "integrations/gone");
  EXPECT_EQ(messages[1].configuration().integration(), "integrations/main");
  EXPECT_TRUE(messages[2].has_caught_up());
  dispatcher_.OnChanges({{.revision = 1, .key = "integrations/gone"}});
  EXPECT_EQ(Sent(*session).size(), 0U) << "once";
}

// "a" serves it and has a run of it.
class ChangingHandsTest : public DispatcherTest {
 protected:
  void SetUp() override {
    a_ = ConnectAgent("a", "one");
    stream_of_a_ = stream_;
    Prepare("main");
    Name("a");
    run_ = StartExport("main")->name();
    Look();
    ASSERT_EQ(RunsHandedToA(), 1);
  }
  void Name(const std::string& agent) {
    v1::Connection connection = WebhookConnection("main");
    connection.set_agent(agent);
    ASSERT_THAT(connections_.Save(connection), IsOk());
  }
  void Look() {
    dispatcher_.OnChanges({{.revision = 1, .key = keys::Connection("main")}});
  }
  std::vector<v1::WatchResponse> SentToA() {
    stream_ = stream_of_a_;
    return Sent(*a_);
  }
  int RunsHandedToA() {
    int runs = 0;
    for (const v1::WatchResponse& message : SentToA()) {
      runs += message.task().run().run().name() == run_ ? 1 : 0;
    }
    return runs;
  }
  // Its secrets can't be opened any more.
  void Damage() {
    ASSERT_THAT(store_->Write([](Transaction& t) -> absl::Status {
      auto record = GetRecord<store::ConnectionRecord>(t, keys::Connection("main"));
      if (!record.ok()) return record.status();
      (*record)->value.set_sealed_source_password("no seal");
      return PutRecord(t, keys::Connection("main"), (*record)->value);
    }),
                IsOk());
  }

  std::shared_ptr<Session> a_;
  int stream_of_a_ = 0;
  std::string run_;
};

TEST_F(ChangingHandsTest, WhoHasItAgainGetsItsRunAgain) {
  Name("b");
  Look();
  auto sent = SentToA();
  ASSERT_EQ(sent.size(), 1U);
  EXPECT_TRUE(sent[0].has_removed());
  Name("a");
  Look();
  EXPECT_EQ(RunsHandedToA(), 1) << "it dropped the one that it had";
  Look();
  EXPECT_EQ(RunsHandedToA(), 0) << "once";
}

// As where its ledger can't be opened.
TEST_F(ChangingHandsTest, WhoHasSettingsWithoutALedgerIsToldToDropThem) {
  v1::AcknowledgeConfigurationRequest request;
  request.set_integration("integrations/main");
  request.set_revision(7);
  ASSERT_THAT(agents_.Acknowledge(*a_, request), IsOk());
  ASSERT_THAT(agents_.Goodbye(a_), IsOk());
  Name("b");
  auto sent = Sent(*ConnectAgent("a", "one"));
  ASSERT_EQ(sent.size(), 2U);
  EXPECT_EQ(sent[0].removed().integration(), "integrations/main");
  ASSERT_THAT(runs_.Cancel(run_), IsOk());
  ASSERT_THAT(integrations_.Delete("integrations/main", ""), IsOk());
  sent = Sent(*ConnectAgent("a", "one"));
  ASSERT_EQ(sent.size(), 2U);
  EXPECT_EQ(sent[0].removed().integration(), "integrations/main") << "it is gone";
}

TEST_F(ChangingHandsTest, WhatCannotBeOpenedIsTakenBackAllTheSame) {
  Name("b");
  Damage();
  Look();
  const auto sent = SentToA();
  ASSERT_EQ(sent.size(), 1U);
  EXPECT_EQ(sent[0].removed().integration(), "integrations/main");
}

TEST_F(ChangingHandsTest, ARunOfWhatCannotBeOpenedIsCancelledAllTheSame) {
  Damage();
  ASSERT_THAT(runs_.Cancel(run_), IsOk());
  Look();
  const auto sent = SentToA();
  ASSERT_EQ(sent.size(), 1U);
  EXPECT_EQ(sent[0].cancel_run(), run_);
}

TEST_F(ChangingHandsTest, WhatCannotBeRecordedForTheNextOneIsTakenBackAllTheSame) {
  bool recordable = false;
  dispatcher_.SetBeforeSecrets([&](const Session&, const v1::AgentConfiguration&) {
    return recordable ? absl::OkStatus() : MakeError("AUDIT_NOT_WRITTEN");
  });
  Name("b");
  const auto b = ConnectAgent("b", "two");
  const int stream_of_b = stream_;
  EXPECT_THAT(Sent(*b), ::testing::IsEmpty());
  const auto sent = SentToA();
  ASSERT_EQ(sent.size(), 1U);
  EXPECT_EQ(sent[0].removed().integration(), "integrations/main");
  recordable = true;
  dispatcher_.CatchUp();
  stream_ = stream_of_b;
  const auto messages = Sent(*b);
  ASSERT_EQ(messages.size(), 3U);
  EXPECT_TRUE(messages[0].has_configuration());
  EXPECT_EQ(messages[1].task().id(), run_);
  EXPECT_TRUE(messages[2].has_caught_up());
  EXPECT_THAT(SentToA(), ::testing::IsEmpty()) << "once";
}

TEST_F(ChangingHandsTest, AStreamThatEndsLateLeavesTheNextOneOfItsSession) {
  const int earlier = stream_of_a_;
  ASSERT_TRUE(a_->Detach(earlier));
  stream_of_a_ = a_->Attach(std::make_shared<Waker>([] {}));
  dispatcher_.Begin(a_);
  dispatcher_.Forget(a_);
  SentToA();
  ASSERT_THAT(integrations_.SetActive("integrations/main", false, ""), IsOk());
  Look();
  const auto sent = SentToA();
  ASSERT_EQ(sent.size(), 1U);
  EXPECT_FALSE(sent[0].configuration().active());
}

TEST_F(DispatcherTest, NothingIsAskedAboutWhatCouldNotBeBroughtUpToDate) {
  Prepare("main");
  Sent(*Connect());
  fitful_.reads_left = 0;
  EXPECT_EQ(ReasonOf(fitful_dispatcher_.BringUpToDate("integrations/main")),
            "DATABASE_UNREACHABLE");
}

}  // namespace
}  // namespace guestbridge::server
