#include "admin-cli/output/display_text.h"

#include <algorithm>
#include <iterator>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"

namespace guestbridge::cli {
namespace {

struct CodePoint {
  char32_t value = 0;
  size_t bytes = 1;
  bool valid = false;
};

CodePoint Decode(absl::string_view text) {
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(0);
  if (first < 0x80) return {first, 1, true};
  size_t bytes = 0;
  char32_t value = 0;
  char32_t least = 0;
  if ((first & 0xE0) == 0xC0) {
    bytes = 2, value = first & 0x1F, least = 0x80;
  } else if ((first & 0xF0) == 0xE0) {
    bytes = 3, value = first & 0x0F, least = 0x800;
  } else if ((first & 0xF8) == 0xF0) {
    bytes = 4, value = first & 0x07, least = 0x10000;
  }
  if (bytes == 0 || text.size() < bytes) return {first, 1, false};
  for (size_t i = 1; i < bytes; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return {first, 1, false};
    value = (value << 6) | (byte(i) & 0x3F);
  }
  if (value < least || value > 0x10FFFF || (value >= 0xD800 && value <= 0xDFFF)) {
    return {first, 1, false};
  }
  return {value, bytes, true};
}

struct Range {
  char32_t first;
  char32_t last;
};

template <size_t N>
bool In(const Range (&ranges)[N], char32_t value) {
  return std::any_of(std::begin(ranges), std::end(ranges), [value](const Range& r) {
    return value >= r.first && value <= r.last;
  });
}

// Main blocks of Unicode's East Asian Width W and F, and emoji.
constexpr Range kWide[] = {{0x1100, 0x115F},   {0x2E80, 0x303E},   {0x3041, 0x33FF},
                           {0x3400, 0x4DBF},   {0x4E00, 0x9FFF},   {0xA000, 0xA4CF},
                           {0xAC00, 0xD7A3},   {0xF900, 0xFAFF},   {0xFE30, 0xFE6F},
                           {0xFF00, 0xFF60},   {0xFFE0, 0xFFE6},   {0x1F300, 0x1F64F},
                           {0x1F680, 0x1F6FF}, {0x1F900, 0x1F9FF}, {0x20000, 0x3FFFD}};

constexpr Range kZeroWidth[] = {{0x0300, 0x036F}, {0x0483, 0x0489}, {0x1AB0, 0x1AFF},
                                {0x1DC0, 0x1DFF}, {0x200B, 0x200F}, {0x20D0, 0x20FF},
                                {0x2060, 0x2064}, {0xFE00, 0xFE0F}, {0xFE20, 0xFE2F},
                                {0xFEFF, 0xFEFF}};

// Controls, and what reorders the text around it.
constexpr Range kUnsafe[] = {{0x00, 0x1F},     {0x7F, 0x9F},     {0x2028, 0x202E},
                             {0x2066, 0x2069}, {0x200E, 0x200F}, {0xE0000, 0xE007F}};

// Spaces that look like a blank and are another character, and what is not seen at all.
constexpr Range kNoBreak[] = {{0xA0, 0xA0},
                              {0x2000, 0x200A},
                              {0x202F, 0x202F},
                              {0x205F, 0x205F},
                              {0x3000, 0x3000}};
constexpr Range kUnseen[] = {
    {0xAD, 0xAD}, {0x200B, 0x200B}, {0x2060, 0x2060}, {0xFEFF, 0xFEFF}};

constexpr absl::string_view kBlank = "␣";
constexpr absl::string_view kNoBreakBlank = "⍽";
constexpr absl::string_view kTab = "⇥";
constexpr absl::string_view kLineBreak = "↵";

int WidthOf(const CodePoint& point) {
  if (!point.valid) return 1;
  if (In(kZeroWidth, point.value)) return 0;
  return In(kWide, point.value) ? 2 : 1;
}

// The longest prefix that takes at most `width` columns.
absl::string_view Prefix(absl::string_view text, int width) {
  size_t end = 0;
  int used = 0;
  while (end < text.size()) {
    const CodePoint point = Decode(text.substr(end));
    used += WidthOf(point);
    if (used > width) break;
    end += point.bytes;
  }
  return text.substr(0, end);
}

// What follows a program's name in a command, never in a sentence about it.
bool IsFirstWordOfCommand(absl::string_view word) {
  constexpr absl::string_view kNouns[] = {
      "setup",   "integration", "connection", "fields",   "events",
      "clients", "export",      "run",        "schedule", "agent",
      "ledger",  "reconcile",   "status",     "help",     "token"};
  while (!word.empty() && absl::StrContains(".,;:)\"?!", word.back())) {
    word.remove_suffix(1);
  }
  for (absl::string_view mark : {"»", "…"}) absl::ConsumeSuffix(&word, mark);
  return absl::StartsWith(word, "--") ||
         std::find(std::begin(kNouns), std::end(kNouns), word) != std::end(kNouns);
}

bool IsProgram(absl::string_view word) {
  while (absl::ConsumePrefix(&word, "(") || absl::ConsumePrefix(&word, "\"") ||
         absl::ConsumePrefix(&word, "«")) {
  }
  return word == "guestbridge" || word == "guestbridge-server" ||
         word == "guestbridge-agent";
}

bool EndsCommand(absl::string_view word) {
  return absl::StrContains(".,;:)\"?!", word.back()) || absl::EndsWith(word, "»");
}

// "или" after a command is no word of it; КЛИЕНТ, <клиент>, … and (see are, or not.
bool IsOutsideCommand(absl::string_view word) {
  const char32_t first = Decode(word).value;
  return word.front() == '(' || (first >= 0x430 && first <= 0x45F) || IsProgram(word);
}

// Index of the last word of the command that begins at `first`; `first` when its words
// are no command.
size_t LastOfCommand(const std::vector<absl::string_view>& words, size_t first) {
  if (!IsProgram(words[first]) || first + 1 == words.size() ||
      !IsFirstWordOfCommand(words[first + 1])) {
    return first;
  }
  char open = 0;  // The quotation mark of an argument with spaces: 'A = B, C'.
  for (size_t last = first + 1;; ++last) {
    absl::string_view word = words[last];
    if (open == 0 && (word.front() == '"' || word.front() == '\'')) {
      open = word.front();
      word.remove_prefix(1);
    }
    bool ends = open == 0 && EndsCommand(word);
    if (open != 0) {
      const size_t end = word.find(open);
      if (end != absl::string_view::npos) {
        open = 0;
        ends = end + 1 < word.size();
      }
    }
    if (last + 1 == words.size()) return last;
    if (open == 0 && (ends || IsOutsideCommand(words[last + 1]))) return last;
  }
}

// The words of `text`; a command is one of them.
std::vector<absl::string_view> Pieces(absl::string_view text) {
  const std::vector<absl::string_view> words =
      absl::StrSplit(text, ' ', absl::SkipEmpty());
  std::vector<absl::string_view> pieces;
  for (size_t i = 0; i < words.size(); ++i) {
    const char* const begin = words[i].data();
    i = LastOfCommand(words, i);
    pieces.emplace_back(begin,
                        static_cast<size_t>(words[i].data() + words[i].size() - begin));
  }
  return pieces;
}

}  // namespace

int DisplayWidth(absl::string_view text) {
  int width = 0;
  while (!text.empty()) {
    const CodePoint point = Decode(text);
    width += WidthOf(point);
    text.remove_prefix(point.bytes);
  }
  return width;
}

std::string Printable(absl::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const CodePoint point = Decode(text);
    if (!point.valid) {
      absl::StrAppendFormat(&out, "\\x%02X", static_cast<unsigned>(point.value));
    } else if (!In(kUnsafe, point.value)) {
      absl::StrAppend(&out, text.substr(0, point.bytes));
    } else if (point.value == '\n') {
      out += "\\n";
    } else if (point.value == '\t') {
      out += "\\t";
    } else if (point.value == '\r') {
      out += "\\r";
    } else if (point.value < 0x100) {
      absl::StrAppendFormat(&out, "\\x%02X", static_cast<unsigned>(point.value));
    } else {
      absl::StrAppendFormat(&out, "\\u%04X", static_cast<unsigned>(point.value));
    }
    text.remove_prefix(point.bytes);
  }
  return out;
}

