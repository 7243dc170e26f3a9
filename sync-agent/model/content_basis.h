#pragma once

#include <map>
#include <string>

#include "absl/strings/string_view.h"

namespace guestbridge::agent {

// What decides a client's content beside its own row, and so changes no row's version:
// rules, and texts that references are read as. Holds digests only.
struct ContentBasis {
  std::string rules;  // one digest
  // By look-up, then by item; empty for an item without text, which is as good as none.
  // Look-ups that are too large to be read as a whole are left out.
  std::map<std::string, std::map<std::string, std::string>> texts;
};

// As the ledger notes it; never empty. Names hold no line breaks.
std::string EncodeBasis(const ContentBasis& basis);
// The same with the items that only `before` knows: rows that were read with it and not
// again may refer to them. `before` is what one of these two gave, or is left out.
std::string ExtendBasis(absl::string_view before, const ContentBasis& basis);

// Whether a client whose row is the same may have other content now. An item that
// `before` does not know changes nobody: who refers to it was written since. `before`
// is what was encoded; anything else counts as changed.
bool BasisChanged(absl::string_view before, const ContentBasis& now);

}  // namespace guestbridge::agent
