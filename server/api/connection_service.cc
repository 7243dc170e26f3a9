#include "common/status/status_macros.h"
#include "guestbridge/v1/connection.grpc.pb.h"
#include "server/api/render.h"
#include "server/api/services.h"

namespace guestbridge::server {
namespace {

class ConnectionServiceImpl final : public v1::ConnectionService::Service {
 public:
  ConnectionServiceImpl(const CallDesk& desk, Connections& connections,
                        ConnectionTester& tester)
      : desk_(desk), connections_(connections), tester_(tester) {}

  grpc::Status GetConnection(grpc::ServerContext* context,
                             const v1::GetConnectionRequest* request,
                             v1::Connection* response) override {
    return desk_.Serve(
        *context, *request, "/guestbridge.v1.ConnectionService/GetConnection",
        [&](const Call& call) -> absl::Status {
          GB_RETURN_IF_ERROR(Take(connections_.Get(request->name()), response));
          Render(call.language, response);
          return absl::OkStatus();
        });
  }

  grpc::Status SaveConnection(grpc::ServerContext* context,
                              const v1::SaveConnectionRequest* request,
                              v1::Connection* response) override {
    return desk_.Serve(
        *context, *request, "/guestbridge.v1.ConnectionService/SaveConnection",
        [&](const Call& call) -> absl::Status {
          return Take(connections_.Save(request->connection(), request->new_portal(),
                                        call.reach),
                      response);
        });
  }

  grpc::Status TestConnection(grpc::ServerContext* context,
                              const v1::TestConnectionRequest* request,
                              v1::TestConnectionResponse* response) override {
    return desk_.Serve(*context, *request,
                       "/guestbridge.v1.ConnectionService/TestConnection",
                       [&](const Call& call) -> absl::Status {
                         GB_RETURN_IF_ERROR(Take(
                             tester_.Test(request->name(), call.patience), response));
                         Render(call.language, response);
                         return absl::OkStatus();
                       });
  }

 private:
  const CallDesk& desk_;
  Connections& connections_;
  ConnectionTester& tester_;
};

}  // namespace

std::unique_ptr<grpc::Service> MakeConnectionService(const CallDesk& desk,
                                                     Connections& connections,
                                                     ConnectionTester& tester) {
  return std::make_unique<ConnectionServiceImpl>(desk, connections, tester);
}

}  // namespace guestbridge::server
