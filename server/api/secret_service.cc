#include "guestbridge/v1/secret.grpc.pb.h"
#include "server/api/services.h"

namespace guestbridge::server {
namespace {

class SecretServiceImpl final : public v1::SecretService::Service {
 public:
  SecretServiceImpl(const CallDesk& desk, Secrets& secrets)
      : desk_(desk), secrets_(secrets) {}

  grpc::Status GetSecretStatus(grpc::ServerContext* context,
                               const v1::GetSecretStatusRequest* request,
                               v1::SecretStatus* response) override {
    return desk_.Serve(*context, *request,
                       "/guestbridge.v1.SecretService/GetSecretStatus",
                       [&](const Call&) { return Take(secrets_.Get(), response); });
  }

  grpc::Status RotateKey(grpc::ServerContext* context,
                         const v1::RotateKeyRequest* request,
                         v1::SecretStatus* response) override {
    return desk_.Serve(*context, *request, "/guestbridge.v1.SecretService/RotateKey",
                       [&](const Call&) { return Take(secrets_.Rotate(), response); });
  }

 private:
  const CallDesk& desk_;
  Secrets& secrets_;
};

}  // namespace

std::unique_ptr<grpc::Service> MakeSecretService(const CallDesk& desk,
                                                 Secrets& secrets) {
  return std::make_unique<SecretServiceImpl>(desk, secrets);
}

}  // namespace guestbridge::server
