#include "absl/strings/str_cat.h"
#include "guestbridge/v1/api_token.grpc.pb.h"
#include "server/api/services.h"

namespace guestbridge::server {
namespace {

class ApiTokenServiceImpl final : public v1::ApiTokenService::Service {
 public:
  ApiTokenServiceImpl(const CallDesk& desk, TokenAdministration& tokens)
      : desk_(desk), tokens_(tokens) {}

  grpc::Status CreateApiToken(grpc::ServerContext* context,
                              const v1::CreateApiTokenRequest* request,
                              v1::CreateApiTokenResponse* response) override {
    return Serve(*context, *request, "CreateApiToken", [&](const TokenAdmin& admin) {
      return Take(tokens_.Create(admin, *request), response);
    });
  }

  grpc::Status ListApiTokens(grpc::ServerContext* context,
                             const v1::ListApiTokensRequest* request,
                             v1::ListApiTokensResponse* response) override {
    return Serve(*context, *request, "ListApiTokens", [&](const TokenAdmin& admin) {
      return Take(tokens_.List(admin, *request), response);
    });
  }

  grpc::Status GetApiToken(grpc::ServerContext* context,
                           const v1::GetApiTokenRequest* request,
                           v1::ApiToken* response) override {
    return Serve(*context, *request, "GetApiToken", [&](const TokenAdmin& admin) {
      return Take(tokens_.Get(admin, request->name()), response);
    });
  }

  grpc::Status RotateApiToken(grpc::ServerContext* context,
                              const v1::RotateApiTokenRequest* request,
                              v1::RotateApiTokenResponse* response) override {
    return Serve(*context, *request, "RotateApiToken", [&](const TokenAdmin& admin) {
      return Take(tokens_.Rotate(admin, *request), response);
    });
  }

  grpc::Status RevokeApiToken(grpc::ServerContext* context,
                              const v1::RevokeApiTokenRequest* request,
                              v1::ApiToken* response) override {
    return Serve(*context, *request, "RevokeApiToken", [&](const TokenAdmin& admin) {
      return Take(tokens_.Revoke(admin, *request), response);
    });
  }

 private:
  template <typename Handle>
  grpc::Status Serve(grpc::ServerContext& context,
                     const google::protobuf::Message& request, absl::string_view method,
                     const Handle& handle) {
    const std::string full = absl::StrCat("/guestbridge.v1.ApiTokenService/", method);
    return desk_.Serve(context, request, full, [&](const Call& call) -> absl::Status {
      return handle(TokenAdmin{full, call.caller, call.reach});
    });
  }

  const CallDesk& desk_;
  TokenAdministration& tokens_;
};

}  // namespace

std::unique_ptr<grpc::Service> MakeApiTokenService(const CallDesk& desk,
                                                   TokenAdministration& tokens) {
  return std::make_unique<ApiTokenServiceImpl>(desk, tokens);
}

}  // namespace guestbridge::server
