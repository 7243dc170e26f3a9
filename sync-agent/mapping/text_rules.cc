#include "sync-agent/mapping/text_rules.h"

namespace guestbridge::agent {
namespace {

bool IsLineOrTab(char32_t value) {
  return value == '\t' || value == '\n' || value == '\r';
}

// Letters whose two cases stand side by side, upper even or odd.
char32_t PairUpper(char32_t c, bool upper_is_even) {
  return (c % 2 == 0) == upper_is_even ? c : c - 1;
}
char32_t PairLower(char32_t c, bool upper_is_even) {
  return (c % 2 == 0) == upper_is_even ? c + 1 : c;
}

enum class Pairs { kNone, kUpperEven, kUpperOdd };

Pairs PairsAt(char32_t c) {
  if ((c >= 0x139 && c <= 0x148) || (c >= 0x179 && c <= 0x17e) ||
      (c >= 0x1cd && c <= 0x1dc) || (c >= 0x4c1 && c <= 0x4ce)) {
    return Pairs::kUpperOdd;
  }
  // U+0130 and U+0131, I with and without dot, belong to two alphabets at once.
  if ((c >= 0x100 && c <= 0x137 && c != 0x130 && c != 0x131) ||
      (c >= 0x14a && c <= 0x177) || (c >= 0x1a0 && c <= 0x1a5) ||
      (c >= 0x1de && c <= 0x1ef) || (c >= 0x1f8 && c <= 0x21f) ||
      (c >= 0x222 && c <= 0x233) || (c >= 0x460 && c <= 0x481) ||
      (c >= 0x48a && c <= 0x4bf) || (c >= 0x4d0 && c <= 0x52f) ||
      (c >= 0x1e00 && c <= 0x1e95) || (c >= 0x1ea0 && c <= 0x1eff)) {
    return Pairs::kUpperEven;
  }
  return Pairs::kNone;
}

char32_t Upper(char32_t c) {
  if (c >= 'a' && c <= 'z') return c - 32;
  if (c < 0x80) return c;
  if ((c >= 0xe0 && c <= 0xfe && c != 0xf7) ||
      (c >= 0x3b1 && c <= 0x3c9 && c != 0x3c2)) {
    return c - 32;
  }
  if (c == 0xff) return 0x178;
  if (c >= 0x430 && c <= 0x44f) return c - 32;
  if (c >= 0x450 && c <= 0x45f) return c - 80;
  if (c == 0x4cf) return 0x4c0;
  if (c == 0x1b0) return 0x1af;
  switch (PairsAt(c)) {
    case Pairs::kUpperEven:
      return PairUpper(c, true);
    case Pairs::kUpperOdd:
      return PairUpper(c, false);
    case Pairs::kNone:
      return c;
  }
  return c;
}

char32_t Lower(char32_t c) {
  if (c >= 'A' && c <= 'Z') return c + 32;
  if (c < 0x80) return c;
  if ((c >= 0xc0 && c <= 0xde && c != 0xd7) ||
      (c >= 0x391 && c <= 0x3a9 && c != 0x3a2)) {
    return c + 32;
  }
  if (c == 0x178) return 0xff;
  if (c >= 0x410 && c <= 0x42f) return c + 32;
  if (c >= 0x400 && c <= 0x40f) return c + 80;
  if (c == 0x4c0) return 0x4cf;
  if (c == 0x1af) return 0x1b0;
  switch (PairsAt(c)) {
    case Pairs::kUpperEven:
      return PairLower(c, true);
    case Pairs::kUpperOdd:
      return PairLower(c, false);
    case Pairs::kNone:
      return c;
  }
  return c;
}

// Within a word: "O'Neil" and "D’Artagnan" have one, a combining mark goes with its
// letter. A hyphen begins a new one.
bool ContinuesWord(char32_t c) {
  return c == '\'' || c == 0x2019 || (c >= 0x300 && c <= 0x36f) || c == 0xdf ||
         (c >= '0' && c <= '9');
}

template <typename F>
std::string Each(absl::string_view text, F f) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const CodePoint point = FirstCodePoint(text);
    AppendCodePoint(f(point.value), &out);
    text.remove_prefix(point.bytes);
  }
  return out;
}

}  // namespace

