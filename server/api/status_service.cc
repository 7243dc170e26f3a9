#include "common/status/status_macros.h"
#include "guestbridge/v1/status.grpc.pb.h"
#include "server/api/render.h"
#include "server/api/services.h"

namespace guestbridge::server {
namespace {

class StatusServiceImpl final : public v1::StatusService::Service {
 public:
  StatusServiceImpl(const CallDesk& desk, SystemStatus& status)
      : desk_(desk), status_(status) {}

  grpc::Status GetStatus(grpc::ServerContext* context,
                         const v1::GetStatusRequest* request,
                         v1::Status* response) override {
    return desk_.Serve(*context, *request, "/guestbridge.v1.StatusService/GetStatus",
                       [&](const Call& call) -> absl::Status {
                         GB_RETURN_IF_ERROR(Take(status_.Get(call.reach), response));
                         Render(call.language, response);
                         return absl::OkStatus();
                       });
  }

 private:
  const CallDesk& desk_;
  SystemStatus& status_;
};

}  // namespace

std::unique_ptr<grpc::Service> MakeStatusService(const CallDesk& desk,
                                                 SystemStatus& status) {
  return std::make_unique<StatusServiceImpl>(desk, status);
}

}  // namespace guestbridge::server
