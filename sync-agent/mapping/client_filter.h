#pragma once

#include <string>
#include <utility>
#include <vector>

#include "sync-agent/model/client.h"

namespace guestbridge::agent {

// What one attribute of a client must be. Texts are compared without regard to case and
// to blanks at the ends; an attribute that is missing, 1C's empty date and its empty
// reference are empty.
struct ClientCondition {
  enum class Test { kOneOf, kNoneOf, kEmpty, kNotEmpty };
  std::string attribute;
  Test test = Test::kNotEmpty;
  std::vector<std::string> values;  // of kOneOf and kNoneOf
  std::string text;                 // as a person wrote it
};

// Which clients are exported: those that meet all conditions. Immutable, hence
// thread-safe.
class ClientFilter {
 public:
  ClientFilter() = default;
  explicit ClientFilter(std::vector<ClientCondition> conditions);

  // The first condition that the client does not meet; null: it passes.
  const ClientCondition* Unmet(const ClientRow& row) const;
  const std::vector<ClientCondition>& conditions() const { return conditions_; }

 private:
  std::vector<ClientCondition> conditions_;  // values folded for comparing
};

}  // namespace guestbridge::agent
