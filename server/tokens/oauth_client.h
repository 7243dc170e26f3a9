#pragma once

#include <string>
#include <utility>

#include "common/secret/secret_string.h"
#include "common/time/clock.h"
#include "server/tokens/endpoint.h"
#include "server/tokens/http_factory.h"
#include "server/tokens/oauth_answer.h"

namespace guestbridge::server {

// Asks an OAuth server for new tokens. Thread-safe.
class OAuthClient {
 public:
  struct Request {
    Endpoint server;
    bool named_by_operator = false;  // Then its address is not range-checked.
    std::string client_id;
    SecretString client_secret;
    SecretString refresh_token;
    std::string portal;  // For messages.
  };

  OAuthClient(HttpClientFactory make_client, std::string extra_ca_file,
              const Clock& clock)
      : make_client_(std::move(make_client)),
        extra_ca_file_(std::move(extra_ca_file)),
        clock_(clock) {}

  // Sends at most once; blocks up to 30 s.
  RefreshAnswer Refresh(const Request& request) const;

 private:
  const HttpClientFactory make_client_;
  const std::string extra_ca_file_;
  const Clock& clock_;
};

// Percent-encodes all but unreserved characters (RFC 3986).
std::string PercentEncode(absl::string_view text);

}  // namespace guestbridge::server
