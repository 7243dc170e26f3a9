#include "server/api/assignment.h"

#include "server/api/api_fixture_test.h"
#include "server/api/clients.h"
#include "server/api/enrollments.h"
#include "server/api/system_status.h"
#include "server/identity/peer_certificate.h"

namespace guestbridge::server {
namespace {

using ::guestbridge::testing::IsOk;

constexpr char kGetRun[] = "/guestbridge.v1.RunService/GetRun";

class AssignmentTest : public ApiFixture {
 protected:
  AssignmentTest() : status_(*store_, clock_, sessions_, credentials_, "1") {}

  void Put(const std::string& agent, const store::EnrollmentRecord& record) {
    ASSERT_THAT(store_->Write([&](Transaction& transaction) {
      return PutRecord(transaction, EnrollmentKey(agent), record);
    }),
                IsOk());
  }
  // As after Join.
  void Enroll(const std::string& agent) {
    store::EnrollmentRecord record;
    record.mutable_current()->set_fingerprint("f");
    Put(agent, record);
  }
  // As after CreateAgent.
  void AssignByHand(const std::string& integration, const std::string& agent) {
    ASSERT_THAT(store_->Write([&](Transaction& transaction) -> absl::Status {
      GB_ASSIGN_OR_RETURN(auto record,
                          GetRecord<store::IntegrationRecord>(
                              transaction, keys::Integration(integration)));
      record->value.set_assigned_agent(agent);
      record->value.set_agent_fixed(true);
      return PutRecord(transaction, keys::Integration(integration), record->value);
    }),
                IsOk());
  }
  std::string Assigned(const std::string& id) {
    return connections_.Get("integrations/" + id + "/connection")->assigned_agent();
  }
  v1::Connection Second() {
    v1::Connection connection = WebhookConnection("second");
    connection.mutable_source()->set_url("http://1c.example.com/other");
    return connection;
  }
  std::vector<std::string> Attention(const Reach& reach = Reach::Everything()) {
    std::vector<std::string> reasons;
    const auto status = status_.Get(reach);
    EXPECT_THAT(status, IsOk());
    for (const v1::IntegrationStatus& entry : status->integrations()) {
      for (const v1::Explanation& why : entry.attention()) {
        reasons.push_back(why.reason());
      }
    }
    return reasons;
  }
  static Reach Of(const std::vector<std::string>& integrations) {
    std::vector<Grant> grants;
    for (const std::string& id : integrations) {
      grants.push_back({Role::kAdmin, id});
    }
    return Reach::Of(kGetRun, grants);
  }

