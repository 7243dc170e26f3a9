#pragma once

#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/http/http_client.h"
#include "common/secret/secret_string.h"
#include "common/time/clock.h"
#include "sync-agent/portal/bitrix24/answer_decoder.h"
#include "sync-agent/portal/bitrix24/bounded_json.h"
#include "sync-agent/portal/bitrix24/portal_route.h"
#include "sync-agent/portal/bitrix24/rest_portal.h"

namespace guestbridge::agent {

// One REST call: address, authorisation, the single replay with a fresh token, and the
// single hop to the new host of a renamed portal.
// Thread-safe.
class RestCaller {
 public:
  RestCaller(RestPortalSettings settings, HttpClient& http, const Clock& clock);

  struct Terms {
    absl::Duration deadline;  // blocks no longer
    bool counted = false;     // the first HTTP request is: PortalRequest::counted
    absl::Duration leave_by = absl::InfiniteDuration();
  };
  // `decode`: HttpResult -> PortalAnswer or RawAnswer. `http_requests` begins at 0 and
  // grows by the requests that were handed to the network.
  template <typename Decode>
  auto Call(const std::string& method, const Json& params, const Terms& terms,
            const Decode& decode, int* http_requests) const {
    const absl::Duration end = clock_.Steady() + terms.deadline;
    SecretString refused;
    for (bool again = false;; again = true) {
      auto token = Token(refused);
      if (!token.ok()) {
        auto answer = decode(HttpResult());
        TakeReason(token.status(), &answer);
        return answer;
      }
      const PortalRoute::Stop from = route_.Now();
      PortalRoute::Stop at = from;
      const auto delivered =
          Deliver(MakeRequest(method, params, *token),
                  {end, terms.counted, terms.leave_by}, &at, http_requests);
      if (!delivered.ok()) {
        auto answer = decode(HttpResult());
        TakeReason(delivered.status(), &answer);
        return answer;
      }
      auto answer = decode(*delivered);
      NoteMove(from, at, &answer);
      if (again || !settings_.token_source || !WantsFreshToken(answer)) {
        return Named(std::move(answer));
      }
      refused = *std::move(token);
    }
  }

 private:
  absl::StatusOr<SecretString> Token(const SecretString& refused) const;
  HttpRequest MakeRequest(const std::string& method, const Json& params,
                          const SecretString& token) const;
  struct Delivery {
    absl::Duration end;
    bool counted = false;
    absl::Duration leave_by;
  };
  // Sends to `at`; a redirect that is acceptable is followed once, and `at` is then
  // where the answer came from.
  // Errors: the host that it leads to may not be reached.
  absl::StatusOr<HttpResult> Deliver(HttpRequest request, const Delivery& terms,
                                     PortalRoute::Stop* at, int* http_requests) const;

  // A host is believed to be the portal's new one when it answered as a portal.
  template <typename Answer>
  void NoteMove(const PortalRoute::Stop& from, const PortalRoute::Stop& at,
                Answer* answer) const {
    if (at.address == from.address || (answer->fate != RequestFate::kAnswered &&
                                       answer->fate != RequestFate::kTooFast)) {
      return;
    }
    const bool first = route_.Remember(from, at);
    if constexpr (requires { answer->moved_to; }) {
      if (!first) return;
      answer->moved_from = ToText(from.address);
      answer->moved_to = ToText(at.address);
    }
  }

  // Without a token nothing was sent, and what was redirected was not executed: a
  // person acts, unless it is but unreachable.
  template <typename Answer>
  void TakeReason(const absl::Status& status, Answer* answer) const {
    SetRefusal(status, &answer->fate, &answer->reason, &answer->parameters);
    Name(&answer->reason, &answer->parameters);
  }
  template <typename Answer>
  Answer Named(Answer answer) const {
    if (!answer.reason.empty()) Name(&answer.reason, &answer.parameters);
    return answer;
  }
  static void SetRefusal(const absl::Status& status, RequestFate* fate,
                         std::string* reason,
                         std::map<std::string, std::string>* parameters);
  // Puts in what only the settings know: host, user, webhook or token.
  void Name(std::string* reason, std::map<std::string, std::string>* parameters) const;

  RestPortalSettings settings_;
  mutable PortalRoute route_;
  const Clock& clock_;
};

}  // namespace guestbridge::agent
