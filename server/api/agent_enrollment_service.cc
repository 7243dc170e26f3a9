#include "guestbridge/v1/agent_enrollment.grpc.pb.h"
#include "server/api/services.h"
#include "server/identity/peer_certificate.h"

namespace guestbridge::server {
namespace {

class AgentEnrollmentServiceImpl final : public v1::AgentEnrollmentService::Service {
 public:
  AgentEnrollmentServiceImpl(const CallDesk& desk, Enrollments& enrollments)
      : desk_(desk), enrollments_(enrollments) {}

  grpc::Status Join(grpc::ServerContext* context, const v1::JoinRequest* request,
                    v1::JoinResponse* response) override {
    return desk_.Serve(
        *context, *request, "/guestbridge.v1.AgentEnrollmentService/Join",
        [&](const Call&) { return Take(enrollments_.Join(*request), response); });
  }

  grpc::Status Renew(grpc::ServerContext* context, const v1::RenewRequest* request,
                     v1::RenewResponse* response) override {
    return desk_.Serve(
        *context, *request, "/guestbridge.v1.AgentEnrollmentService/Renew",
        [&](const Call&) {
          const auto peer = context->auth_context();
          const std::string shown = peer == nullptr ? "" : CertificateOfPeer(*peer);
          return Take(enrollments_.Renew(shown, *request), response);
        });
  }

 private:
  const CallDesk& desk_;
  Enrollments& enrollments_;
};

}  // namespace

std::unique_ptr<grpc::Service> MakeAgentEnrollmentService(const CallDesk& desk,
                                                          Enrollments& enrollments) {
  return std::make_unique<AgentEnrollmentServiceImpl>(desk, enrollments);
}

}  // namespace guestbridge::server
