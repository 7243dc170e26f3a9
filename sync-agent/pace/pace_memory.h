#pragma once

#include <map>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace guestbridge::agent {

// What the portal still counts of our requests at one moment, and how quick it was, for
// a later process.
struct PaceMemory {
  absl::Time at;
  double bucket = 0;
  std::map<std::string, double> operating = {};  // seconds within the window, by method
  std::map<std::string, double> each =
      {};  // seconds a contact, by method; for forecasts
  // Methods that the portal refused, and the seconds from `at` on in which it may go
  // on.
  std::map<std::string, double> blocked = {};
};

// One line of text. What is no such line is an empty memory as of the infinite past:
// nothing is counted any more.
std::string EncodePaceMemory(const PaceMemory& memory);
PaceMemory DecodePaceMemory(absl::string_view text);

}  // namespace guestbridge::agent
