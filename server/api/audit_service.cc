#include "guestbridge/v1/audit.grpc.pb.h"
#include "server/api/services.h"

namespace guestbridge::server {
namespace {

class AuditServiceImpl final : public v1::AuditService::Service {
 public:
  AuditServiceImpl(const CallDesk& desk, Audits& audits)
      : desk_(desk), audits_(audits) {}

  grpc::Status ListAuditRecords(grpc::ServerContext* context,
                                const v1::ListAuditRecordsRequest* request,
                                v1::ListAuditRecordsResponse* response) override {
    return desk_.Serve(*context, *request,
                       "/guestbridge.v1.AuditService/ListAuditRecords",
                       [&](const Call&) -> absl::Status {
                         return Take(audits_.List(*request), response);
                       });
  }

  grpc::Status VerifyAudit(grpc::ServerContext* context,
                           const v1::VerifyAuditRequest* request,
                           v1::VerifyAuditResponse* response) override {
    return desk_.Serve(
        *context, *request, "/guestbridge.v1.AuditService/VerifyAudit",
        [&](const Call&) -> absl::Status { return Take(audits_.Verify(), response); });
  }

 private:
  const CallDesk& desk_;
  Audits& audits_;
};

}  // namespace

std::unique_ptr<grpc::Service> MakeAuditService(const CallDesk& desk, Audits& audits) {
  return std::make_unique<AuditServiceImpl>(desk, audits);
}

}  // namespace guestbridge::server
