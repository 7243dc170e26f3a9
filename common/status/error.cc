#include "common/status/error.h"

#include "common/status/error_payload.h"
#include "common/text/utf8.h"

namespace guestbridge {
namespace {

using status_internal::Attach;
using status_internal::Payload;
using status_internal::Read;

absl::StatusCode CodeOf(absl::string_view reason) {
  const ReasonText* text = FindReason(reason);
  if (text == nullptr) return absl::StatusCode::kInternal;
  // A reason that is no RPC's error, met where a Status is expected, is still an error.
  if (text->code == absl::StatusCode::kOk) return absl::StatusCode::kUnknown;
  return text->code;
}

Parameters Valid(const Parameters& parameters) {
  Parameters valid;
  for (const auto& [key, value] : parameters) {
    valid[ToValidUtf8(key)] = ToValidUtf8(value);
  }
  return valid;
}

absl::Status FromPayload(absl::StatusCode code, const Payload& payload) {
  absl::Status status(
      code, RenderMessage(payload.reason, payload.parameters, Language::kEnglish));
  Attach(payload, &status);
  return status;
}

}  // namespace

absl::Status MakeError(absl::string_view reason, Parameters parameters) {
  Payload payload;
  payload.reason = ToValidUtf8(reason);
  payload.parameters = Valid(parameters);
  return FromPayload(CodeOf(reason), payload);
}

absl::Status MakeFieldError(absl::string_view field, absl::string_view reason,
                            Parameters parameters) {
  Payload payload;
  payload.reason = ToValidUtf8(reason);
  payload.parameters = Valid(parameters);
  payload.parameters.emplace("field", ToValidUtf8(field));
  payload.violations.push_back(
      {ToValidUtf8(field),
       RenderMessage(reason, payload.parameters, Language::kEnglish)});
  return FromPayload(CodeOf(reason), payload);
}

absl::Status JoinFieldErrors(absl::Span<const absl::Status> found) {
  absl::Status joined;
  Payload payload;
  for (const absl::Status& status : found) {
    if (status.ok()) continue;
    const Payload one = Read(status);
    if (joined.ok()) {
      joined = status;
      payload = one;
      continue;
    }
    payload.violations.insert(payload.violations.end(), one.violations.begin(),
                              one.violations.end());
  }
  if (!joined.ok()) Attach(payload, &joined);
  return joined;
}

std::string ReasonOf(const absl::Status& status) { return Read(status).reason; }

Parameters ParametersOf(const absl::Status& status) { return Read(status).parameters; }

std::vector<FieldViolation> ViolationsOf(const absl::Status& status) {
  return Read(status).violations;
}

absl::Status WithParameter(absl::Status status, absl::string_view key,
                           absl::string_view value) {
  if (status.ok()) return status;
  Payload payload = Read(status);
  payload.parameters[ToValidUtf8(key)] = ToValidUtf8(value);
  if (FindReason(payload.reason) != nullptr) {
    return FromPayload(status.code(), payload);
  }
  // Nothing to render: keep the words that came with it.
  Attach(payload, &status);
  return status;
}

Explanation Explain(const absl::Status& status, Language language) {
  if (status.ok()) return {};
  const Payload payload = Read(status);
  if (FindReason(payload.reason) != nullptr) {
    return {payload.reason, RenderMessage(payload.reason, payload.parameters, language),
            RenderRemedy(payload.reason, payload.parameters, language)};
  }
  return {
      payload.reason.empty() ? absl::StatusCodeToString(status.code()) : payload.reason,
      std::string(status.message()), payload.remedy};
}

}  // namespace guestbridge
