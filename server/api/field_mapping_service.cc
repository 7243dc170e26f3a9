#include "common/status/status_macros.h"
#include "guestbridge/v1/field_mapping.grpc.pb.h"
#include "server/api/render.h"
#include "server/api/services.h"

namespace guestbridge::server {
namespace {

// The notices are said in the caller's language.
absl::Status Answer(const Call& call, absl::StatusOr<v1::FieldMapping> mapping,
                    v1::FieldMapping* response) {
  GB_RETURN_IF_ERROR(Take(std::move(mapping), response));
  Render(call.language, response);
  return absl::OkStatus();
}

class FieldMappingServiceImpl final : public v1::FieldMappingService::Service {
 public:
  FieldMappingServiceImpl(const CallDesk& desk, FieldMappings& mappings)
      : desk_(desk), mappings_(mappings) {}

  grpc::Status LoadFields(grpc::ServerContext* context,
                          const v1::LoadFieldsRequest* request,
                          v1::FieldMapping* response) override {
    return desk_.Serve(
        *context, *request, "/guestbridge.v1.FieldMappingService/LoadFields",
        [&](const Call& call) -> absl::Status {
          return Answer(call, mappings_.Load(request->parent(), call.patience),
                        response);
        });
  }

  grpc::Status GetFieldMapping(grpc::ServerContext* context,
                               const v1::GetFieldMappingRequest* request,
                               v1::FieldMapping* response) override {
    return desk_.Serve(*context, *request,
                       "/guestbridge.v1.FieldMappingService/GetFieldMapping",
                       [&](const Call& call) -> absl::Status {
                         return Answer(call, mappings_.Get(request->name()), response);
                       });
  }

  grpc::Status MapField(grpc::ServerContext* context,
                        const v1::MapFieldRequest* request,
                        v1::FieldMapping* response) override {
    return desk_.Serve(
        *context, *request, "/guestbridge.v1.FieldMappingService/MapField",
        [&](const Call& call) -> absl::Status {
          return Answer(call, mappings_.Map(request->parent(), request->entry()),
                        response);
        });
  }

  grpc::Status UnmapField(grpc::ServerContext* context,
                          const v1::UnmapFieldRequest* request,
                          v1::FieldMapping* response) override {
    return desk_.Serve(
        *context, *request, "/guestbridge.v1.FieldMappingService/UnmapField",
        [&](const Call& call) -> absl::Status {
          return Answer(call, mappings_.Unmap(request->parent(), request->target()),
                        response);
        });
  }

  grpc::Status SetClientFilter(grpc::ServerContext* context,
                               const v1::SetClientFilterRequest* request,
                               v1::FieldMapping* response) override {
    return desk_.Serve(
        *context, *request, "/guestbridge.v1.FieldMappingService/SetClientFilter",
        [&](const Call& call) -> absl::Status {
          return Answer(call, mappings_.SetFilter(request->parent(), request->filter()),
                        response);
        });
  }

  grpc::Status SaveFieldMapping(grpc::ServerContext* context,
                                const v1::SaveFieldMappingRequest* request,
                                v1::FieldMapping* response) override {
    return desk_.Serve(*context, *request,
                       "/guestbridge.v1.FieldMappingService/SaveFieldMapping",
                       [&](const Call& call) -> absl::Status {
                         return Answer(call, mappings_.Save(*request), response);
                       });
  }

  grpc::Status ListFieldMappings(grpc::ServerContext* context,
                                 const v1::ListFieldMappingsRequest* request,
                                 v1::ListFieldMappingsResponse* response) override {
    return desk_.Serve(*context, *request,
                       "/guestbridge.v1.FieldMappingService/ListFieldMappings",
                       [&](const Call&) -> absl::Status {
                         return Take(mappings_.List(*request), response);
                       });
  }

  grpc::Status DiffFieldMappings(grpc::ServerContext* context,
                                 const v1::DiffFieldMappingsRequest* request,
                                 v1::FieldMappingDiff* response) override {
    return desk_.Serve(*context, *request,
                       "/guestbridge.v1.FieldMappingService/DiffFieldMappings",
                       [&](const Call&) -> absl::Status {
                         return Take(mappings_.Diff(*request), response);
                       });
  }

  grpc::Status RestoreFieldMapping(grpc::ServerContext* context,
                                   const v1::RestoreFieldMappingRequest* request,
                                   v1::FieldMapping* response) override {
    return desk_.Serve(*context, *request,
                       "/guestbridge.v1.FieldMappingService/RestoreFieldMapping",
                       [&](const Call&) -> absl::Status {
                         return Take(mappings_.Restore(request->name()), response);
                       });
  }

 private:
  const CallDesk& desk_;
  FieldMappings& mappings_;
};

}  // namespace

std::unique_ptr<grpc::Service> MakeFieldMappingService(const CallDesk& desk,
                                                       FieldMappings& mappings) {
  return std::make_unique<FieldMappingServiceImpl>(desk, mappings);
}

}  // namespace guestbridge::server
