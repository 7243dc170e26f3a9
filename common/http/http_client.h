#pragma once

#include <sys/socket.h>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

// HTTP(S) towards portals, the OAuth server and 1C.
namespace guestbridge {

struct HttpRequest {
  std::string method = "GET";  // GET, POST, PATCH
  // Path and query, percent-encoded by the caller. May hold a secret (a webhook's code
  // is in the path): never logged, never part of an error.
  std::string target = "/";
  std::multimap<std::string, std::string> headers;
  std::string body;
  std::string content_type = "application/json";
  // From the call of Send to the last byte of the answer.
  absl::Duration deadline = absl::Seconds(120);
  // Steady time after which not one byte leaves any more, whatever held this process
  // up; what has left by then is aborted.
  absl::Duration leave_by = absl::InfiniteDuration();
  // Given: takes the body of a 2xx answer piece by piece, as it comes and whatever its
  // size; HttpResult::body stays empty. (A packed body is one piece, and bounded as
  // ever.) Pieces may come although no whole answer does. False: the rest is not
  // wanted, and the answer counts as whole.
  std::function<bool(absl::string_view piece)> on_body;
};

enum class HttpOutcome {
  kAnswered,      // A whole answer came, whatever its status.
  kNotSent,       // Not one byte of the request left: name, connection or TLS failed.
  kSentNoAnswer,  // Some bytes may have left and no whole answer came. Outcome unknown.
};

struct HttpResult {
  HttpOutcome outcome = HttpOutcome::kNotSent;
  int status = 0;                                   // Of an answer.
  std::multimap<std::string, std::string> headers;  // Names in lower case.
  std::string body;
  // Why there is no answer: LEFT_TOO_LATE (`leave_by`), or a catalogue reason such as
  // HOST_NOT_FOUND,
  // CONNECTION_REFUSED, TLS_CERTIFICATE_REFUSED, CONNECTION_LOST, TIMED_OUT,
  // ANSWER_TOO_LARGE, ADDRESS_REFUSED.
  std::string reason;
};

// One origin (scheme, host, port). Keeps idle connections for at most 10 s, so that a
// write does not start on a connection older than a lease's margin. Redirects are never
// followed. Thread-safe; each call uses a connection of its own.
class HttpClient {
 public:
  virtual ~HttpClient() = default;
  // Blocks until answered or `deadline`. Sends at most once.
  virtual HttpResult Send(const HttpRequest& request) = 0;
};

struct HttpClientOptions {
  bool tls = true;
  std::string host;
  int port = 443;
  // Verified always; a PEM file with further CAs beside the system's. Empty: none. Read
  // when a client is made: one that is there keeps to what it has.
  std::string extra_ca_file;
  // Private, loopback, link-local, CGNAT and metadata addresses are refused unless
  // allowed here. Judged on the address that is connected to, not on the name.
  enum class AddressPolicy {
    kPublicOnly,
    kAnyButMetadata,  // sources: private networks are the rule, metadata never
    kAny,             // hosts that the operator's own flag allows
  };
  AddressPolicy address_policy = AddressPolicy::kPublicOnly;
  // Looks the name up, once for each connection: what it answers is judged, and
  // connected to. Empty: the host's own resolver.
  std::function<std::vector<sockaddr_storage>(const std::string& host, int port)>
      resolve = nullptr;
  absl::Duration connect_timeout = absl::Seconds(10);
  int64_t max_body_bytes = 64 << 20;
};

// Errors: EXTRA_CA_UNREADABLE (INVALID_ARGUMENT).
absl::StatusOr<std::unique_ptr<HttpClient>> MakeHttpClient(HttpClientOptions options);

}  // namespace guestbridge
