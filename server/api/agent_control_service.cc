#include <utility>

#include "common/resource/resource_name.h"
#include "common/status/error.h"
#include "common/status/grpc_status.h"
#include "common/status/status_macros.h"
#include "guestbridge/v1/agent_control.grpc.pb.h"
#include "server/api/assignment.h"
#include "server/api/enrollments.h"
#include "server/api/keys.h"
#include "server/api/proto_time.h"
#include "server/api/render.h"
#include "server/api/services.h"
#include "server/api/stream_reactor.h"
#include "server/store/record.pb.h"
#include "server/store/record_codec.h"

namespace guestbridge::server {
namespace {

using Base =
    v1::AgentControlService::WithCallbackMethod_Watch<v1::AgentControlService::Service>;

constexpr char kPrefix[] = "/guestbridge.v1.AgentControlService/";

class AgentControlServiceImpl final : public Base {
 public:
  AgentControlServiceImpl(const CallDesk& desk, const AgentControlParts& parts)
      : desk_(desk), parts_(parts) {}

  grpc::Status Hello(grpc::ServerContext* context, const v1::HelloRequest* request,
                     v1::HelloResponse* response) override {
    return desk_.Serve(
        *context, *request, absl::StrCat(kPrefix, "Hello"), [&](const Call& call) {
          return Take(parts_.agents.Hello(*request, call.caller), response);
        });
  }

  grpc::ServerWriteReactor<v1::WatchResponse>* Watch(
      grpc::CallbackServerContext* context, const v1::WatchRequest* request) override {
    const Language language = CallDesk::LanguageOf(*context);
    auto* reactor = new StreamReactor<v1::WatchResponse>();
    const absl::StatusOr<Call> call =
        desk_.Admit(*context, *request, absl::StrCat(kPrefix, "Watch"));
    absl::StatusOr<std::shared_ptr<Session>> entered =
        call.ok() ? Enter(*call, *request)
                  : absl::StatusOr<std::shared_ptr<Session>>(call.status());
    if (!entered.ok()) {
      if (call.ok()) {
        desk_.Answered(*call, absl::StrCat(kPrefix, "Watch"), *request,
                       entered.status());
      }
      reactor->Refuse(ToGrpcStatus(entered.status(), language));
      return reactor;
    }
    const std::shared_ptr<Session> session = *std::move(entered);
    const int stream = session->Attach(
        reactor->waker(),
        {.peer = call->audited.peer, .request_id = call->audited.request_id});
    parts_.agents.StreamBegan(session);
    parts_.dispatcher.Begin(session);
    std::shared_ptr<OpenStreams::Entry> entry = parts_.streams.Add(
        call->caller, call->check_again, [this, session](const absl::Status& status) {
          parts_.sessions.Close(session, status);
        });
    reactor->Begin(
        [session, stream, language] {
          Session::Step next = session->Next(stream);
          StreamReactor<v1::WatchResponse>::Step step;
          step.message = std::move(next.message);
          if (next.end.has_value()) step.end = ToGrpcStatus(*next.end, language);
          return step;
        },
        [this, session, stream, entry]() mutable {
          entry.reset();
          if (!session->Detach(stream)) return;
          parts_.dispatcher.Forget(session);
          parts_.sessions.StreamEnded(session);
          parts_.agents.StreamEnded(session);
        });
    return reactor;
  }

  grpc::Status AcknowledgeConfiguration(
      grpc::ServerContext* context, const v1::AcknowledgeConfigurationRequest* request,
      v1::AcknowledgeConfigurationResponse*) override {
    return desk_.Serve(*context, *request,
                       absl::StrCat(kPrefix, "AcknowledgeConfiguration"),
                       [&](const Call& call) -> absl::Status {
                         GB_ASSIGN_OR_RETURN(const auto session, Enter(call, *request));
                         return parts_.agents.Acknowledge(*session, *request);
                       });
  }

  grpc::Status AcquireLease(grpc::ServerContext* context,
                            const v1::AcquireLeaseRequest* request,
                            v1::Lease* response) override {
    return desk_.Serve(*context, *request, absl::StrCat(kPrefix, "AcquireLease"),
                       [&](const Call& call) -> absl::Status {
                         GB_ASSIGN_OR_RETURN(const auto session, Enter(call, *request));
                         return Take(parts_.leases.Acquire(*session, *request),
                                     response);
                       });
  }

  grpc::Status ReportRun(grpc::ServerContext* context,
                         const v1::ReportRunRequest* request,
                         v1::ReportRunResponse* response) override {
    return desk_.Serve(*context, *request, absl::StrCat(kPrefix, "ReportRun"),
                       [&](const Call& call) -> absl::Status {
                         GB_ASSIGN_OR_RETURN(const auto session, Enter(call, *request));
                         GB_ASSIGN_OR_RETURN(const bool cancel,
                                             parts_.runs.Report(*session, *request));
                         response->set_cancel_requested(cancel);
                         return parts_.connections.FollowMove(
                             request->run(), session->identity().agent);
                       });
  }

  grpc::Status OpenRun(grpc::ServerContext* context, const v1::OpenRunRequest* request,
                       v1::Run* response) override {
    return desk_.Serve(
        *context, *request, absl::StrCat(kPrefix, "OpenRun"),
        [&](const Call& call) -> absl::Status {
          GB_ASSIGN_OR_RETURN(const auto session, Enter(call, *request));
          GB_RETURN_IF_ERROR(Take(parts_.runs.OpenOwn(*session, *request), response));
          Render(call.language, response);
          return absl::OkStatus();
        });
  }

