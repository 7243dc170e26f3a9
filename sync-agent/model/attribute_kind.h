#pragma once

#include <map>
#include <string>

namespace guestbridge::agent {

// What the values of an attribute of 1C are, as far as rows show it.
enum class AttributeKind { kText, kNumber, kBoolean, kDate };

// By attribute. One that is missing: its values don't tell.
using AttributeKinds = std::map<std::string, AttributeKind>;

}  // namespace guestbridge::agent