CodePoint FirstCodePoint(absl::string_view text) {
  if (text.empty()) return {};
  const auto at = [&](size_t i) -> char32_t {
    return i < text.size() ? static_cast<unsigned char>(text[i]) : 0x80u;
  };
  const char32_t lead = at(0);
  if (lead < 0x80) return {lead, 1};
  const auto rest = [&](size_t i) { return at(i) & 0x3fu; };
  CodePoint point;
  if (lead < 0xe0) {
    point = {(lead & 0x1fu) << 6 | rest(1), 2};
  } else if (lead < 0xf0) {
    point = {(lead & 0x0fu) << 12 | rest(1) << 6 | rest(2), 3};
  } else {
    point = {(lead & 0x07u) << 18 | rest(1) << 12 | rest(2) << 6 | rest(3), 4};
  }
  if (point.bytes > text.size()) point.bytes = text.size();
  return point;
}

void AppendCodePoint(char32_t value, std::string* text) {
  const auto put = [&](char32_t byte) { text->push_back(static_cast<char>(byte)); };
  if (value < 0x80) {
    put(value);
  } else if (value < 0x800) {
    put(0xc0 | value >> 6);
    put(0x80 | (value & 0x3f));
  } else if (value < 0x10000) {
    put(0xe0 | value >> 12);
    put(0x80 | (value >> 6 & 0x3f));
    put(0x80 | (value & 0x3f));
  } else {
    put(0xf0 | value >> 18);
    put(0x80 | (value >> 12 & 0x3f));
    put(0x80 | (value >> 6 & 0x3f));
    put(0x80 | (value & 0x3f));
  }
}

size_t CountCharacters(absl::string_view text) {
  size_t count = 0;
  for (const char c : text) {
    if ((static_cast<unsigned char>(c) & 0xc0) != 0x80) ++count;
  }
  return count;
}

absl::string_view CutCharacters(absl::string_view text, size_t characters) {
  if (text.size() <= characters) return text;
  size_t at = 0;
  for (; characters > 0 && at < text.size(); --characters) {
    at += FirstCodePoint(text.substr(at)).bytes;
  }
  return text.substr(0, at);
}

bool IsPlain(absl::string_view text) {
  for (size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if (byte >= 0x20 && byte < 0x7f) continue;
    // U+00C0 to U+07FF: beyond C1.
    if (byte < 0xc3 || byte > 0xdf || ++i == text.size() ||
        (static_cast<unsigned char>(text[i]) & 0xc0) != 0x80) {
      return false;
    }
  }
  return true;
}

std::string RemoveControls(absl::string_view text, bool keep_lines) {
  std::string out;
  out.reserve(text.size());
  size_t kept = 0;
  while (kept < text.size()) {
    const CodePoint point = FirstCodePoint(text.substr(kept));
    const char32_t c = point.value;
    const bool control = c < 0x20 || (c >= 0x7f && c <= 0x9f);
    if (!control || (keep_lines && IsLineOrTab(c))) {
      kept += point.bytes;
      continue;
    }
    out.append(text.data(), kept);
    text.remove_prefix(kept + point.bytes);
    kept = 0;
  }
  out.append(text.data(), text.size());
  return out;
}

bool IsSpace(char32_t c) {
  return c == ' ' || (c >= '\t' && c <= '\r') || c == 0x85 || c == 0xa0 ||
         c == 0x1680 || (c >= 0x2000 && c <= 0x200a) || c == 0x2028 || c == 0x2029 ||
         c == 0x202f || c == 0x205f || c == 0x3000;
}

absl::string_view TrimEnds(absl::string_view text) {
  while (!text.empty()) {
    const CodePoint point = FirstCodePoint(text);
    if (!IsSpace(point.value)) break;
    text.remove_prefix(point.bytes);
  }
  while (!text.empty()) {
    size_t start = text.size() - 1;
    while (start > 0 && (static_cast<unsigned char>(text[start]) & 0xc0) == 0x80)
      --start;
    if (!IsSpace(FirstCodePoint(text.substr(start)).value)) break;
    text.remove_suffix(text.size() - start);
  }
  return text;
}

bool IsLetter(char32_t value) { return Upper(value) != value || Lower(value) != value; }

std::string ToUpper(absl::string_view text) { return Each(text, Upper); }

std::string ToLower(absl::string_view text) { return Each(text, Lower); }

std::string ToTitle(absl::string_view text) {
  bool in_word = false;
  return Each(text, [&](char32_t c) {
    const char32_t out = in_word ? Lower(c) : Upper(c);
    in_word = IsLetter(c) || (in_word && ContinuesWord(c));
    return out;
  });
}

}  // namespace guestbridge::agent
