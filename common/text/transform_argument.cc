#include "common/text/transform_argument.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"

namespace guestbridge {
namespace {

// Position of the first `wanted` that no backslash precedes.
size_t FindPlain(absl::string_view text, char wanted) {
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\') {
      ++i;
    } else if (text[i] == wanted) {
      return i;
    }
  }
  return absl::string_view::npos;
}

std::vector<absl::string_view> SplitPlain(absl::string_view text, char separator) {
  std::vector<absl::string_view> parts;
  while (true) {
    const size_t at = FindPlain(text, separator);
    parts.push_back(text.substr(0, at));
    if (at == absl::string_view::npos) return parts;
    text.remove_prefix(at + 1);
  }
}

std::optional<std::string> Unescape(absl::string_view text) {
  std::string plain;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\') {
      plain.push_back(text[i]);
      continue;
    }
    if (++i == text.size()) return std::nullopt;
    const char c = text[i];
    if (c == 'n') {
      plain.push_back('\n');
    } else if (c == 't') {
      plain.push_back('\t');
    } else if (c == 's') {
      plain.push_back(' ');
    } else if (absl::ascii_ispunct(static_cast<unsigned char>(c))) {
      plain.push_back(c);
    } else {
      return std::nullopt;
    }
  }
  return plain;
}

std::optional<std::string> Name(absl::string_view text) {
  std::optional<std::string> name = Unescape(absl::StripAsciiWhitespace(text));
  if (name.has_value() && name->empty()) return std::nullopt;
  return name;
}

bool IsTooLong(absl::string_view text) {
  return text.empty() || text.size() > kLongestArgument;
}

}  // namespace

const char* ArgumentForm(ArgumentKind kind) {
  switch (kind) {
    case ArgumentKind::kNone:
      return "";
    case ArgumentKind::kCount:
      return ":N";
    case ArgumentKind::kText:
      return ":TEXT";
    case ArgumentKind::kTemplate:
      return ":TEXT {Attribute}";
    case ArgumentKind::kAttributes:
      return ":Attribute,Attribute";
    case ArgumentKind::kTable:
      return ":From=To;From=To;*=Other";
    case ArgumentKind::kSeparator:
      return ":SEPARATOR";
    case ArgumentKind::kCountry:
      return "[:ru|en|code]";
  }
  return "";
}

bool IsWellFormed(ArgumentKind kind, std::optional<absl::string_view> argument) {
  if (!argument.has_value()) {
    return kind == ArgumentKind::kNone || kind == ArgumentKind::kCountry;
  }
  switch (kind) {
    case ArgumentKind::kNone:
      return false;
    case ArgumentKind::kCount:
      return ParseCount(*argument).has_value();
    case ArgumentKind::kText:
      return !argument->empty() && argument->size() <= kLongestText;
    case ArgumentKind::kTemplate:
      return ParseTemplate(*argument).has_value();
    case ArgumentKind::kAttributes:
      return ParseAttributes(*argument).has_value();
    case ArgumentKind::kTable:
      return ParseTable(*argument).has_value();
    case ArgumentKind::kSeparator:
      return ParseSeparator(*argument).has_value();
    case ArgumentKind::kCountry:
      return *argument == "ru" || *argument == "en" || *argument == "code";
  }
  return false;
}

std::optional<size_t> ParseCount(absl::string_view text) {
  size_t count = 0;
  if (!absl::SimpleAtoi(text, &count) || count < 1 || count > 65535) {
    return std::nullopt;
  }
  return count;
}

std::optional<std::string> ParseSeparator(absl::string_view text) {
  std::optional<std::string> separator = Unescape(text);
  if (!separator.has_value() || separator->empty() ||
      separator->size() > kLongestSeparator) {
    return std::nullopt;
  }
  return separator;
}

std::optional<std::vector<std::string>> ParseAttributes(absl::string_view text) {
  if (IsTooLong(text)) return std::nullopt;
  std::vector<std::string> names;
  for (const absl::string_view part : SplitPlain(text, ',')) {
    std::optional<std::string> name = Name(part);
    if (!name.has_value()) return std::nullopt;
    if (std::find(names.begin(), names.end(), *name) == names.end()) {
      names.push_back(*std::move(name));
    }
  }
  if (names.size() > kMostAttributes) return std::nullopt;
  return names;
}

std::optional<std::vector<TemplatePiece>> ParseTemplate(absl::string_view text) {
  if (IsTooLong(text)) return std::nullopt;
  std::vector<TemplatePiece> pieces;
  size_t attributes = 0;
  while (!text.empty()) {
    const size_t open = FindPlain(text, '{');
    const absl::string_view before = text.substr(0, open);
    if (FindPlain(before, '}') != absl::string_view::npos) return std::nullopt;
    if (!before.empty()) {
      std::optional<std::string> plain = Unescape(before);
      if (!plain.has_value()) return std::nullopt;
      pieces.push_back({*std::move(plain), false});
    }
    if (open == absl::string_view::npos) break;
    text.remove_prefix(open + 1);
    const size_t close = FindPlain(text, '}');
    if (close == absl::string_view::npos) return std::nullopt;
    std::optional<std::string> name = Name(text.substr(0, close));
    if (!name.has_value()) return std::nullopt;
    pieces.push_back({*std::move(name), true});
    ++attributes;
    text.remove_prefix(close + 1);
  }
  if (attributes == 0 || attributes > kMostAttributes) return std::nullopt;
  return pieces;
}

std::optional<ValueTable> ParseTable(absl::string_view text) {
  if (IsTooLong(text)) return std::nullopt;
  ValueTable table;
  for (const absl::string_view row : SplitPlain(text, ';')) {
    if (absl::StripAsciiWhitespace(row).empty()) continue;
    const size_t equals = FindPlain(row, '=');
    if (equals == absl::string_view::npos) return std::nullopt;
    const absl::string_view from = absl::StripAsciiWhitespace(row.substr(0, equals));
    const absl::string_view to = absl::StripAsciiWhitespace(row.substr(equals + 1));
    if (FindPlain(to, '=') != absl::string_view::npos) return std::nullopt;
    std::optional<std::string> from_text = Unescape(from);
    std::optional<std::string> to_text = Unescape(to);
    if (!from_text.has_value() || !to_text.has_value()) return std::nullopt;
    if (from == "*") {
      if (table.has_otherwise) return std::nullopt;
      table.has_otherwise = true;
      table.otherwise_as_it_is = to == "*";
      if (!table.otherwise_as_it_is) table.otherwise = *std::move(to_text);
      continue;
    }
    const bool twice =
        std::any_of(table.rows.begin(), table.rows.end(),
                    [&](const auto& r) { return r.first == *from_text; });
    if (twice) return std::nullopt;
    table.rows.emplace_back(*std::move(from_text), *std::move(to_text));
  }
  if (table.rows.empty()) return std::nullopt;
  return table;
}

}  // namespace guestbridge
