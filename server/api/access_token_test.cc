// Who is given an access token, when that changes while the token is refreshed.
#include <chrono>
#include <memory>
#include <string>

#include "common/status/grpc_status.h"
#include "grpcpp/grpcpp.h"
#include "guestbridge/v1/agent_control.grpc.pb.h"
#include "server/api/api_fixture_test.h"
#include "server/api/audits.h"
#include "server/api/call_desk.h"
#include "server/api/connection_checks.h"
#include "server/api/enrollments.h"
#include "server/api/open_streams.h"
#include "server/api/services.h"
#include "server/api/system_status.h"
#include "server/audit/audited_store.h"
#include "server/audit/denied_calls.h"
#include "server/identity/call_guard.h"
#include "server/identity/peer_certificate.h"

namespace guestbridge::server {
namespace {

using ::guestbridge::testing::IsOk;

// The service itself, and the fixture's agent that calls it.
class AccessTokenTest : public ApiFixture {
 protected:
  AccessTokenTest() {
    Prepare("main");
    session_ = ConnectAgent("hotel-1", "one");
    credentials_.access_token = "planted-access";
    grpc::ServerBuilder builder;
    builder.RegisterService(service_.get());
    server_ = builder.BuildAndStart();
    stub_ = v1::AgentControlService::NewStub(
        server_->InProcessChannel(grpc::ChannelArguments()));
  }

  absl::Status Ask() {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(20));
    v1::GetAccessTokenRequest request;
    request.set_session(session_->identity().token);
    request.set_integration("integrations/main");
    given_.Clear();
    return FromGrpcStatus(stub_->GetAccessToken(&context, request, &given_));
  }

  // How many tokens left, by the audit.
  int Recorded() {
    v1::ListAuditRecordsRequest request;
    request.set_method("guestbridge.v1.AgentControlService/GetAccessToken");
    request.set_outcome(v1::AuditRecord::ALLOWED);
    const auto page = audits_.List(request);
    EXPECT_THAT(page, IsOk());
    return page.ok() ? page->records_size() : -1;
  }

  std::unique_ptr<AuditedStore> audited_ = *AuditedStore::Open(
      *OpenSqliteStore(dir_.File("server.db"), clock_), *sealer_, random_, clock_);
  Audits audits_{*audited_, audited_->audit()};
  Enrollments enrollments_{*store_, clock_, random_,
                           MakeError("AGENT_AUTHORITY_NOT_SHARED")};
  SystemStatus status_{*store_, clock_, sessions_, credentials_, "1"};
  ConnectionChecks checks_{*store_, clock_};
  OpenStreams streams_{clock_};
  CallGuard guard_{nullptr, clock_};
  DeniedCalls denied_{audited_->audit(), clock_};
  CallDesk desk_{guard_, CallObserver(), denied_, random_};
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
                                      .checks = checks_,
                                      .audit = audited_->audit(),
                                      .streams = streams_});
  std::shared_ptr<Session> session_;
  std::unique_ptr<grpc::Server> server_;
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
  EXPECT_EQ(Recorded(), 1);
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
  EXPECT_EQ(Recorded(), 1);
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
  EXPECT_EQ(Recorded(), 1);
}

}  // namespace
}  // namespace guestbridge::server
