#pragma once

#include <string>

#include "absl/strings/string_view.h"

// Text as the portal is to get it. All functions take and give well-formed UTF-8 unless
// said otherwise.
namespace guestbridge::agent {

// The code point at the start of `text` and its length; 0 bytes at the end.
struct CodePoint {
  char32_t value = 0;
  size_t bytes = 0;
};
CodePoint FirstCodePoint(absl::string_view text);
void AppendCodePoint(char32_t value, std::string* text);

size_t CountCharacters(absl::string_view text);
absl::string_view CutCharacters(absl::string_view text, size_t characters);

// True: nothing in `text` needs cleaning, for it is ASCII and letters of two bytes
// (Latin, Greek, Cyrillic), well-formed and without control characters. False says
// nothing.
bool IsPlain(absl::string_view text);
// Without C0, DEL and C1 characters; with `keep_lines` tab, LF and CR stay. Zero-width
// and combining characters stay always.
std::string RemoveControls(absl::string_view text, bool keep_lines);

// ASCII white space, no-break space and the other Unicode spaces.
bool IsSpace(char32_t value);
// Without spaces, tabs and line breaks at both ends.
absl::string_view TrimEnds(absl::string_view text);

// Latin, Greek and Cyrillic letters that have two cases.
bool IsLetter(char32_t value);
// Those; other characters as they are.
std::string ToUpper(absl::string_view text);
std::string ToLower(absl::string_view text);
std::string ToTitle(absl::string_view text);

}  // namespace guestbridge::agent
