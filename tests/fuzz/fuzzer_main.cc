// The libFuzzer program; the environment variable GB_FUZZ_TARGET names its target.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "tests/fuzz/targets.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const guestbridge::fuzz::Target* const target = [] {
    const char* name = std::getenv("GB_FUZZ_TARGET");
    for (const auto& known : guestbridge::fuzz::kTargets) {
      if (name != nullptr && std::strcmp(known.name, name) == 0) return &known;
    }
    std::fprintf(stderr, "GB_FUZZ_TARGET names no target of tests/fuzz/targets.h\n");
    std::exit(2);
  }();
  target->run({reinterpret_cast<const char*>(data), size});
  return 0;
}
