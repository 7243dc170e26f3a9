#ifndef GUESTBRIDGE_TESTS_EMULATORS_BITRIX24_CONTROL_JSON_H_
#define GUESTBRIDGE_TESTS_EMULATORS_BITRIX24_CONTROL_JSON_H_

#include <string>

#include "tests/emulators/bitrix24/http_message.h"
#include "tests/emulators/bitrix24/php_value.h"

// Parameters and answers of the control endpoint, for the files that implement it.
namespace guestbridge::testing::bitrix24::control_json {

inline HttpReply Reply(int status, const Json& body) {
  HttpReply reply{.status = status};
  // Not Encode: here an empty map stays a map.
  reply.body =
      body.dump(-1, ' ', /*ensure_ascii=*/false, Json::error_handler_t::replace);
  return reply;
}

inline HttpReply Bad(const std::string& text) { return Reply(400, {{"error", text}}); }
inline HttpReply NotFound() { return Reply(404, {{"error", "not found"}}); }

inline int64_t IntOf(const Json& body, const char* key, int64_t otherwise = 0) {
  const Json* value = Find(body, key);
  return value == nullptr ? otherwise : ToInt(*value);
}

inline std::string TextOf(const Json& body, const char* key) {
  const Json* value = Find(body, key);
  return value == nullptr ? "" : ToText(*value);
}

}  // namespace guestbridge::testing::bitrix24::control_json

#endif  // GUESTBRIDGE_TESTS_EMULATORS_BITRIX24_CONTROL_JSON_H_
