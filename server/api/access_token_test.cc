// Who is given an access token, when that changes while the token is refreshed.
#include <memory>
#include <string>
#include <vector>

#include "guestbridge/v1/agent_control.grpc.pb.h"
#include "server/api/enrollments.h"
#include "server/api/open_streams.h"
#include "server/api/service_fixture_test.h"
#include "server/api/system_status.h"
#include "server/identity/peer_certificate.h"

namespace guestbridge::server {
namespace {

using ::guestbridge::testing::IsOk;
using ::testing::ElementsAre;

class AccessTokenTest : public ServiceFixture {
 protected:
  AccessTokenTest() {
    Prepare("main");
    session_ = ConnectAgent("hotel-1", "one");
    credentials_.access_token = "planted-access";
    Serve(*service_);
    stub_ = v1::AgentControlService::NewStub(Channel());
  }

  absl::Status Ask() {
    grpc::ClientContext context;
    SetDeadline(context);
    v1::GetAccessTokenRequest request;
    request.set_session(session_->identity().token);
    request.set_integration("integrations/main");
    given_.Clear();
    return FromGrpcStatus(stub_->GetAccessToken(&context, request, &given_));
  }

  // How many tokens left, by the audit.
  size_t Left() {
    return Recorded("AgentControlService/GetAccessToken", v1::AuditRecord::ALLOWED)
        .size();
  }

  std::vector<std::string> Refused() {
    std::vector<std::string> reasons;
    for (const v1::AuditRecord& record :
         Recorded("AgentControlService/GetAccessToken", v1::AuditRecord::DENIED)) {
      reasons.push_back(record.reason());
    }
    return reasons;
  }

  Enrollments enrollments_{*store_, clock_, random_,
                           MakeError("AGENT_AUTHORITY_NOT_SHARED")};
  SystemStatus status_{*store_, clock_, sessions_, credentials_, "1"};
  Erasures erasures_{*store_, *sealer_};
  OpenStreams streams_{clock_};
  std::unique_ptr<grpc::Service> service_ =
      MakeAgentControlService(desk_, {.agents = agents_,
                                      .leases = leases_,
                                      .runs = runs_,
                                      .connections = connections_,
                                      .sessions = sessions_,
                                      .dispatcher = dispatcher_,
                                      .credentials = credentials_,
                                      .store = *audited_,
                                      .status = status_,
                                      .erasures = erasures_,
                                      .checks = checks_,
                                      .audit = audited_->audit(),
                                      .streams = streams_});
  std::shared_ptr<Session> session_;
  std::unique_ptr<v1::AgentControlService::Stub> stub_;
  v1::AccessToken given_;
};

TEST_F(AccessTokenTest, AnAgentThatIsBannedMeanwhileIsGivenNone) {
  ASSERT_NE(session_, nullptr);
  ASSERT_THAT(Ask(), IsOk());
  EXPECT_EQ(given_.token(), "planted-access");
  credentials_.during_access = [&] {
    EXPECT_THAT(enrollments_.Ban("agents/hotel-1"), IsOk());
  };
  EXPECT_EQ(ReasonOf(Ask()), "AGENT_BANNED");
  EXPECT_EQ(given_.token(), "");
  EXPECT_EQ(Left(), 1U);
  EXPECT_THAT(Refused(), ElementsAre("AGENT_BANNED"));
}

TEST_F(AccessTokenTest, AnAgentThatIsEvictedMeanwhileIsGivenNone) {
  ASSERT_NE(session_, nullptr);
  ASSERT_THAT(store_->Write([](Transaction& transaction) {
    store::EnrollmentRecord enrollment;
    enrollment.mutable_join_token()->set_digest("d");
    return PutRecord(transaction, EnrollmentKey("hotel-1"), enrollment);
  }),
              IsOk());
  ASSERT_THAT(Ask(), IsOk());
  credentials_.during_access = [&] {
    EXPECT_THAT(enrollments_.Evict("agents/hotel-1"), IsOk());
  };
  EXPECT_EQ(ReasonOf(Ask()), "AGENT_EVICTED");
  EXPECT_EQ(given_.token(), "");
  EXPECT_EQ(Left(), 1U);
  EXPECT_THAT(Refused(), ElementsAre("AGENT_EVICTED"));
}

TEST_F(AccessTokenTest, AnAgentThatLosesTheIntegrationMeanwhileIsGivenNone) {
  ASSERT_NE(session_, nullptr);
  ASSERT_THAT(Ask(), IsOk());
  credentials_.during_access = [&] {
    v1::Connection connection = WebhookConnection("main");
    connection.set_agent("hotel-2");
    EXPECT_THAT(connections_.Save(connection), IsOk());
  };
  EXPECT_EQ(ReasonOf(Ask()), "INTEGRATION_NOT_ASSIGNED");
  EXPECT_EQ(given_.token(), "");
  EXPECT_EQ(Left(), 1U);
  EXPECT_THAT(Refused(), ElementsAre("INTEGRATION_NOT_ASSIGNED"));
}

}  // namespace
}  // namespace guestbridge::server
