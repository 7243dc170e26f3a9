#include <utility>

#include "common/resource/resource_name.h"
#include "common/status/grpc_status.h"
#include "common/status/status_macros.h"
#include "guestbridge/v1/run.grpc.pb.h"
#include "server/api/keys.h"
#include "server/api/render.h"
#include "server/api/run_watch.h"
#include "server/api/services.h"
#include "server/api/stream_reactor.h"

namespace guestbridge::server {
namespace {

using Base = v1::RunService::WithCallbackMethod_WatchRun<v1::RunService::Service>;

class RunServiceImpl final : public Base {
 public:
  RunServiceImpl(const CallDesk& desk, Runs& runs, Clients& clients, ChangeFeed& feed,
                 Stopping& stopping, OpenStreams& streams)
      : desk_(desk),
        runs_(runs),
        clients_(clients),
        feed_(feed),
        stopping_(stopping),
        streams_(streams) {}

  grpc::Status StartExport(grpc::ServerContext* context,
                           const v1::StartExportRequest* request,
                           v1::Run* response) override {
    return desk_.Serve(
        *context, *request, "/guestbridge.v1.RunService/StartExport",
        [&](const Call& call) -> absl::Status {
          RunOrder order;
          GB_ASSIGN_OR_RETURN(order.integration,
                              ParseIntegrationName(request->parent()));
          order.kind = v1::Run::EXPORT;
          order.full = request->full();
          order.dry_run = request->dry_run();
          order.settle = request->settle();
          order.plan = request->plan();
          if (request->draft_mapping()) {
            order.draft = request->draft_resend();
          }
          order.beyond_guard = request->beyond_guard();
          order.request_id = request->request_id();
          GB_RETURN_IF_ERROR(Take(runs_.Start(order, call.reach), response));
          Render(call.language, response);
          return absl::OkStatus();
        });
  }

  grpc::Status RebuildLedger(grpc::ServerContext* context,
                             const v1::RebuildLedgerRequest* request,
                             v1::Run* response) override {
    return desk_.Serve(
        *context, *request, "/guestbridge.v1.RunService/RebuildLedger",
        [&](const Call& call) -> absl::Status {
          RunOrder order;
          GB_ASSIGN_OR_RETURN(order.integration,
                              ParseIntegrationName(request->parent()));
          order.kind = v1::Run::REBUILD;
          order.request_id = request->request_id();
          GB_RETURN_IF_ERROR(Take(runs_.Start(order, call.reach), response));
          Render(call.language, response);
          return absl::OkStatus();
        });
  }

  grpc::Status StartReconcile(grpc::ServerContext* context,
                              const v1::StartReconcileRequest* request,
                              v1::Run* response) override {
    return desk_.Serve(
        *context, *request, "/guestbridge.v1.RunService/StartReconcile",
        [&](const Call& call) -> absl::Status {
          RunOrder order;
          GB_ASSIGN_OR_RETURN(order.integration,
                              ParseIntegrationName(request->parent()));
          order.kind = v1::Run::RECONCILE;
          order.full = true;
          order.dry_run = !request->apply();
          order.beyond_guard = request->beyond_guard();
          order.request_id = request->request_id();
          GB_RETURN_IF_ERROR(Take(runs_.Start(order, call.reach), response));
          Render(call.language, response);
          return absl::OkStatus();
        });
  }

  grpc::Status GetRun(grpc::ServerContext* context, const v1::GetRunRequest* request,
                      v1::Run* response) override {
    return desk_.Serve(
        *context, *request, "/guestbridge.v1.RunService/GetRun",
        [&](const Call& call) -> absl::Status {
          GB_RETURN_IF_ERROR(Take(runs_.Get(request->name(), call.reach), response));
          Render(call.language, response);
          return absl::OkStatus();
        });
  }

