#ifndef GUESTBRIDGE_TESTS_EMULATORS_BITRIX24_HTTP_MESSAGE_H_
#define GUESTBRIDGE_TESTS_EMULATORS_BITRIX24_HTTP_MESSAGE_H_

#include <cstdint>
#include <map>
#include <string>

#include "tests/emulators/bitrix24/php_value.h"

namespace guestbridge::testing::bitrix24 {

// A received request, read to its end.
struct HttpCall {
  std::string verb = "";
  std::string path = "";       // without the query
  std::string query = "";      // undecoded
  Json body = Json::object();  // its parameters, decoded
  std::string authorization = "";
  std::string host = "";  // as the client named it, with the port
  std::string remote_ip = "";
  bool secure = true;
};

// What to send back and how.
struct HttpReply {
  enum class Delivery {
    kWhole,
    kReset,
    kCut,
    kDrip,
    kSilent,      // nothing, until hold_ms is over or the client leaves; then a reset
    kChunked,     // whole, without Content-Length
    kClose,       // whole, and the connection ends
    kHeaderCase,  // whole, with headers repeated in another case
    kGzip,        // whole, packed when the client accepts it
  };

  int status = 200;
  std::string content_type = "application/json; charset=utf-8";
  std::string body = "";
  std::map<std::string, std::string> headers = {};
  Delivery delivery = Delivery::kWhole;
  size_t bytes = 0;     // kCut: sent before the end; kDrip: at a time
  int64_t drip_ms = 0;  // between the pieces
  int64_t hold_ms = 0;  // kSilent
};

// An nginx error page.
HttpReply HtmlReply(int status);

// For the journal: "sent", "reset", …
const char* DeliveryName(HttpReply::Delivery delivery);

}  // namespace guestbridge::testing::bitrix24

#endif  // GUESTBRIDGE_TESTS_EMULATORS_BITRIX24_HTTP_MESSAGE_H_
