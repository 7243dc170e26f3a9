#include "server/tokens/oauth_client.h"

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"

namespace guestbridge::server {
namespace {

constexpr absl::Duration kDeadline = absl::Seconds(30);
constexpr int64_t kLargestAnswer = 1 << 20;

}  // namespace

std::string PercentEncode(absl::string_view text) {
  constexpr char kHex[] = "0123456789ABCDEF";
  std::string encoded;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (absl::ascii_isalnum(byte) || c == '-' || c == '.' || c == '_' || c == '~') {
      encoded.push_back(c);
    } else {
      encoded.push_back('%');
      encoded.push_back(kHex[byte >> 4]);
      encoded.push_back(kHex[byte & 15]);
    }
  }
  return encoded;
}

RefreshAnswer OAuthClient::Refresh(const Request& request) const {
  auto client = make_client_({
      .tls = request.server.tls,
      .host = request.server.host,
      .port = request.server.port,
      .extra_ca_file = extra_ca_file_,
      .address_policy = request.named_by_operator
                            ? HttpClientOptions::AddressPolicy::kAny
                            : HttpClientOptions::AddressPolicy::kPublicOnly,
      .connect_timeout = absl::Seconds(10),
      .max_body_bytes = kLargestAnswer,
  });
  if (!client.ok()) {
    return {.outcome = RefreshOutcome::kNotSent, .grant = {}, .error = client.status()};
  }
  HttpRequest http;
  // The documented form is a GET with everything in the query.
  http.target = absl::StrCat(
      request.server.path, "/oauth/token/?grant_type=refresh_token&client_id=",
      PercentEncode(request.client_id),
      "&client_secret=", PercentEncode(request.client_secret.Reveal()),
      "&refresh_token=", PercentEncode(request.refresh_token.Reveal()));
  http.headers = {{"accept", "application/json"}, {"user-agent", "guestbridge"}};
  http.content_type = "";
  http.deadline = kDeadline;
  return ReadRefreshAnswer((*client)->Send(http), request.server.host, request.portal,
                           clock_.Now());
}

}  // namespace guestbridge::server
