#include "common/status/grpc_status.h"

#include <string>
#include <utility>

#include "common/status/error.h"
#include "common/status/error_payload.h"
#include "common/text/utf8.h"

namespace guestbridge {
namespace {

using status_internal::Payload;

// gRPC clients refuse more than 8 KiB of trailers. A message is percent-encoded (three
// bytes for one that is not ASCII), the details are in base64.
constexpr size_t kMaxMessageBytes = 900;
constexpr size_t kMaxRemedyBytes = 900;
constexpr size_t kMaxParameterBytes = 400;
constexpr size_t kMaxAllParametersBytes = 1200;
constexpr size_t kMaxViolations = 4;
constexpr size_t kMaxFieldBytes = 100;
constexpr size_t kMaxDescriptionBytes = 250;

std::string Cut(absl::string_view text, size_t max_bytes) {
  return std::string(CutUtf8(text, max_bytes));
}

Payload CutForWire(const Payload& payload) {
  Payload cut;
  cut.reason = payload.reason;
  cut.remedy = Cut(payload.remedy, kMaxRemedyBytes);
  size_t used = 0;
  for (const auto& [key, value] : payload.parameters) {
    std::string shorter = Cut(value, kMaxParameterBytes);
    used += key.size() + shorter.size();
    if (used > kMaxAllParametersBytes) break;
    cut.parameters.emplace(key, std::move(shorter));
  }
  for (const FieldViolation& violation : payload.violations) {
    if (cut.violations.size() == kMaxViolations) break;
    cut.violations.push_back({Cut(violation.field, kMaxFieldBytes),
                              Cut(violation.description, kMaxDescriptionBytes)});
  }
  return cut;
}

absl::string_view ReasonOfTransport(grpc::StatusCode code) {
  switch (code) {
    case grpc::StatusCode::UNAVAILABLE:
      return "SERVER_UNREACHABLE";
    case grpc::StatusCode::DEADLINE_EXCEEDED:
      return "DEADLINE_PASSED";
    case grpc::StatusCode::RESOURCE_EXHAUSTED:
      return "REQUEST_TOO_LARGE";
    default:
      return "CALL_FAILED";
  }
}

}  // namespace

grpc::Status ToGrpcStatus(const absl::Status& status, Language language) {
  if (status.ok()) return grpc::Status::OK;
  Payload payload = status_internal::Read(status);
  std::string message = ToValidUtf8(status.message());
  if (payload.reason.empty() && (absl::IsInternal(status) || absl::IsUnknown(status))) {
    // The words of an error that nobody gave a reason may be another library's, with
    // who knows what in them: they stay here.
    payload.reason = "INTERNAL_ERROR";
  }
  if (payload.reason.empty()) payload.reason = absl::StatusCodeToString(status.code());
  if (FindReason(payload.reason) != nullptr) {
    const std::string english =
        RenderMessage(payload.reason, payload.parameters, Language::kEnglish);
    message = RenderMessage(payload.reason, payload.parameters, language);
    payload.remedy = RenderRemedy(payload.reason, payload.parameters, language);
    for (FieldViolation& violation : payload.violations) {
      if (violation.description == english) violation.description = message;
    }
  }
  message = Cut(message, kMaxMessageBytes);
  // The canonical codes of absl and gRPC have the same numbers.
  const int code = static_cast<int>(status.code());
  return grpc::Status(
      static_cast<grpc::StatusCode>(code), message,
      status_internal::EncodeDetails(code, message, CutForWire(payload)));
}

absl::Status FromGrpcStatus(const grpc::Status& status) {
  if (status.ok()) return absl::OkStatus();
  const auto code = static_cast<absl::StatusCode>(status.error_code());
  Payload payload;
  if (status_internal::DecodeDetails(status.error_details(), &payload)) {
    absl::Status read(code, status.error_message());
    status_internal::Attach(payload, &read);
    return read;
  }
  payload = Payload();
  payload.reason = std::string(ReasonOfTransport(status.error_code()));
  payload.parameters["code"] = absl::StatusCodeToString(code);
  payload.parameters["detail"] = ToValidUtf8(status.error_message());
  absl::Status made(
      code, RenderMessage(payload.reason, payload.parameters, Language::kEnglish));
  status_internal::Attach(payload, &made);
  return made;
}

}  // namespace guestbridge
