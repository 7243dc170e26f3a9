#include "common/status/error_payload.h"

#include <utility>

#include "absl/strings/cord.h"
#include "absl/types/optional.h"
#include "guestbridge/v1/error.pb.h"

namespace guestbridge::status_internal {
namespace {

constexpr char kPayloadUrl[] = "guestbridge/error";
constexpr char kErrorInfoUrl[] = "type.googleapis.com/google.rpc.ErrorInfo";
constexpr char kBadRequestUrl[] = "type.googleapis.com/google.rpc.BadRequest";
constexpr char kDomain[] = "guestbridge";
constexpr char kRemedy[] = "remedy";

}  // namespace

std::string EncodeDetails(int code, absl::string_view message, const Payload& payload) {
  v1::ErrorStatus status;
  status.set_code(code);
  status.set_message(std::string(message));

  v1::ErrorInfo info;
  info.set_reason(payload.reason);
  info.set_domain(kDomain);
  for (const auto& [key, value] : payload.parameters) {
    (*info.mutable_metadata())[key] = value;
  }
  if (!payload.remedy.empty()) (*info.mutable_metadata())[kRemedy] = payload.remedy;
  google::protobuf::Any* packed = status.add_details();
  packed->set_type_url(kErrorInfoUrl);
  packed->set_value(info.SerializeAsString());

  if (!payload.violations.empty()) {
    v1::BadRequest bad_request;
    for (const FieldViolation& violation : payload.violations) {
      auto* added = bad_request.add_field_violations();
      added->set_field(violation.field);
      added->set_description(violation.description);
    }
    packed = status.add_details();
    packed->set_type_url(kBadRequestUrl);
    packed->set_value(bad_request.SerializeAsString());
  }
  return status.SerializeAsString();
}

bool DecodeDetails(absl::string_view details, Payload* payload) {
  v1::ErrorStatus status;
  if (!status.ParseFromArray(details.data(), static_cast<int>(details.size()))) {
    return false;
  }
  bool found = false;
  for (const google::protobuf::Any& packed : status.details()) {
    if (packed.type_url() == kErrorInfoUrl) {
      v1::ErrorInfo info;
      if (!info.ParseFromString(packed.value()) || info.domain() != kDomain) continue;
      found = true;
      payload->reason = info.reason();
      for (const auto& [key, value] : info.metadata()) {
        if (key == kRemedy) {
          payload->remedy = value;
        } else {
          payload->parameters[key] = value;
        }
      }
    } else if (packed.type_url() == kBadRequestUrl) {
      v1::BadRequest bad_request;
      if (!bad_request.ParseFromString(packed.value())) continue;
      for (const auto& violation : bad_request.field_violations()) {
        payload->violations.push_back({violation.field(), violation.description()});
      }
    }
  }
  return found;
}

Payload Read(const absl::Status& status) {
  Payload payload;
  const absl::optional<absl::Cord> stored = status.GetPayload(kPayloadUrl);
  if (stored.has_value()) DecodeDetails(std::string(*stored), &payload);
  return payload;
}

void Attach(const Payload& payload, absl::Status* status) {
  status->SetPayload(kPayloadUrl, absl::Cord(EncodeDetails(
                                      static_cast<int>(status->code()), "", payload)));
}

}  // namespace guestbridge::status_internal
