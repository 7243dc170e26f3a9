#include "common/status/status_macros.h"
#include "guestbridge/v1/agent.grpc.pb.h"
#include "server/api/render.h"
#include "server/api/services.h"

namespace guestbridge::server {
namespace {

constexpr char kGetAgent[] = "/guestbridge.v1.AgentService/GetAgent";

class AgentServiceImpl final : public v1::AgentService::Service {
 public:
  AgentServiceImpl(const CallDesk& desk, Agents& agents)
      : desk_(desk), agents_(agents) {}

  grpc::Status GetAgent(grpc::ServerContext* context,
                        const v1::GetAgentRequest* request,
                        v1::Agent* response) override {
    return desk_.Serve(*context, *request, kGetAgent,
                       [&](const Call& call) -> absl::Status {
                         const absl::Status found =
                             Take(agents_.Get(request->name(), call.reach), response);
                         // Also of one that does not exist: who may not see it learns
                         // nothing.
                         if (absl::IsNotFound(found) && !call.reach.everything()) {
                           return RoleMissing(kGetAgent, call.caller, request->name());
                         }
                         GB_RETURN_IF_ERROR(found);
                         Render(call.language, response);
                         return absl::OkStatus();
                       });
  }

  grpc::Status ListAgents(grpc::ServerContext* context,
                          const v1::ListAgentsRequest* request,
                          v1::ListAgentsResponse* response) override {
    return desk_.Serve(
        *context, *request, "/guestbridge.v1.AgentService/ListAgents",
        [&](const Call& call) -> absl::Status {
          GB_RETURN_IF_ERROR(Take(agents_.List(*request, call.reach), response));
          for (v1::Agent& agent : *response->mutable_agents()) {
            Render(call.language, &agent);
          }
          return absl::OkStatus();
        });
  }

 private:
  const CallDesk& desk_;
  Agents& agents_;
};

}  // namespace

std::unique_ptr<grpc::Service> MakeAgentService(const CallDesk& desk, Agents& agents) {
  return std::make_unique<AgentServiceImpl>(desk, agents);
}

}  // namespace guestbridge::server
