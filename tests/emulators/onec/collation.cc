#include "tests/emulators/onec/collation.h"

#include <cstddef>
#include <cstdint>

#include "tests/emulators/onec/value.h"

namespace guestbridge::testing::onec {
namespace {

// Class in the high bits, place in the class below; letters take two places each so
// that ё fits after е.
std::uint32_t Weight(char32_t c) {
  const auto weight = [](std::uint32_t group, std::uint32_t place) {
    return group << 24 | place;
  };
  if (c >= U'0' && c <= U'9') return weight(2, c - U'0');
  if (c >= U'a' && c <= U'z') return weight(3, (c - U'a') * 2);
  if (c == U'ё') return weight(4, (U'е' - U'а') * 2 + 1);
  if (c >= U'а' && c <= U'я') return weight(4, (c - U'а') * 2);
  if (c < 0x80) return weight(1, c);
  return weight(5, c);
}

// Next code point of valid UTF-8; broken bytes stand for themselves.
char32_t Next(std::string_view s, std::size_t& i) {
  const auto lead = static_cast<unsigned char>(s[i]);
  const std::size_t size = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
  if (size == 1 || i + size > s.size()) {
    ++i;
    return lead;
  }
  char32_t c = lead & (0xFFu >> (size + 1));
  for (std::size_t j = 1; j < size; ++j) {
    c = c << 6 | (static_cast<unsigned char>(s[i + j]) & 0x3F);
  }
  i += size;
  return c;
}

std::string_view WithoutTrailingSpaces(std::string_view s) {
  while (!s.empty() && s.back() == ' ') s.remove_suffix(1);
  return s;
}

}  // namespace

char32_t FoldCase(char32_t c) {
  if (c >= U'A' && c <= U'Z') return c + 32;
  if (c >= 0xC0 && c <= 0xDE && c != 0xD7) return c + 32;
  if (c >= U'А' && c <= U'Я') return c + 32;
  if (c >= 0x400 && c <= 0x40F) return c + 80;
  return c;
}

int Collate(std::string_view a, std::string_view b, bool fold_case) {
  a = WithoutTrailingSpaces(a);
  b = WithoutTrailingSpaces(b);
  std::size_t i = 0;
  std::size_t j = 0;
  int by_case = 0;
  while (i < a.size() && j < b.size()) {
    const char32_t x = Next(a, i);
    const char32_t y = Next(b, j);
    if (x == y) continue;
    const char32_t folded_x = FoldCase(x);
    const char32_t folded_y = FoldCase(y);
    if (folded_x != folded_y) return Weight(folded_x) < Weight(folded_y) ? -1 : 1;
    if (by_case == 0) by_case = x < y ? 1 : -1;
  }
  if (i < a.size()) return 1;
  if (j < b.size()) return -1;
  return fold_case ? 0 : by_case;
}

}  // namespace guestbridge::testing::onec
