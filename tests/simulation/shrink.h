#pragma once

#include <string>
#include <vector>

#include "tests/simulation/world.h"

namespace guestbridge::simulation {

// A failure, as short as it could be made.
struct Replay {
  uint64_t seed = 0;
  int nights = 0;
  std::vector<FaultSite> faults;
  std::string what;
};

// Fewer nights first, then fewer faults: halves, quarters … are left out for as long as
// the world still fails, in whatever way.
Replay Shrink(const Options& options, const Result& failure);

// The command line that replays it.
std::string CommandOf(const Replay& replay);

}  // namespace guestbridge::simulation
