#include "tests/emulators/bitrix24/collation.h"

namespace guestbridge::testing::bitrix24 {

std::string FoldText(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    const auto a = static_cast<unsigned char>(text[i]);
    const auto b = i + 1 < text.size() ? static_cast<unsigned char>(text[i + 1]) : 0;
    if (a >= 'A' && a <= 'Z') {
      out += static_cast<char>(a + 32);
    } else if (a == 0xD0 && b >= 0x90 && b <= 0x9F) {  // А-П
      out += "\xD0";
      out += static_cast<char>(b + 0x20);
      ++i;
    } else if (a == 0xD0 && b >= 0xA0 && b <= 0xAF) {  // Р-Я
      out += "\xD1";
      out += static_cast<char>(b - 0x20);
      ++i;
    } else if ((a == 0xD0 && b == 0x81) || (a == 0xD1 && b == 0x91)) {  // Ё, ё
      out += "\xD0\xB5";
      ++i;
    } else if (a == 0xC3 && b >= 0x80 && b <= 0x9E && b != 0x97) {  // Latin-1 capitals
      out += "\xC3";
      out += static_cast<char>(b + 0x20);
      ++i;
    } else {
      out += text[i];
    }
  }
  out.erase(out.find_last_not_of(' ') + 1);
  return out;
}

}  // namespace guestbridge::testing::bitrix24