std::string WithVisibleBlanks(absl::string_view value, absl::string_view open,
                              absl::string_view close) {
  std::string shown;
  bool marked = false;
  for (size_t at = 0; at < value.size();) {
    const CodePoint point = Decode(value.substr(at));
    const absl::string_view bytes = value.substr(at, point.bytes);
    const size_t next = at + point.bytes;
    absl::string_view mark;
    if (point.value == ' ') {
      const bool seen =
          at > 0 && next < value.size() && value[at - 1] != ' ' && value[next] != ' ';
      if (!seen) mark = kBlank;
    } else if (point.valid && In(kNoBreak, point.value)) {
      mark = kNoBreakBlank;
    } else if (point.value == '\t') {
      mark = kTab;
    } else if (point.value == '\n') {
      mark = kLineBreak;
    } else if (point.valid && In(kUnseen, point.value)) {
      absl::StrAppendFormat(&shown, "\\u%04X", static_cast<unsigned>(point.value));
      marked = true;
      at = next;
      continue;
    } else if (!point.valid || In(kUnsafe, point.value)) {
      marked = true;  // Printable writes it out.
    }
    marked = marked || !mark.empty();
    absl::StrAppend(&shown, mark.empty() ? bytes : mark);
    at = next;
  }
  return marked ? absl::StrCat(open, shown, close) : shown;
}

