#include "sync-agent/portal/bitrix24/envelope.h"

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "sync-agent/portal/bitrix24/redirect.h"

namespace guestbridge::agent {
namespace {

std::string HeaderOf(const HttpResult& http, const std::string& name) {
  const auto it = http.headers.find(name);
  return it == http.headers.end() ? "" : it->second;
}

bool LooksLikeHtml(const HttpResult& http) {
  const absl::string_view body = absl::StripLeadingAsciiWhitespace(http.body);
  return absl::StrContains(absl::AsciiStrToLower(HeaderOf(http, "content-type")),
                           "html") ||
         absl::StartsWith(body, "<");
}

Envelope Without(RequestFate fate, std::string reason) {
  Envelope envelope;
  envelope.fate = fate;
  envelope.reason = std::move(reason);
  return envelope;
}

Envelope OfNoAnswer(const HttpResult& http) {
  const std::string reason = http.reason.empty() ? "PORTAL_UNREACHABLE" : http.reason;
  Envelope envelope =
      Without(http.outcome == HttpOutcome::kNotSent ? RequestFate::kNotSent
                                                    : RequestFate::kUnknown,
              reason);
  envelope.parameters["detail"] = reason;
  return envelope;
}

Envelope OfUnusable(const HttpResult& http) {
  Envelope envelope =
      Without(RequestFate::kUnknown, LooksLikeHtml(http)  ? "PORTAL_ANSWERED_HTML"
                                     : http.status >= 500 ? "PORTAL_INTERNAL_ERROR"
                                                          : "PORTAL_ANSWER_BROKEN");
  envelope.parameters["status"] = absl::StrCat(http.status);
  return envelope;
}

// Sorts an error of the whole request by what its code proves.
void Judge(const PortalError& error, int status, Envelope* envelope) {
  const ErrorMeaning meaning = MeaningOf(error);
  envelope->reason = meaning.reason;
  switch (meaning.kind) {
    case ErrorKind::kTooFast:
      envelope->fate = RequestFate::kTooFast;
      return;
    case ErrorKind::kTokenRefused:
    case ErrorKind::kNotAllowed:
      envelope->fate = RequestFate::kRefused;
      return;
    case ErrorKind::kAuthUnavailable:
      envelope->fate = RequestFate::kNotSent;
      return;
    case ErrorKind::kOperatingLimit:
    case ErrorKind::kBatchTooLong:
      envelope->fate = RequestFate::kAnswered;
      return;
    case ErrorKind::kInternal:
      envelope->fate = RequestFate::kUnknown;
      return;
    case ErrorKind::kFieldRefused:
    case ErrorKind::kNotFound:
    case ErrorKind::kAccessDenied:
    case ErrorKind::kOther:
      if (status >= 500) {
        envelope->fate = RequestFate::kUnknown;
        envelope->reason = "PORTAL_INTERNAL_ERROR";
      } else {
        envelope->fate = RequestFate::kAnswered;
      }
      return;
  }
}

}  // namespace

Envelope OpenEnvelope(const HttpResult& http) {
  if (http.outcome != HttpOutcome::kAnswered) return OfNoAnswer(http);
  if (http.status >= 300 && http.status < 400) {
    // The call was sent on without being looked at, and whoever sent it did not follow.
    const std::string host =
        IsMoved(http) ? HostOfLocation(HeaderOf(http, "location")) : "";
    if (host.empty()) return OfUnusable(http);
    Envelope moved = Without(RequestFate::kRefused, "PORTAL_REDIRECT_REFUSED");
    moved.parameters["new_host"] = host;
    return moved;
  }
  auto json = ParseBoundedJson(http.body);
  if (!json.has_value() || !json->is_object()) return OfUnusable(http);

  Envelope envelope;
  envelope.json = *std::move(json);
  envelope.error = ErrorIn(envelope.json);
  const bool has_result = FindMember(envelope.json, "result") != nullptr;
  if (envelope.error.has_value() == has_result) {
    // Both or neither: no telling what was done.
    return OfUnusable(http);
  }
  envelope.fate = RequestFate::kAnswered;
  if (envelope.error.has_value()) {
    Judge(*envelope.error, http.status, &envelope);
    envelope.parameters["code"] = envelope.error->code;
    envelope.parameters["status"] = absl::StrCat(http.status);
    if (envelope.reason == "SCOPE_MISSING") envelope.parameters["scope"] = "crm";
  }
  return envelope;
}

CommandTime DecodeTime(const Json* json) {
  CommandTime time;
  if (json == nullptr) return time;
  time.duration_seconds = NumberOf(FindMember(*json, "duration")).value_or(-1);
  time.operating_seconds = NumberOf(FindMember(*json, "operating")).value_or(-1);
  time.operating_reset_unix =
      NumberOf(FindMember(*json, "operating_reset_at")).value_or(-1);
  return time;
}

}  // namespace guestbridge::agent