  grpc::Status ReportLedger(grpc::ServerContext* context,
                            const v1::ReportLedgerRequest* request,
                            v1::ReportLedgerResponse*) override {
    return desk_.Serve(
        *context, *request, absl::StrCat(kPrefix, "ReportLedger"),
        [&](const Call& call) -> absl::Status {
          GB_ASSIGN_OR_RETURN(const auto session, Enter(call, *request));
          GB_RETURN_IF_ERROR(parts_.status.TakeLedger(*session, *request));
          return parts_.erasures.Take(*session, *request);
        });
  }

  grpc::Status ReportChecks(grpc::ServerContext* context,
                            const v1::ReportChecksRequest* request,
                            v1::ReportChecksResponse*) override {
    return desk_.Serve(*context, *request, absl::StrCat(kPrefix, "ReportChecks"),
                       [&](const Call& call) -> absl::Status {
                         GB_ASSIGN_OR_RETURN(const auto session, Enter(call, *request));
                         return parts_.checks.TakeReport(*session, *request);
                       });
  }

  grpc::Status ReportAgent(grpc::ServerContext* context,
                           const v1::ReportAgentRequest* request,
                           v1::ReportAgentResponse*) override {
    return desk_.Serve(*context, *request, absl::StrCat(kPrefix, "ReportAgent"),
                       [&](const Call& call) -> absl::Status {
                         GB_ASSIGN_OR_RETURN(const auto session, Enter(call, *request));
                         return parts_.agents.TakeReport(*session, request->report());
                       });
  }

  grpc::Status FinishTask(grpc::ServerContext* context,
                          const v1::FinishTaskRequest* request,
                          v1::FinishTaskResponse*) override {
    return desk_.Serve(*context, *request, absl::StrCat(kPrefix, "FinishTask"),
                       [&](const Call& call) -> absl::Status {
                         GB_ASSIGN_OR_RETURN(const auto session, Enter(call, *request));
                         v1::FinishTaskRequest answer = *request;
                         DropImpossibleTimes(&answer);
                         return parts_.sessions.Answer(*session, answer);
                       });
  }

  grpc::Status GetAccessToken(grpc::ServerContext* context,
                              const v1::GetAccessTokenRequest* request,
                              v1::AccessToken* response) override {
    return desk_.Serve(
        *context, *request, absl::StrCat(kPrefix, "GetAccessToken"),
        [&](const Call& call) -> absl::Status {
          GB_ASSIGN_OR_RETURN(const auto session, Enter(call, *request));
          GB_ASSIGN_OR_RETURN(const std::string id,
                              ParseIntegrationName(request->integration()));
          const auto may_have = [&](Transaction& transaction) {
            return CheckMayHaveToken(transaction, *session, id);
          };
          GB_RETURN_IF_ERROR(parts_.store.Read(may_have));
          GB_RETURN_IF_ERROR(
              Take(parts_.credentials.Access(id, request->refused_token_digest()),
                   response));
          // Without its record no token leaves. A refresh may have taken seconds: it
          // is asked again who serves.
          const absl::Status recorded =
              parts_.audit.Record(TokenEntry(id, response->token()), may_have);
          if (!recorded.ok()) response->Clear();
          return recorded;
        });
  }

  grpc::Status Goodbye(grpc::ServerContext* context, const v1::GoodbyeRequest* request,
                       v1::GoodbyeResponse*) override {
    return desk_.Serve(*context, *request, absl::StrCat(kPrefix, "Goodbye"),
                       [&](const Call& call) -> absl::Status {
                         GB_ASSIGN_OR_RETURN(const auto session, Enter(call, *request));
                         return parts_.agents.Goodbye(session);
                       });
  }

 private:
  AuditEntry TokenEntry(const std::string& id, const std::string& token) {
    AuditEntry entry;
    entry.resource = ConnectionName(id);
    v1::AuditChange& given = entry.changes.emplace_back();
    given.set_field("access_token");
    given.set_after(parts_.audit.key().Hash(token));
    return entry;
  }

  // The session that the request names, of this very caller.
  template <typename Request>
  absl::StatusOr<std::shared_ptr<Session>> Enter(const Call& call,
                                                 const Request& request) {
    return parts_.agents.Enter(request.session(), call.caller.principal);
  }

  // Tokens go to the agent of the integration only, as long as it may come.
  static absl::Status CheckMayHaveToken(Transaction& transaction,
                                        const Session& session, const std::string& id) {
    const Session::Identity& who = session.identity();
    GB_ASSIGN_OR_RETURN(const auto record, GetRecord<store::AgentRecord>(
                                               transaction, keys::Agent(who.agent)));
    if (record.has_value()) {
      GB_RETURN_IF_ERROR(CheckNotKeptOut(record->value, who.agent, who.epoch));
    }
    return CheckAssigned(transaction, id, who.agent);
  }

  const CallDesk& desk_;
  const AgentControlParts parts_;
};

}  // namespace

std::unique_ptr<grpc::Service> MakeAgentControlService(const CallDesk& desk,
                                                       const AgentControlParts& parts) {
  return std::make_unique<AgentControlServiceImpl>(desk, parts);
}

}  // namespace guestbridge::server
