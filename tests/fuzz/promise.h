#pragma once

#include <cstdio>
#include <cstdlib>
#include <string>

#include "absl/strings/string_view.h"

namespace guestbridge::fuzz {

// Aborts with the promise that was broken: libFuzzer keeps the input, the replay names
// its file.
#define GB_PROMISE(condition)                                                      \
  do {                                                                             \
    if (!(condition)) {                                                            \
      std::fprintf(stderr, "%s:%d: broken: %s\n", __FILE__, __LINE__, #condition); \
      std::abort();                                                                \
    }                                                                              \
  } while (false)

// Deals an input out in pieces: numbers from its first bytes, the rest as it is.
class Dealer {
 public:
  explicit Dealer(absl::string_view bytes) : bytes_(bytes) {}

  // 0 to `limit` - 1; 0 when nothing is left.
  size_t Below(size_t limit) {
    if (bytes_.empty()) return 0;
    const size_t value = static_cast<unsigned char>(bytes_.front());
    bytes_.remove_prefix(1);
    return value % limit;
  }
  // Up to the next zero byte, or the end.
  std::string Text() {
    const size_t end = bytes_.find('\0');
    const std::string text(bytes_.substr(0, end));
    bytes_.remove_prefix(end == absl::string_view::npos ? bytes_.size() : end + 1);
    return text;
  }
  // Any bytes, zero included, at most `longest`.
  std::string Bytes(size_t longest) {
    const size_t size = Below(longest + 1);
    const std::string text(bytes_.substr(0, size));
    bytes_.remove_prefix(text.size());
    return text;
  }
  absl::string_view Rest() const { return bytes_; }
  bool empty() const { return bytes_.empty(); }

 private:
  absl::string_view bytes_;
};

}  // namespace guestbridge::fuzz
