#include "sync-agent/source/onec_odata/text_fold.h"

#include "absl/strings/ascii.h"

namespace guestbridge::agent {
namespace {

// The lower-case form of a two-byte letter, or the letter itself.
int FoldLetter(int letter) {
  if (letter >= 0xc0 && letter <= 0xde && letter != 0xd7) return letter + 0x20;
  if (letter >= 0x400 && letter <= 0x40f) return letter + 0x50;
  if (letter >= 0x410 && letter <= 0x42f) return letter + 0x20;
  return letter;
}

constexpr absl::string_view kBlanks[] = {"\xc2\xa0", "\xe2\x80\x8b", "\xef\xbb\xbf"};

bool TakeBlankFront(absl::string_view& text) {
  if (!text.empty() && absl::ascii_isspace(static_cast<unsigned char>(text[0]))) {
    text.remove_prefix(1);
    return true;
  }
  for (const absl::string_view blank : kBlanks) {
    if (text.substr(0, blank.size()) == blank) {
      text.remove_prefix(blank.size());
      return true;
    }
  }
  return false;
}

bool TakeBlankBack(absl::string_view& text) {
  if (!text.empty() && absl::ascii_isspace(static_cast<unsigned char>(text.back()))) {
    text.remove_suffix(1);
    return true;
  }
  for (const absl::string_view blank : kBlanks) {
    if (text.size() >= blank.size() &&
        text.substr(text.size() - blank.size()) == blank) {
      text.remove_suffix(blank.size());
      return true;
    }
  }
  return false;
}

}  // namespace

std::string FoldCase(absl::string_view utf8) {
  std::string out;
  out.reserve(utf8.size());
  for (size_t i = 0; i < utf8.size(); ++i) {
    const auto byte = static_cast<unsigned char>(utf8[i]);
    const bool two_bytes = byte >= 0xc2 && byte <= 0xdf && i + 1 < utf8.size();
    if (!two_bytes) {
      out.push_back(absl::ascii_tolower(byte));
      continue;
    }
    const auto second = static_cast<unsigned char>(utf8[++i]);
    const int letter = FoldLetter((byte & 0x1f) << 6 | (second & 0x3f));
    out.push_back(static_cast<char>(0xc0 | letter >> 6));
    out.push_back(static_cast<char>(0x80 | (letter & 0x3f)));
  }
  return out;
}

std::string TrimText(absl::string_view utf8) {
  while (TakeBlankFront(utf8)) {
  }
  while (TakeBlankBack(utf8)) {
  }
  return std::string(utf8);
}

}  // namespace guestbridge::agent
