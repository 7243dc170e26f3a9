#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "common/http/http_client.h"
#include "common/secret/secret_string.h"
#include "common/time/clock.h"
#include "sync-agent/portal/bitrix24/portal_route.h"
#include "sync-agent/portal/portal.h"

namespace guestbridge::agent {

// Hands out access tokens of an OAuth application. `refused`: a token that the portal
// refused; it is not handed out again. Thread-safe, blocks.
using TokenSource =
    std::function<absl::StatusOr<SecretString>(const SecretString& refused)>;

struct RestPortalSettings {
  // Webhook: user and secret. OAuth: token_source set, webhook empty.
  int64_t webhook_user = 0;
  SecretString webhook_secret;
  TokenSource token_source;
  // Where `http` goes, as the administrator knows it.
  std::string host;
  int port = 443;
  // A renamed portal is followed, by one hop, with this; without it never.
  HostConnector connect;
  bool allow_private = false;  // also to a private address
  // Called before each HTTP request that nobody has counted (PortalRequest::counted);
  // may wait for the portal's limit a moment. Thread-safe. Empty: nobody counts.
  std::function<void()> count_request;
};

// A portal over HTTPS. `http` reaches the portal's host; it and `clock` outlive the
// result.
std::unique_ptr<Portal> MakeRestPortal(RestPortalSettings settings, HttpClient& http,
                                       const Clock& clock);

struct PortalField {
  struct Item {
    std::string id;     // what is sent
    std::string title;  // what people read
  };
  std::string name;
  std::string type;
  std::string title;
  bool read_only = false;
  bool required = false;
  bool multiple = false;
  // Of a list field, as far as the portal tells.
  std::vector<Item> items;
};

// What a test and `fields load` need; reads only. Blocks. Same settings as the portal.
class PortalProbe {
 public:
  virtual ~PortalProbe() = default;
  // crm.contact.fields, in the portal's order. Errors: as PortalAnswer::reason,
  // UNAVAILABLE or FAILED_PRECONDITION.
  virtual absl::StatusOr<std::vector<PortalField>> FetchContactFields() = 0;

  struct Check {
    enum class State { kOk, kWarning, kFailed };
    std::string name;  // portal, tls, token, scopes, rights
    State state = State::kOk;
    std::string reason;
    std::vector<std::pair<std::string, std::string>> parameters;
  };
  // In the order above; ends with the first row without which the later ones cannot be
  // judged. At most five requests.
  virtual std::vector<Check> Test() = 0;
};

std::unique_ptr<PortalProbe> MakeRestPortalProbe(RestPortalSettings settings,
                                                 HttpClient& http, const Clock& clock);

}  // namespace guestbridge::agent
