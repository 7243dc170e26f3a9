#include "common/status/status_macros.h"
#include "guestbridge/v1/event.grpc.pb.h"
#include "server/api/render.h"
#include "server/api/services.h"

namespace guestbridge::server {
namespace {

class EventServiceImpl final : public v1::EventService::Service {
 public:
  EventServiceImpl(const CallDesk& desk, Events& events)
      : desk_(desk), events_(events) {}

  grpc::Status LoadEvents(grpc::ServerContext* context,
                          const v1::LoadEventsRequest* request,
                          v1::EventSet* response) override {
    return desk_.Serve(*context, *request, "/guestbridge.v1.EventService/LoadEvents",
                       [&](const Call& call) -> absl::Status {
                         GB_RETURN_IF_ERROR(Take(
                             events_.Load(request->name(), call.patience), response));
                         Render(call.language, response);
                         return absl::OkStatus();
                       });
  }

  grpc::Status GetEvents(grpc::ServerContext* context,
                         const v1::GetEventsRequest* request,
                         v1::EventSet* response) override {
    return desk_.Serve(
        *context, *request, "/guestbridge.v1.EventService/GetEvents",
        [&](const Call& call) -> absl::Status {
          GB_RETURN_IF_ERROR(Take(events_.Get(request->name()), response));
          Render(call.language, response);
          return absl::OkStatus();
        });
  }

  grpc::Status EnableEvent(grpc::ServerContext* context,
                           const v1::EnableEventRequest* request,
                           v1::EventSet* response) override {
    return desk_.Serve(
        *context, *request, "/guestbridge.v1.EventService/EnableEvent",
        [&](const Call& call) -> absl::Status {
          GB_RETURN_IF_ERROR(
              Take(events_.Switch(request->name(), request->event(), true), response));
          Render(call.language, response);
          return absl::OkStatus();
        });
  }

  grpc::Status DisableEvent(grpc::ServerContext* context,
                            const v1::DisableEventRequest* request,
                            v1::EventSet* response) override {
    return desk_.Serve(
        *context, *request, "/guestbridge.v1.EventService/DisableEvent",
        [&](const Call& call) -> absl::Status {
          GB_RETURN_IF_ERROR(
              Take(events_.Switch(request->name(), request->event(), false), response));
          Render(call.language, response);
          return absl::OkStatus();
        });
  }

  grpc::Status SaveEvents(grpc::ServerContext* context,
                          const v1::SaveEventsRequest* request,
                          v1::EventSet* response) override {
    return desk_.Serve(*context, *request, "/guestbridge.v1.EventService/SaveEvents",
                       [&](const Call& call) -> absl::Status {
                         GB_RETURN_IF_ERROR(Take(
                             events_.Save(request->name(), request->etag()), response));
                         Render(call.language, response);
                         return absl::OkStatus();
                       });
  }

 private:
  const CallDesk& desk_;
  Events& events_;
};

}  // namespace

std::unique_ptr<grpc::Service> MakeEventService(const CallDesk& desk, Events& events) {
  return std::make_unique<EventServiceImpl>(desk, events);
}

}  // namespace guestbridge::server
