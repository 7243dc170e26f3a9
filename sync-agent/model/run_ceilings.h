#pragma once

#include <optional>

namespace guestbridge::agent {

// How many contacts one run may make (again or for the first time), change and delete
// at most. Empty: however many.
struct RunCeilings {
  std::optional<int> creations;
  std::optional<int> updates;
  std::optional<int> deletions;
  bool any() const {
    return creations.has_value() || updates.has_value() || deletions.has_value();
  }
};

}  // namespace guestbridge::agent
