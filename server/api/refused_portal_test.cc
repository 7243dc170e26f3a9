// Where nobody may send us, found out when the portal is asked: its name leads inside,
// or it sends us on.
#include <memory>
#include <string>

#include "absl/strings/match.h"
#include "guestbridge/v1/connection.grpc.pb.h"
#include "server/api/connection_tester.h"
#include "server/api/service_fixture_test.h"

namespace guestbridge::server {
namespace {

using ::guestbridge::testing::IsOk;

class RefusedPortalTest : public ServiceFixture {
 protected:
  RefusedPortalTest() {
    Prepare("main");
    Serve(*service_);
  }

  absl::Status Save(const v1::Connection& connection) {
    grpc::ClientContext context;
    SetDeadline(context);
    v1::SaveConnectionRequest request;
    *request.mutable_connection() = connection;
    v1::Connection saved;
    return FromGrpcStatus(v1::ConnectionService::NewStub(Channel())->SaveConnection(
        &context, request, &saved));
  }

  ConnectionTester tester_{*store_, *sealer_, credentials_, sessions_, checks_};
  std::unique_ptr<grpc::Service> service_ =
      MakeConnectionService(desk_, connections_, tester_);
};

TEST_F(RefusedPortalTest, OneThatLeadsInsideOrElsewhereIsOnRecordAndChangesNothing) {
  v1::Connection connection = WebhookConnection("main");
  connection.set_api_server("inside.example.com");
  const int64_t before = store_->WaitForRevision(0, absl::ZeroDuration());
  for (const char* reason : {"PORTAL_ADDRESS_REFUSED", "PORTAL_NOT_BITRIX24"}) {
    SCOPED_TRACE(reason);
    credentials_.answer =
        MakeError(reason, {{"host", "inside.example.com"}, {"detail", "HTTP 302"}});
    EXPECT_EQ(ReasonOf(Save(connection)), reason);
    const auto records =
        Recorded("ConnectionService/SaveConnection", v1::AuditRecord::DENIED);
    ASSERT_FALSE(records.empty());
    EXPECT_EQ(records[0].reason(), reason) << "the newest first";
    EXPECT_EQ(records[0].resource(), "integrations/main");
  }
  const auto changes = store_->ChangesAfter(before, 1000);
  ASSERT_THAT(changes, IsOk());
  for (const Change& change : *changes) {
    EXPECT_TRUE(absl::StrContains(change.key, "audit")) << change.key;
  }
  EXPECT_EQ(connections_.Get("integrations/main/connection")->api_server(),
            "hotel.bitrix24.ru");
}

}  // namespace
}  // namespace guestbridge::server
