#pragma once

#include <cmath>
#include <cstdint>

#include "absl/time/time.h"

namespace guestbridge::simulation {

// Mixes numbers to one; the same everywhere (no std::hash, no std distribution).
inline uint64_t Mix(uint64_t a, uint64_t b) {
  uint64_t z = a + 0x9e3779b97f4a7c15 * (b + 1);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  return z ^ (z >> 31);
}

// One stream of chance, from its own seed.
class Chance {
 public:
  explicit Chance(uint64_t seed) : state_(Mix(seed, 0x51)) {}

  // 0 … below - 1; 0 when `below` is not positive.
  int64_t Below(int64_t below) {
    return below <= 0 ? 0
                      : static_cast<int64_t>(Next64() % static_cast<uint64_t>(below));
  }
  double Unit() { return static_cast<double>(Next64() >> 11) * 0x1p-53; }
  bool Roll(double probability) { return Unit() < probability; }
  double Between(double low, double high) { return low + (high - low) * Unit(); }
  // As many small as large ones.
  double LogBetween(double low, double high) {
    return low * std::pow(high / low, Unit());
  }
  absl::Duration Between(absl::Duration low, absl::Duration high) {
    return low + absl::Nanoseconds(Below(absl::ToInt64Nanoseconds(high - low) + 1));
  }
  // A whole number with this mean.
  int Around(double mean) {
    const double whole = std::floor(mean);
    return static_cast<int>(whole) + (Roll(mean - whole) ? 1 : 0);
  }
  uint64_t Next64() { return state_ = Mix(state_, 1); }

 private:
  uint64_t state_;
};

}  // namespace guestbridge::simulation
