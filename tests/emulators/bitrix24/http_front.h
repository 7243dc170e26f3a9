#ifndef GUESTBRIDGE_TESTS_EMULATORS_BITRIX24_HTTP_FRONT_H_
#define GUESTBRIDGE_TESTS_EMULATORS_BITRIX24_HTTP_FRONT_H_

#include <functional>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "tests/emulators/bitrix24/http_message.h"
#include "tests/emulators/bitrix24/portal_clock.h"

namespace guestbridge::testing::bitrix24 {

using HttpHandler = std::function<HttpReply(const HttpCall&)>;

struct ListenerOptions {
  std::string host = "127.0.0.1";
  int port = 0;          // 0: any
  std::string tls_cert;  // both empty: plain HTTP
  std::string tls_key;
  size_t threads = 64;
  bool raw_json_body =
      false;  // the control endpoint: a body is JSON whatever it claims
};

// One listening server with its threads. Hands each whole request to the handler and
// sends the reply as its delivery says: whole, torn off, in drops, or not at all.
class HttpListener {
 public:
  // Binds and starts serving. `clock` ends slow deliveries when it stops; it and what
  // `handler` refers to outlive the listener. Errors: UNAVAILABLE.
  static absl::StatusOr<std::unique_ptr<HttpListener>> Start(
      const ListenerOptions& options, const PortalClock& clock, HttpHandler handler);

  virtual ~HttpListener() = default;
  virtual int port() const = 0;
  // Stops accepting. Open connections end with the process.
  virtual void Stop() = 0;
};

// Tears the connection from that peer with a TCP reset, without sending what is queued.
bool ResetConnection(const std::string& remote_ip, int remote_port);

}  // namespace guestbridge::testing::bitrix24

#endif  // GUESTBRIDGE_TESTS_EMULATORS_BITRIX24_HTTP_FRONT_H_