  SystemStatus status_;
};

TEST_F(AssignmentTest, OnceAnAgentHasEnrolledNobodyGetsAFreeIntegrationByItself) {
  Enroll("hotel-1");
  ASSERT_NE(ConnectAgent("hotel-2", "two"), nullptr);
  Prepare("main");
  dispatcher_.OnChanges({{.revision = 1, .key = keys::Connection("main")}});
  EXPECT_EQ(Assigned("main"), "");

  // Who asks is told so, and what to type.
  const auto run = StartExport("main");
  ASSERT_EQ(run->notices_size(), 1);
  EXPECT_EQ(run->notices(0).reason(), "AGENT_NOT_ASSIGNED");
  EXPECT_EQ(run->notices(0).parameters().at("integration"), "main");
  EXPECT_THAT(Attention(), ::testing::Contains("AGENT_NOT_ASSIGNED"));
  EXPECT_EQ(ReasonOf(mappings_.Load("integrations/main", Patience()).status()),
            "AGENT_NOT_ASSIGNED");
  Erasures erasures(*store_, *sealer_);
  Clients clients(*store_, sessions_, clock_, erasures);
  v1::ListClientsRequest list;
  list.set_parent("integrations/main");
  EXPECT_EQ(ReasonOf(clients.List(list, Patience()).status()), "AGENT_NOT_ASSIGNED");

  v1::Connection connection = WebhookConnection("main");
  connection.set_agent("hotel-2");
  ASSERT_THAT(connections_.Save(connection), IsOk());
  EXPECT_EQ(Assigned("main"), "hotel-2");
  EXPECT_EQ(runs_.Get(run->name())->notices_size(), 0);
}

TEST_F(AssignmentTest, WhatAnAgentLeftIsNobodysEitherOnceOneHasEnrolled) {
  Prepare("main");
  const auto old = ConnectAgent("a", "one");
  ASSERT_EQ(Assigned("main"), "a");
  Enroll("hotel-1");
  ASSERT_THAT(agents_.Goodbye(old), IsOk());
  ASSERT_NE(ConnectAgent("b", "two"), nullptr);
  EXPECT_EQ(Assigned("main"), "a");
}

TEST_F(AssignmentTest, WhoWasBannedThisMomentGetsNothingAndKeepsNothing) {
  const auto ban = [&](bool banned) {
    ASSERT_THAT(store_->Write([&](Transaction& t) -> absl::Status {
      auto record = GetRecord<store::AgentRecord>(t, keys::Agent("a"));
      if (!record.ok()) return record.status();
      (*record)->value.set_banned(banned);
      return PutRecord(t, keys::Agent("a"), (*record)->value);
    }),
                IsOk());
  };
  const auto first = ConnectAgent("a", "one");
  ASSERT_NE(first, nullptr);
  // Its stream is still open.
  ban(true);
  Prepare("main");
  EXPECT_EQ(Assigned("main"), "");
  ban(false);
  ASSERT_THAT(connections_.Save(WebhookConnection("main")), IsOk());
  ASSERT_EQ(Assigned("main"), "a");

  // It said no goodbye, and was heard of a moment ago.
  ban(true);
  sessions_.Close(first, MakeError("AGENT_BANNED", {{"agent", "a"}}));
  ASSERT_NE(ConnectAgent("b", "two"), nullptr);
  EXPECT_EQ(Assigned("main"), "b");
}

TEST_F(AssignmentTest, WhatABannedAgentServedGoesToTheOnlyOtherOneAtOnce) {
  Prepare("main");
  const auto first = ConnectAgent("a", "one");
  ASSERT_NE(first, nullptr);
  const auto other = ConnectAgent("b", "two");
  ASSERT_NE(other, nullptr);
  ASSERT_EQ(Assigned("main"), "a");
  Sent(*other);
  Enrollments enrollments(*store_, clock_, random_,
                          MakeError("AGENT_AUTHORITY_NOT_SHARED"));
  ASSERT_THAT(enrollments.Ban("agents/a"), IsOk());
  // Nothing else changes, and its stream is still open.
  dispatcher_.OnChanges({{.revision = 1, .key = keys::Agent("a")}});
  EXPECT_EQ(Assigned("main"), "b");
  const auto sent = Sent(*other);
  ASSERT_EQ(sent.size(), 1U);
  EXPECT_EQ(sent[0].configuration().integration(), "integrations/main");

  // It gets nothing back by itself, and counts again once it may come.
  sessions_.Close(first, MakeError("AGENT_BANNED", {{"agent", "a"}}));
  ASSERT_THAT(enrollments.Unban("agents/a"), IsOk());
  ASSERT_NE(ConnectAgent("a", "one"), nullptr);
  EXPECT_EQ(Assigned("main"), "b");
  ASSERT_THAT(enrollments.Ban("agents/b"), IsOk());
  dispatcher_.OnChanges({{.revision = 2, .key = keys::Agent("b")}});
  EXPECT_EQ(Assigned("main"), "a");
}

TEST_F(AssignmentTest, WhatABannedAgentServedIsNobodysAmongSeveral) {
  Prepare("main");
  ASSERT_NE(ConnectAgent("a", "one"), nullptr);
  ASSERT_NE(ConnectAgent("b", "two"), nullptr);
  ASSERT_NE(ConnectAgent("c", "three"), nullptr);
  Enrollments enrollments(*store_, clock_, random_,
                          MakeError("AGENT_AUTHORITY_NOT_SHARED"));
  ASSERT_THAT(enrollments.Ban("agents/a"), IsOk());
  dispatcher_.OnChanges({{.revision = 1, .key = keys::Agent("a")}});
  EXPECT_EQ(Assigned("main"), "a");
}

TEST_F(AssignmentTest, AJoinTokenThatNobodyUsedChangesNothing) {
  store::EnrollmentRecord waits;
  waits.mutable_join_token()->set_digest("d");
  for (const char* agent : {"h1", "h2", "h3", "h4", "h5"}) Put(agent, waits);
  Prepare("main");
  ASSERT_NE(ConnectAgent("a", "one"), nullptr);
  EXPECT_EQ(Assigned("main"), "a");
  // Nor does one that joined hide behind them.
  Enroll("h9");
  CreateIntegration("second");
  ASSERT_THAT(connections_.Save(Second()), IsOk());
  EXPECT_EQ(Assigned("second"), "");
}

TEST_F(AssignmentTest, AHotelsCallerHearsOfNoForeignAgents) {
  CreateIntegration("main");
  CreateIntegration("second");
  v1::Connection main = WebhookConnection("main");
  main.set_agent("a");
  ASSERT_THAT(connections_.Save(main), IsOk());
  v1::Connection second = Second();
  second.set_agent("theirs");
  ASSERT_THAT(connections_.Save(second), IsOk());
  SaveMapping("main");
  ASSERT_NE(ConnectAgent("theirs", "two"), nullptr);

  RunOrder order;
  order.integration = "main";
  const auto run = runs_.Start(order, Of({"main"}));
  ASSERT_THAT(run, IsOk());
  ASSERT_EQ(run->notices_size(), 1);
  EXPECT_EQ(run->notices(0).reason(), "AGENT_NOT_CONNECTED");
  EXPECT_EQ(run->DebugString().find("theirs"), std::string::npos);
  EXPECT_EQ(runs_.Get(run->name(), Of({"main"}))->DebugString().find("theirs"),
            std::string::npos);
  v1::ListRunsRequest list;
  list.set_parent("integrations/main");
  EXPECT_EQ(runs_.List(list, Of({"main"}))->DebugString().find("theirs"),
            std::string::npos);
  EXPECT_EQ(status_.Get(Of({"main"}))->DebugString().find("theirs"), std::string::npos);

  for (const Reach& reach : {Reach::Everything(), Of({"main", "second"})}) {
    const auto seen = runs_.Get(run->name(), reach);
    ASSERT_EQ(seen->notices_size(), 1);
    EXPECT_EQ(seen->notices(0).reason(), "AGENT_AWAY");
    EXPECT_EQ(seen->notices(0).parameters().at("other"), "theirs");
  }
}

TEST_F(AssignmentTest, AHotelsCallerNamesTheAgentThatWasAssignedBeforeTheConnection) {
  CreateIntegration("main");
  AssignByHand("main", "hotel-1");
  v1::Connection connection = WebhookConnection("main");
  connection.set_agent("hotel-2");
  EXPECT_EQ(ReasonOf(connections_.Save(connection, false, Of({"main"})).status()),
            "AGENT_NOT_FOUND");
  connection.set_agent("hotel-1");
  EXPECT_THAT(connections_.Save(connection, false, Of({"main"})), IsOk());
  EXPECT_EQ(Assigned("main"), "hotel-1");
}

TEST_F(AssignmentTest, TheAgentThatAPersonNamedLastStaysWhenItIsNamedNoMore) {
  CreateIntegration("main");
  AssignByHand("main", "hotel-1");
  v1::Connection connection = WebhookConnection("main");
  connection.set_agent("hotel-2");
  ASSERT_THAT(connections_.Save(connection), IsOk());
  EXPECT_EQ(Assigned("main"), "hotel-2");
  connection.clear_agent();
  ASSERT_THAT(connections_.Save(connection), IsOk());
  EXPECT_EQ(Assigned("main"), "hotel-2");
}

TEST_F(AssignmentTest, ATokenForAnyAgentTakesNoNameThatHasACertificate) {
  Enroll("hotel-1");
  v1::HelloRequest hello;
  hello.set_agent("hotel-1");
  hello.set_installation("stranger");
  Caller any;
  any.principal = "apiTokens/t1";
  EXPECT_THAT(
      agents_.Hello(hello, any),
      testing::StatusIs(absl::StatusCode::kPermissionDenied, "AGENT_HAS_CERTIFICATE"));
  hello.set_known_revision(1LL << 60);
  EXPECT_EQ(ReasonOf(agents_.Hello(hello, any).status()), "AGENT_HAS_CERTIFICATE");
  EXPECT_EQ(ReasonOf(agents_.Get("agents/hotel-1").status()), "AGENT_NOT_FOUND");
  hello.clear_known_revision();

  // Its own certificate, and a token that was made for it.
  for (const char* principal : {"agents/hotel-1", "apiTokens/t2"}) {
    Caller itself;
    itself.principal = principal;
    itself.agent = "hotel-1";
    EXPECT_THAT(agents_.Hello(hello, itself), IsOk());
  }
  hello.set_agent("hotel-3");
  EXPECT_THAT(agents_.Hello(hello, any), IsOk()) << "no certificate";
}

}  // namespace
}  // namespace guestbridge::server
