#include "guestbridge/v1/integration.grpc.pb.h"
#include "server/api/services.h"

namespace guestbridge::server {
namespace {

class IntegrationServiceImpl final : public v1::IntegrationService::Service {
 public:
  IntegrationServiceImpl(const CallDesk& desk, Integrations& integrations)
      : desk_(desk), integrations_(integrations) {}

  grpc::Status CreateIntegration(grpc::ServerContext* context,
                                 const v1::CreateIntegrationRequest* request,
                                 v1::Integration* response) override {
    return desk_.Serve(*context, *request,
                       "/guestbridge.v1.IntegrationService/CreateIntegration",
                       [&](const Call&) -> absl::Status {
                         return Take(integrations_.Create(*request), response);
                       });
  }

  grpc::Status GetIntegration(grpc::ServerContext* context,
                              const v1::GetIntegrationRequest* request,
                              v1::Integration* response) override {
    return desk_.Serve(*context, *request,
                       "/guestbridge.v1.IntegrationService/GetIntegration",
                       [&](const Call&) -> absl::Status {
                         return Take(integrations_.Get(request->name()), response);
                       });
  }

  grpc::Status ListIntegrations(grpc::ServerContext* context,
                                const v1::ListIntegrationsRequest* request,
                                v1::ListIntegrationsResponse* response) override {
    return desk_.Serve(
        *context, *request, "/guestbridge.v1.IntegrationService/ListIntegrations",
        [&](const Call& call) -> absl::Status {
          return Take(integrations_.List(*request, call.reach), response);
        });
  }

  grpc::Status UpdateIntegration(grpc::ServerContext* context,
                                 const v1::UpdateIntegrationRequest* request,
                                 v1::Integration* response) override {
    return desk_.Serve(
        *context, *request, "/guestbridge.v1.IntegrationService/UpdateIntegration",
        [&](const Call& call) -> absl::Status {
          return Take(integrations_.Update(*request, call.reach), response);
        });
  }

  grpc::Status DeleteIntegration(grpc::ServerContext* context,
                                 const v1::DeleteIntegrationRequest* request,
                                 google::protobuf::Empty*) override {
    return desk_.Serve(*context, *request,
                       "/guestbridge.v1.IntegrationService/DeleteIntegration",
                       [&](const Call&) -> absl::Status {
                         return integrations_.Delete(request->name(), request->etag());
                       });
  }

  grpc::Status ActivateIntegration(grpc::ServerContext* context,
                                   const v1::ActivateIntegrationRequest* request,
                                   v1::Integration* response) override {
    return desk_.Serve(
        *context, *request, "/guestbridge.v1.IntegrationService/ActivateIntegration",
        [&](const Call&) -> absl::Status {
          return Take(integrations_.SetActive(request->name(), true, request->etag()),
                      response);
        });
  }

  grpc::Status DeactivateIntegration(grpc::ServerContext* context,
                                     const v1::DeactivateIntegrationRequest* request,
                                     v1::Integration* response) override {
    return desk_.Serve(
        *context, *request, "/guestbridge.v1.IntegrationService/DeactivateIntegration",
        [&](const Call&) -> absl::Status {
          return Take(integrations_.SetActive(request->name(), false, request->etag()),
                      response);
        });
  }

 private:
  const CallDesk& desk_;
  Integrations& integrations_;
};

}  // namespace

std::unique_ptr<grpc::Service> MakeIntegrationService(const CallDesk& desk,
                                                      Integrations& integrations) {
  return std::make_unique<IntegrationServiceImpl>(desk, integrations);
}

}  // namespace guestbridge::server