  grpc::Status ListRuns(grpc::ServerContext* context,
                        const v1::ListRunsRequest* request,
                        v1::ListRunsResponse* response) override {
    return desk_.Serve(
        *context, *request, "/guestbridge.v1.RunService/ListRuns",
        [&](const Call& call) -> absl::Status {
          GB_RETURN_IF_ERROR(Take(runs_.List(*request, call.reach), response));
          for (v1::Run& run : *response->mutable_runs()) {
            Render(call.language, &run);
          }
          return absl::OkStatus();
        });
  }

  grpc::Status CancelRun(grpc::ServerContext* context,
                         const v1::CancelRunRequest* request,
                         v1::Run* response) override {
    return desk_.Serve(
        *context, *request, "/guestbridge.v1.RunService/CancelRun",
        [&](const Call& call) -> absl::Status {
          GB_RETURN_IF_ERROR(Take(runs_.Cancel(request->name(), call.reach), response));
          Render(call.language, response);
          return absl::OkStatus();
        });
  }

  grpc::Status ListRunSamples(grpc::ServerContext* context,
                              const v1::ListRunSamplesRequest* request,
                              v1::ListRunSamplesResponse* response) override {
    return desk_.Serve(
        *context, *request, "/guestbridge.v1.RunService/ListRunSamples",
        [&](const Call& call) -> absl::Status {
          GB_ASSIGN_OR_RETURN(const store::RunRecord dry_run,
                              runs_.DryRun(request->parent(), call.reach));
          GB_RETURN_IF_ERROR(Take(clients_.Samples(dry_run, call.patience), response));
          Render(call.language, dry_run.run().integration(), response);
          return absl::OkStatus();
        });
  }

  grpc::ServerWriteReactor<v1::Run>* WatchRun(
      grpc::CallbackServerContext* context,
      const v1::WatchRunRequest* request) override {
    const Language language = CallDesk::LanguageOf(*context);
    auto* reactor = new StreamReactor<v1::Run>();
    const absl::StatusOr<Call> call =
        desk_.Admit(*context, *request, "/guestbridge.v1.RunService/WatchRun");
    const absl::StatusOr<v1::Run> run = call.ok()
                                            ? runs_.Get(request->name(), call->reach)
                                            : absl::StatusOr<v1::Run>(call.status());
    if (!run.ok()) {
      reactor->Refuse(ToGrpcStatus(run.status(), language));
      return reactor;
    }
    auto watch = std::make_shared<RunWatch>(runs_, run->name(), request->until(),
                                            stopping_, call->reach);
    // The name came from the store, so it parses.
    const absl::StatusOr<RunId> id = ParseRunName(run->name());
    std::shared_ptr<ChangeFeed::Subscription> subscription =
        feed_.Subscribe(id.ok() ? keys::Run(id->integration, id->number) : "",
                        [watch, waker = reactor->waker()](const std::vector<Change>&) {
                          watch->Touch();
                          waker->Wake();
                        });
    std::shared_ptr<OpenStreams::Entry> entry =
        streams_.Add(call->caller, call->check_again,
                     [watch, waker = reactor->waker()](const absl::Status& status) {
                       watch->End(status);
                       waker->Wake();
                     });
    reactor->Begin(
        [watch, language] {
          RunWatch::Step next = watch->Next();
          StreamReactor<v1::Run>::Step step;
          if (next.run.has_value()) {
            Render(language, &*next.run);
            step.message = std::move(next.run);
          } else if (next.end.has_value()) {
            step.end = ToGrpcStatus(*next.end, language);
          }
          return step;
        },
        [subscription, entry]() mutable {
          subscription.reset();
          entry.reset();
        });
    return reactor;
  }

 private:
  const CallDesk& desk_;
  Runs& runs_;
  Clients& clients_;
  ChangeFeed& feed_;
  Stopping& stopping_;
  OpenStreams& streams_;
};

}  // namespace

std::unique_ptr<grpc::Service> MakeRunService(const CallDesk& desk, Runs& runs,
                                              Clients& clients, ChangeFeed& feed,
                                              Stopping& stopping,
                                              OpenStreams& streams) {
  return std::make_unique<RunServiceImpl>(desk, runs, clients, feed, stopping, streams);
}

}  // namespace guestbridge::server
