#ifndef GUESTBRIDGE_TESTS_EMULATORS_BITRIX24_CONTROL_H_
#define GUESTBRIDGE_TESTS_EMULATORS_BITRIX24_CONTROL_H_

#include "tests/emulators/bitrix24/http_message.h"
#include "tests/emulators/bitrix24/portal.h"

namespace guestbridge::testing::bitrix24 {

// The control endpoint: what tests see and do behind the portal's back. Thread-safe.
// README.md describes each call.
class Control {
 public:
  // Remembers the portal's users, webhooks and application as they are now for POST
  // /reset.
  explicit Control(Portal& portal) : portal_(portal), initial_(portal.credentials) {}

  HttpReply Handle(const HttpCall& call);

 private:
  HttpReply Read(const std::string& path, const Json& query);
  HttpReply Write(const std::string& path, const Json& body);
  HttpReply Contacts(const std::string& path, const Json& body);
  HttpReply Configure(const Json& body);
  HttpReply Clock(const std::string& action, const Json& body);
  HttpReply ClockState() const;
  HttpReply Limits();
  HttpReply ChargeOperating(const Json& body);
  HttpReply Tokens(const Json& body);
  HttpReply Reset(const Json& body);
  void ReseedCosts();

  Portal& portal_;
  const Credentials initial_;
};

}  // namespace guestbridge::testing::bitrix24

#endif  // GUESTBRIDGE_TESTS_EMULATORS_BITRIX24_CONTROL_H_
