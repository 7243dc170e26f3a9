#pragma once

#include <fstream>
#include <iterator>
#include <string>

namespace guestbridge::testing {

// Every byte of a file; empty when it can't be read.
inline std::string ReadAll(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  return std::string(std::istreambuf_iterator<char>(in), {});
}

}  // namespace guestbridge::testing
