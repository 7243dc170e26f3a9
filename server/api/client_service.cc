#include "common/resource/resource_name.h"
#include "common/status/status_macros.h"
#include "guestbridge/v1/client.grpc.pb.h"
#include "server/api/render.h"
#include "server/api/services.h"

namespace guestbridge::server {
namespace {

class ClientServiceImpl final : public v1::ClientService::Service {
 public:
  ClientServiceImpl(const CallDesk& desk, Clients& clients, Runs& runs)
      : desk_(desk), clients_(clients), runs_(runs) {}

  grpc::Status MatchClients(grpc::ServerContext* context,
                            const v1::MatchClientsRequest* request,
                            v1::Run* response) override {
    return desk_.Serve(
        *context, *request, "/guestbridge.v1.ClientService/MatchClients",
        [&](const Call& call) -> absl::Status {
          RunOrder order;
          GB_ASSIGN_OR_RETURN(order.integration,
                              ParseIntegrationName(request->parent()));
          order.kind = v1::Run::MATCH;
          order.apply = request->apply();
          order.beyond_guard = request->beyond_guard();
          order.request_id = request->request_id();
          GB_RETURN_IF_ERROR(Take(runs_.Start(order, call.reach), response));
          Render(call.language, response);
          return absl::OkStatus();
        });
  }

  grpc::Status ListClients(grpc::ServerContext* context,
                           const v1::ListClientsRequest* request,
                           v1::ListClientsResponse* response) override {
    return desk_.Serve(
        *context, *request, "/guestbridge.v1.ClientService/ListClients",
        [&](const Call& call) -> absl::Status {
          GB_RETURN_IF_ERROR(Take(clients_.List(*request, call.patience), response));
          for (v1::Client& client : *response->mutable_clients()) {
            Render(call.language, &client);
          }
          return absl::OkStatus();
        });
  }

  grpc::Status ExplainClient(grpc::ServerContext* context,
                             const v1::ExplainClientRequest* request,
                             v1::ClientExplanation* response) override {
    return desk_.Serve(
        *context, *request, "/guestbridge.v1.ClientService/ExplainClient",
        [&](const Call& call) -> absl::Status {
          GB_RETURN_IF_ERROR(
              Take(clients_.Explain(request->name(), call.patience), response));
          Render(call.language, response);
          return absl::OkStatus();
        });
  }

  grpc::Status ListClientGroups(grpc::ServerContext* context,
                                const v1::ListClientGroupsRequest* request,
                                v1::ListClientGroupsResponse* response) override {
    return desk_.Serve(
        *context, *request, "/guestbridge.v1.ClientService/ListClientGroups",
        [&](const Call& call) -> absl::Status {
          GB_RETURN_IF_ERROR(Take(clients_.Groups(*request, call.patience), response));
          Render(call.language, request->parent(), response);
          return absl::OkStatus();
        });
  }

  grpc::Status DropClients(grpc::ServerContext* context,
                           const v1::DropClientsRequest* request,
                           v1::DropClientsResponse* response) override {
    return desk_.Serve(*context, *request, "/guestbridge.v1.ClientService/DropClients",
                       [&](const Call& call) -> absl::Status {
                         return Take(clients_.Drop(*request, call.patience), response);
                       });
  }

  grpc::Status RetryClients(grpc::ServerContext* context,
                            const v1::RetryClientsRequest* request,
                            v1::RetryClientsResponse* response) override {
    return desk_.Serve(*context, *request, "/guestbridge.v1.ClientService/RetryClients",
                       [&](const Call& call) -> absl::Status {
                         return Take(clients_.Retry(*request, call.patience), response);
                       });
  }

  grpc::Status LinkClient(grpc::ServerContext* context,
                          const v1::LinkClientRequest* request,
                          v1::Client* response) override {
    return desk_.Serve(
        *context, *request, "/guestbridge.v1.ClientService/LinkClient",
        [&](const Call& call) -> absl::Status {
          GB_RETURN_IF_ERROR(Take(clients_.Link(*request, call.patience), response));
          Render(call.language, response);
          return absl::OkStatus();
        });
  }

  grpc::Status UnlinkClient(grpc::ServerContext* context,
                            const v1::UnlinkClientRequest* request,
                            v1::Client* response) override {
    return desk_.Serve(
        *context, *request, "/guestbridge.v1.ClientService/UnlinkClient",
        [&](const Call& call) -> absl::Status {
          GB_RETURN_IF_ERROR(Take(clients_.Unlink(*request, call.patience), response));
          Render(call.language, response);
          return absl::OkStatus();
        });
  }

  grpc::Status ForgetClient(grpc::ServerContext* context,
                            const v1::ForgetClientRequest* request,
                            v1::ErasureReceipt* response) override {
    return desk_.Serve(
        *context, *request, "/guestbridge.v1.ClientService/ForgetClient",
        [&](const Call& call) -> absl::Status {
          GB_RETURN_IF_ERROR(Take(clients_.Forget(*request, call.patience), response));
          Render(call.language, response);
          return absl::OkStatus();
        });
  }

  grpc::Status ListClientHistory(grpc::ServerContext* context,
                                 const v1::ListClientHistoryRequest* request,
                                 v1::ListClientHistoryResponse* response) override {
    return desk_.Serve(
        *context, *request, "/guestbridge.v1.ClientService/ListClientHistory",
        [&](const Call& call) -> absl::Status {
          GB_RETURN_IF_ERROR(Take(clients_.History(*request, call.patience), response));
          Render(call.language, response);
          return absl::OkStatus();
        });
  }

 private:
  const CallDesk& desk_;
  Clients& clients_;
  Runs& runs_;
};

}  // namespace

std::unique_ptr<grpc::Service> MakeClientService(const CallDesk& desk, Clients& clients,
                                                 Runs& runs) {
  return std::make_unique<ClientServiceImpl>(desk, clients, runs);
}

}  // namespace guestbridge::server
