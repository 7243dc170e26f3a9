#pragma once

#include <cstddef>
#include <string>

// What a contact field of Bitrix24 keeps.
// Source: docs/design/mapping.md (facts of the portal's storage).
namespace guestbridge::agent {

// PHONE, EMAIL, WEB, IM, LINK: any number of values, each with a type.
bool IsMultifield(const std::string& target);

// Tab and line breaks mean something there: COMMENTS and ADDRESS*.
bool IsMultiLine(const std::string& target);

// The longest text that is kept whole. Longer ones are cut without a word by the
// portal, or refused.
struct Capacity {
  size_t characters = 255;  // code points; 0: counted in bytes
  size_t bytes = 0;         // 0: counted in characters
};
Capacity CapacityOf(const std::string& target);

// VALUE_TYPE of a value whose transform gives none.
const char* DefaultValueType(const std::string& target);

// Values of one multifield that are sent; the origin record has room for no more.
inline constexpr size_t kMostValues = 15;

}  // namespace guestbridge::agent
