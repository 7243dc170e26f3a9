#include "common/status/status_macros.h"
#include "guestbridge/v1/agent.grpc.pb.h"
#include "server/api/render.h"
#include "server/api/services.h"

namespace guestbridge::server {
namespace {

constexpr char kGetAgent[] = "/guestbridge.v1.AgentService/GetAgent";

class AgentServiceImpl final : public v1::AgentService::Service {
 public:
  AgentServiceImpl(const CallDesk& desk, Agents& agents, Enrollments& enrollments)
      : desk_(desk), agents_(agents), enrollments_(enrollments) {}

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

  grpc::Status CreateAgent(grpc::ServerContext* context,
                           const v1::CreateAgentRequest* request,
                           v1::CreateAgentResponse* response) override {
    return desk_.Serve(
        *context, *request, "/guestbridge.v1.AgentService/CreateAgent",
        [&](const Call& call) -> absl::Status {
          GB_RETURN_IF_ERROR(Take(enrollments_.Create(*request), response));
          const std::string name = response->agent().name();
          return View(call, name, response->mutable_agent());
        });
  }

  grpc::Status EvictAgent(grpc::ServerContext* context,
                          const v1::EvictAgentRequest* request,
                          v1::Agent* response) override {
    return desk_.Serve(*context, *request, "/guestbridge.v1.AgentService/EvictAgent",
                       [&](const Call& call) -> absl::Status {
                         GB_RETURN_IF_ERROR(enrollments_.Evict(request->name()));
                         return View(call, request->name(), response);
                       });
  }

  grpc::Status BanAgent(grpc::ServerContext* context,
                        const v1::BanAgentRequest* request,
                        v1::Agent* response) override {
    return desk_.Serve(*context, *request, "/guestbridge.v1.AgentService/BanAgent",
                       [&](const Call& call) -> absl::Status {
                         GB_RETURN_IF_ERROR(enrollments_.Ban(request->name()));
                         return View(call, request->name(), response);
                       });
  }

  grpc::Status UnbanAgent(grpc::ServerContext* context,
                          const v1::UnbanAgentRequest* request,
                          v1::Agent* response) override {
    return desk_.Serve(*context, *request, "/guestbridge.v1.AgentService/UnbanAgent",
                       [&](const Call& call) -> absl::Status {
                         GB_RETURN_IF_ERROR(enrollments_.Unban(request->name()));
                         return View(call, request->name(), response);
                       });
  }

 private:
  absl::Status View(const Call& call, const std::string& name, v1::Agent* agent) {
    GB_RETURN_IF_ERROR(Take(agents_.Get(name), agent));
    Render(call.language, agent);
    return absl::OkStatus();
  }

  const CallDesk& desk_;
  Agents& agents_;
  Enrollments& enrollments_;
};

}  // namespace

std::unique_ptr<grpc::Service> MakeAgentService(const CallDesk& desk, Agents& agents,
                                                Enrollments& enrollments) {
  return std::make_unique<AgentServiceImpl>(desk, agents, enrollments);
}

}  // namespace guestbridge::server
