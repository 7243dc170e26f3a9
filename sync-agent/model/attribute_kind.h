#pragma once

#include <map>
#include <set>
#include <string>

namespace guestbridge::agent {

// What the values of an attribute of 1C are, as far as rows show it.
enum class AttributeKind { kText, kNumber, kBoolean, kDate };

// More than one: the attribute is of a composite type, or its type has changed.
using AttributeKindSet = std::set<AttributeKind>;

// By attribute. One that is missing: its values don't tell.
using AttributeKinds = std::map<std::string, AttributeKindSet>;

// Adds what more values show. A text may look like a date, a date never like another
// text: both together are texts.
void Widen(const AttributeKindSet& more, AttributeKindSet* kinds);

}  // namespace guestbridge::agent
