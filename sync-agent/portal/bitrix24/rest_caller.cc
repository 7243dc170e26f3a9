#include "sync-agent/portal/bitrix24/rest_caller.h"

#include "absl/strings/str_cat.h"
#include "common/status/error.h"
#include "common/status/status_macros.h"
#include "sync-agent/portal/bitrix24/command_encoder.h"

namespace guestbridge::agent {

RestCaller::RestCaller(RestPortalSettings settings, HttpClient& http,
                       const Clock& clock)
    : settings_(std::move(settings)),
      route_({settings_.host, settings_.port}, http, settings_.connect,
             settings_.allow_private),
      clock_(clock) {}

absl::StatusOr<SecretString> RestCaller::Token(const SecretString& refused) const {
  if (!settings_.token_source) return SecretString();
  auto token = settings_.token_source(refused);
  if (!token.ok()) return token.status();
  // Handing out what was refused again would end in a circle.
  if (token->empty() ||
      (!refused.empty() && ConstantTimeEquals(token->Reveal(), refused.Reveal()))) {
    return MakeError("TOKEN_REFUSED", {{"host", settings_.host}, {"code", ""}});
  }
  return token;
}

HttpRequest RestCaller::MakeRequest(const std::string& method, const Json& params,
                                    const SecretString& token) const {
  HttpRequest request;
  request.method = "POST";
  request.headers = {{"Accept", "application/json"}};
  if (settings_.token_source) {
    request.target = absl::StrCat("/rest/", method);
    // In the body and not as a bearer: every portal reads `auth`, while the web servers
    // of some boxes drop the Authorization header before PHP sees it.
    request.body = DumpJson(params);
    request.body.pop_back();
    absl::StrAppend(&request.body, params.empty() ? "" : ",",
                    "\"auth\":", DumpJson(token.Reveal()), "}");
  } else {
    request.target =
        absl::StrCat("/rest/", settings_.webhook_user, "/",
                     PercentEncode(settings_.webhook_secret.Reveal()), "/", method);
    request.body = DumpJson(params);
  }
  return request;
}

absl::StatusOr<HttpResult> RestCaller::Deliver(HttpRequest request,
                                               const Delivery& terms,
                                               PortalRoute::Stop* at,
                                               int* http_requests) const {
  const auto send = [&](const PortalRoute::Stop& to) {
    const bool counted = terms.counted && *http_requests == 0;
    if (!counted && settings_.count_request) settings_.count_request();
    request.deadline = terms.end - clock_.Steady();
    if (request.deadline <= absl::ZeroDuration()) {
      HttpResult late;
      late.reason = "TIMED_OUT";
      return late;
    }
    request.leave_by = terms.leave_by;
    ++*http_requests;
    return to.http->Send(request);
  };
  HttpResult answer = send(*at);
  if (!IsMoved(answer)) return answer;
  GB_ASSIGN_OR_RETURN(auto next, route_.Follow(answer, request.target, *at));
  if (!next.has_value()) return answer;
  HttpResult there = send(*next);
  // Its name leads into a private network: the redirect is what is wrong.
  if (there.outcome == HttpOutcome::kNotSent && there.reason == "ADDRESS_REFUSED") {
    return answer;
  }
  *at = *std::move(next);
  return there;
}

void RestCaller::SetRefusal(const absl::Status& status, RequestFate* fate,
                            std::string* reason,
                            std::map<std::string, std::string>* parameters) {
  const bool passing = absl::IsUnavailable(status) || absl::IsDeadlineExceeded(status);
  *fate = passing ? RequestFate::kNotSent : RequestFate::kRefused;
  *reason = ReasonOf(status);
  *parameters = ParametersOf(status);
  if (reason->empty()) *reason = "TOKEN_REFUSED";
}

void RestCaller::Name(std::string* reason,
                      std::map<std::string, std::string>* parameters) const {
  parameters->emplace("host", settings_.host);
  if (*reason == "TOKEN_REFUSED" && !settings_.token_source) {
    *reason = "WEBHOOK_REFUSED";
    (*parameters)["user"] = absl::StrCat(settings_.webhook_user);
    (*parameters)["error"] = (*parameters)["code"];
  }
}

}  // namespace guestbridge::agent
