#ifndef GUESTBRIDGE_TESTS_EMULATORS_BITRIX24_REST_SERVICE_H_
#define GUESTBRIDGE_TESTS_EMULATORS_BITRIX24_REST_SERVICE_H_

#include <functional>
#include <optional>
#include <string>

#include "tests/emulators/bitrix24/command_runner.h"
#include "tests/emulators/bitrix24/http_message.h"
#include "tests/emulators/bitrix24/portal.h"

namespace guestbridge::testing::bitrix24 {

// Where a /rest/ path leads.
struct RestRoute {
  bool webhook = false;
  int64_t user_id = 0;
  std::string code = "";
  std::string method = "";  // lower case, without .json or .xml
};

// Reads "/rest/1/code/crm.contact.get.json/" and "/rest/crm.contact.get".
RestRoute ParseRestPath(const std::string& path);

// The portal's and the authorization server's answers to whole requests: bucket,
// method, authorization, faults, execution, envelope, journal. Thread-safe.
class RestService {
 public:
  explicit RestService(Portal& portal) : portal_(portal), runner_(portal) {}
  // Waits for late work, which uses the service.
  ~RestService() { portal_.late.Wait(); }

  // Any request to the portal's host.
  HttpReply HandlePortal(const HttpCall& call);

  // Any request to the authorization server.
  HttpReply HandleOauth(const HttpCall& call);

 private:
  HttpReply Rest(const HttpCall& call);
  HttpReply RestAdmitted(const HttpCall& call, const RestRoute& route,
                         const Json& params, int64_t request);
  HttpReply Token(const HttpCall& call);
  HttpReply Authorize(const HttpCall& call);
  // An error that ends the request, journalled.
  HttpReply Refuse(int64_t request, const RestError& error);
  HttpReply Finish(int64_t request, const Performed& performed);
  // `reply` as it is, journalled under `fault`.
  HttpReply Finish(int64_t request, HttpReply reply, const std::string& fault);
  void CountAnswer(const HttpReply& reply);
  // `work`, cut off with 504 when it takes longer than the portal allows; what it does
  // afterwards is journalled as late.
  HttpReply FinishInTime(int64_t request, const std::function<Performed()>& work);
  // What the gateway answers before anything else is asked: moved, away, redirected.
  std::optional<HttpReply> AtTheGate(const HttpCall& call, int64_t request);

  Portal& portal_;
  CommandRunner runner_;
};

}  // namespace guestbridge::testing::bitrix24

#endif  // GUESTBRIDGE_TESTS_EMULATORS_BITRIX24_REST_SERVICE_H_
