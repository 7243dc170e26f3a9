#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"

// What stands after the colon of a transform ("enum:Male=M;Female=F"): the one grammar
// of those who check it and those who carry it out.
//
// Escapes, wherever texts are separated: `\n` line feed, `\t` tab, `\s` space, and a
// backslash before any ASCII punctuation stands for that character. TEXT of `constant`
// alone is taken as it is written.
namespace guestbridge {

enum class ArgumentKind {
  kNone,        // no colon
  kCount,       // N, 1 to 65535
  kText,        // verbatim, 1 to kLongestText bytes
  kTemplate,    // text with {Attribute} in it
  kAttributes,  // Attribute,Attribute,…
  kTable,       // From=To;From=To;*=Other
  kSeparator,   // text, 1 to kLongestSeparator bytes
  kCountry,     // no colon, or: ru, en, code
};

// How it is written, e.g. ":From=To;From=To;*=Other"; empty for kNone.
const char* ArgumentForm(ArgumentKind kind);

// `argument`: what follows the first colon; none: there is no colon.
bool IsWellFormed(ArgumentKind kind, std::optional<absl::string_view> argument);

inline constexpr size_t kLongestText = 1000;
inline constexpr size_t kLongestArgument = 8000;
inline constexpr size_t kLongestSeparator = 20;
inline constexpr size_t kMostAttributes = 20;

// All of these: none when the text is malformed.

std::optional<size_t> ParseCount(absl::string_view text);
std::optional<std::string> ParseSeparator(absl::string_view text);
// Names are trimmed; each once.
std::optional<std::vector<std::string>> ParseAttributes(absl::string_view text);

// A piece of a template: a text, or the name of an attribute.
struct TemplatePiece {
  std::string text;
  bool is_attribute = false;
  bool operator==(const TemplatePiece&) const = default;
};
// At least one attribute, at most kMostAttributes.
std::optional<std::vector<TemplatePiece>> ParseTemplate(absl::string_view text);

struct ValueTable {
  std::vector<std::pair<std::string, std::string>> rows;  // both trimmed
  // Of values that are in no row: nothing, this text, or the value itself (`*=*`).
  std::string otherwise;
  bool otherwise_as_it_is = false;
  bool has_otherwise = false;
  bool operator==(const ValueTable&) const = default;
};
// At least one row; no two rows from the same text.
std::optional<ValueTable> ParseTable(absl::string_view text);

}  // namespace guestbridge
