#pragma once

#include <optional>
#include <string>

#include "absl/strings/string_view.h"
#include "nlohmann/json.hpp"

// JSON from outside: bounded in size and depth, never throws.
namespace guestbridge::agent {

// Keeps the order of members: batch runs its commands in that order.
using Json = nlohmann::ordered_json;

inline constexpr size_t kMaxAnswerBytes = size_t{64} << 20;
inline constexpr int kMaxAnswerDepth = 64;

// Nothing when `text` is no JSON, too large, nested deeper than kMaxAnswerDepth, or
// holds one key twice in an object.
std::optional<Json> ParseBoundedJson(absl::string_view text);

// Compact; a byte that is not UTF-8 becomes U+FFFD.
std::string DumpJson(const Json& json);

// The member of an object; null when absent, or when `json` is no object.
const Json* FindMember(const Json& json, const std::string& key);

// A number, or a text that is one; nothing otherwise.
std::optional<double> NumberOf(const Json* json);

// A whole number above 0, or a text of its digits; 0 otherwise. IDs come as either.
int64_t PositiveIdOf(const Json* json);

// A scalar as text: null is "", true "Y", false "N". Nothing of arrays and objects.
std::optional<std::string> TextOf(const Json* json);

}  // namespace guestbridge::agent
