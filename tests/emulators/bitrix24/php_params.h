#ifndef GUESTBRIDGE_TESTS_EMULATORS_BITRIX24_PHP_PARAMS_H_
#define GUESTBRIDGE_TESTS_EMULATORS_BITRIX24_PHP_PARAMS_H_

#include <string>
#include <string_view>

#include "tests/emulators/bitrix24/php_value.h"

namespace guestbridge::testing::bitrix24 {

// PHP's urldecode(): "+" is a space, %XX one byte, a broken %XX stays as it is.
std::string UrlDecode(std::string_view text);

// PHP's parse_str(): a map of text; `a[b][]=1` nests, brackets raw or encoded; dots and
// spaces in a top-level name become "_"; the last of equal keys wins.
Json ParseQuery(std::string_view query);

// Stores one decoded pair as parse_str() would. `params` is an object.
void AssignParam(const std::string& key, Json value, Json* params);

// The parameters in a request body: JSON when `content_type` says so, a query string
// otherwise. A JSON body that doesn't parse, or that is no array, is as good as absent.
// multipart/form-data is read apart, part by part, with AssignParam.
Json ParseBody(std::string_view content_type, std::string_view body);

// PHP's array_merge() on text keys: `body` wins, one level deep.
Json MergeParams(Json query, const Json& body);

}  // namespace guestbridge::testing::bitrix24

#endif  // GUESTBRIDGE_TESTS_EMULATORS_BITRIX24_PHP_PARAMS_H_
