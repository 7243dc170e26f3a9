#pragma once

#include <cstdint>
#include <string>

namespace guestbridge {

// A source of random bits, passed in so that a run can be replayed from its seed.
// Thread-safe.
class Random {
 public:
  virtual ~Random() = default;
  virtual uint64_t Next64() = 0;
};

// Cryptographic bits of the host (OpenSSL's generator).
Random& SystemRandom();

// `length` characters of [a-z0-9].
std::string RandomToken(Random& random, int length);

// RFC 4122 version 4, lower case, 36 characters.
std::string RandomUuid(Random& random);

// Uniform in [0, 1).
double RandomUnit(Random& random);

}  // namespace guestbridge
