#pragma once

#include <cstdint>
#include <string>

namespace guestbridge::agent {

// That a client was erased.
struct Erasure {
  std::string hash;       // model/erasure.h
  int64_t unix_time = 0;  // of the first time
  int history = 0;        // entries that were removed now
};

}  // namespace guestbridge::agent
