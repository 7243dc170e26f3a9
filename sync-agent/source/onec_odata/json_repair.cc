#include "sync-agent/source/onec_odata/json_repair.h"

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"

namespace guestbridge::agent {
namespace {

constexpr absl::string_view kInstead = "\xef\xbf\xbd";

// Bytes of the character that `text` begins with; 0 when it begins with none.
size_t CharacterSize(absl::string_view text) {
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(0);
  if (first < 0x80) return 1;
  size_t size = 0;
  if (first >= 0xc2 && first <= 0xdf) size = 2;
  if ((first & 0xf0) == 0xe0) size = 3;
  if (first >= 0xf0 && first <= 0xf4) size = 4;
  if (size == 0 || text.size() < size) return 0;
  for (size_t i = 1; i < size; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return 0;
  }
  const unsigned char second = byte(1);
  const bool overlong =
      (first == 0xe0 && second < 0xa0) || (first == 0xf0 && second < 0x90);
  const bool surrogate = first == 0xed && second >= 0xa0;
  const bool beyond = first == 0xf4 && second >= 0x90;
  return overlong || surrogate || beyond ? 0 : size;
}

// The code unit of an escape \uXXXX that `text` begins with; -1: none.
int EscapedUnit(absl::string_view text) {
  if (text.size() < 6 || text[0] != '\\' || text[1] != 'u') return -1;
  int unit = 0;
  for (const char c : text.substr(2, 4)) {
    if (!absl::ascii_isxdigit(static_cast<unsigned char>(c))) return -1;
    const int digit = c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10;
    unit = unit * 16 + digit;
  }
  return unit;
}

bool IsHigh(int unit) { return unit >= 0xd800 && unit < 0xdc00; }
bool IsLow(int unit) { return unit >= 0xdc00 && unit < 0xe000; }

}  // namespace

std::string RepairJson(absl::string_view json) {
  std::string repaired;
  repaired.reserve(json.size());
  const auto take = [&](size_t size) {
    repaired.append(json.data(), size);
    json.remove_prefix(size);
  };
  while (!json.empty()) {
    const int unit = EscapedUnit(json);
    if (IsHigh(unit) && IsLow(EscapedUnit(json.substr(6)))) {
      take(12);
    } else if (IsHigh(unit) || IsLow(unit)) {
      absl::StrAppend(&repaired, kInstead);
      json.remove_prefix(6);
    } else if (json[0] == '\\' && json.size() > 1 && json[1] == '\\') {
      take(2);  // an escaped backslash begins no other escape
    } else if (const size_t size = CharacterSize(json); size > 0) {
      take(size);
    } else {
      absl::StrAppend(&repaired, kInstead);
      json.remove_prefix(1);
    }
  }
  return repaired;
}

}  // namespace guestbridge::agent
