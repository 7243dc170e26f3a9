#include "guestbridge/v1/schedule.grpc.pb.h"
#include "server/api/services.h"

namespace guestbridge::server {
namespace {

class ScheduleServiceImpl final : public v1::ScheduleService::Service {
 public:
  ScheduleServiceImpl(const CallDesk& desk, Schedules& schedules)
      : desk_(desk), schedules_(schedules) {}

  grpc::Status GetSchedule(grpc::ServerContext* context,
                           const v1::GetScheduleRequest* request,
                           v1::Schedule* response) override {
    return desk_.Serve(*context, *request,
                       "/guestbridge.v1.ScheduleService/GetSchedule",
                       [&](const Call&) -> absl::Status {
                         return Take(schedules_.Get(request->name()), response);
                       });
  }

  grpc::Status SetSchedule(grpc::ServerContext* context,
                           const v1::SetScheduleRequest* request,
                           v1::Schedule* response) override {
    return desk_.Serve(*context, *request,
                       "/guestbridge.v1.ScheduleService/SetSchedule",
                       [&](const Call&) -> absl::Status {
                         return Take(schedules_.Set(request->schedule()), response);
                       });
  }

  grpc::Status PauseSchedule(grpc::ServerContext* context,
                             const v1::PauseScheduleRequest* request,
                             v1::Schedule* response) override {
    return desk_.Serve(*context, *request,
                       "/guestbridge.v1.ScheduleService/PauseSchedule",
                       [&](const Call&) -> absl::Status {
                         return Take(schedules_.Pause(request->name()), response);
                       });
  }

  grpc::Status ResumeSchedule(grpc::ServerContext* context,
                              const v1::ResumeScheduleRequest* request,
                              v1::Schedule* response) override {
    return desk_.Serve(*context, *request,
                       "/guestbridge.v1.ScheduleService/ResumeSchedule",
                       [&](const Call&) -> absl::Status {
                         return Take(schedules_.Resume(request->name()), response);
                       });
  }

 private:
  const CallDesk& desk_;
  Schedules& schedules_;
};

}  // namespace

std::unique_ptr<grpc::Service> MakeScheduleService(const CallDesk& desk,
                                                   Schedules& schedules) {
  return std::make_unique<ScheduleServiceImpl>(desk, schedules);
}

}  // namespace guestbridge::server
