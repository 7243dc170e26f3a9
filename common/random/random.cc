#include "common/random/random.h"

#include <openssl/rand.h>

#include <array>
#include <cstdlib>
#include <utility>

#include "absl/strings/str_format.h"

namespace guestbridge {
namespace {

class HostRandom final : public Random {
 public:
  uint64_t Next64() override {
    // One call a nonce costs more than the nonce. Each number is used once.
    thread_local std::array<uint64_t, 32> numbers;
    thread_local size_t next = numbers.size();
    if (next == numbers.size()) {
      // Without entropy no token and no nonce may be made at all.
      if (RAND_bytes(reinterpret_cast<unsigned char*>(numbers.data()),
                     sizeof(numbers)) != 1) {
        std::abort();
      }
      next = 0;
    }
    return std::exchange(numbers[next++], 0);
  }
};

}  // namespace

Random& SystemRandom() {
  static HostRandom* const random = new HostRandom;
  return *random;
}

std::string RandomToken(Random& random, int length) {
  static constexpr char kAlphabet[] = "abcdefghijklmnopqrstuvwxyz0123456789";
  std::string token;
  token.reserve(length);
  while (static_cast<int>(token.size()) < length) {
    const uint64_t bits = random.Next64();
    for (int shift = 0; shift < 64 && static_cast<int>(token.size()) < length;
         shift += 8) {
      const uint64_t byte = (bits >> shift) & 0xff;
      // 252 = 7 * 36: the bytes above would make some letters likelier.
      if (byte < 252) token.push_back(kAlphabet[byte % 36]);
    }
  }
  return token;
}

std::string RandomUuid(Random& random) {
  const uint64_t a = random.Next64();
  const uint64_t b = random.Next64();
  return absl::StrFormat("%08x-%04x-4%03x-%04x-%012x", a >> 32, (a >> 16) & 0xffff,
                         a & 0xfff, 0x8000 | ((b >> 48) & 0x3fff), b & 0xffffffffffff);
}

double RandomUnit(Random& random) {
  return static_cast<double>(random.Next64() >> 11) * 0x1.0p-53;
}

}  // namespace guestbridge
