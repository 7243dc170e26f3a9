#ifndef GUESTBRIDGE_TESTS_EMULATORS_BITRIX24_PHP_VALUE_H_
#define GUESTBRIDGE_TESTS_EMULATORS_BITRIX24_PHP_VALUE_H_

#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

namespace guestbridge::testing::bitrix24 {

// A PHP value. A PHP array is a JSON array or a JSON object: both are ordered maps to
// PHP, so code reads them through Find and ForEach and never asks which of the two it
// has.
using Json = nlohmann::ordered_json;

// PHP's is_array().
bool IsArray(const Json& value);

// PHP's (string) cast: null and false are "", true is "1", an array is "Array".
std::string ToText(const Json& value);

// PHP's (bool) cast: "", "0", 0, null, false and the empty array are false; the text
// "false" is true.
bool ToBool(const Json& value);

// PHP's (int) cast: leading digits of a text, 1 for a non-empty array.
int64_t ToInt(const Json& value);

// The element under `key` ("0", "1", … for a list), or null.
const Json* Find(const Json& array, std::string_view key);

// Like Find, without regard to the case of ASCII letters.
const Json* FindIgnoringCase(const Json& array, std::string_view key);

// Calls f(key, value) for every element in order; nothing for a scalar.
template <typename F>
void ForEach(const Json& array, F f) {
  if (array.is_array()) {
    size_t index = 0;
    for (const Json& item : array) f(std::to_string(index++), item);
  } else if (array.is_object()) {
    for (auto it = array.begin(); it != array.end(); ++it) f(it.key(), it.value());
  }
}

// Text of `value` as PHP's json_encode writes it: an empty map is [], and so is a map
// whose keys are 0..n-1 in order. Text that is not UTF-8 gives the portal's literal
// WRONG_ENCODING answer.
std::string Encode(const Json& value);

// As the PHP functions on ASCII.
std::string ToLower(std::string_view text);
std::string ToUpper(std::string_view text);
std::string Trim(std::string_view text);

}  // namespace guestbridge::testing::bitrix24

#endif  // GUESTBRIDGE_TESTS_EMULATORS_BITRIX24_PHP_VALUE_H_