bool HasVisibleBlanks(absl::string_view text) {
  for (absl::string_view mark : {kBlank, kNoBreakBlank, kTab, kLineBreak}) {
    if (absl::StrContains(text, mark)) return true;
  }
  return false;
}

std::string CutToWidth(absl::string_view text, int width) {
  if (DisplayWidth(text) <= width) return std::string(text);
  if (width < 1) return "";
  return absl::StrCat(Prefix(text, width - 1), "…");
}

std::string PadToWidth(absl::string_view text, int width) {
  const int missing = std::max(0, width - DisplayWidth(text));
  return absl::StrCat(text, std::string(static_cast<size_t>(missing), ' '));
}

std::vector<std::string> WrapToWidth(absl::string_view text, int width) {
  width = std::max(width, 4);
  std::vector<std::string> lines;
  std::string line;
  for (absl::string_view piece : Pieces(text)) {
    const int joined = line.empty() ? 0 : DisplayWidth(line) + 1;
    if (joined + DisplayWidth(piece) <= width) {
      absl::StrAppend(&line, line.empty() ? "" : " ", piece);
      continue;
    }
    if (!line.empty()) lines.push_back(std::move(line));
    if (DisplayWidth(piece) > width && absl::StrContains(piece, ' ')) {
      lines.emplace_back(piece);
      line.clear();
      continue;
    }
    while (DisplayWidth(piece) > width) {
      absl::string_view head = Prefix(piece, width);
      // A code or a path is easier to read when it is broken between its words.
      const size_t seam = head.find_last_of("_/");
      if (seam != absl::string_view::npos && 2 * (seam + 1) > head.size()) {
        head = head.substr(0, seam + 1);
      }
      lines.emplace_back(head);
      piece.remove_prefix(head.size());
    }
    line = std::string(piece);
  }
  if (!line.empty() || lines.empty()) lines.push_back(std::move(line));
  return lines;
}

}  // namespace guestbridge::cli
