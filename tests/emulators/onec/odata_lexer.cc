#include "tests/emulators/onec/odata_lexer.h"

#include <cctype>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <utility>

namespace guestbridge::testing::onec {
namespace {

bool IsNameStart(char c) {
  return std::isalpha(static_cast<unsigned char>(c)) || c == '_' || (c & 0x80);
}

bool IsDigit(char c) { return std::isdigit(static_cast<unsigned char>(c)) != 0; }

bool IsNameByte(char c) { return IsNameStart(c) || IsDigit(c); }

// Reads from the opening quote; leaves `i` behind the closing one.
std::optional<std::string> Quoted(std::string_view s, std::size_t& i) {
  std::string out;
  for (++i; i < s.size(); ++i) {
    if (s[i] != '\'') {
      out += s[i];
    } else if (i + 1 < s.size() && s[i + 1] == '\'') {
      out += '\'';
      ++i;
    } else {
      ++i;
      return out;
    }
  }
  return std::nullopt;
}

std::optional<Value> TypedLiteral(std::string_view name, std::string_view text,
                                  bool fractions) {
  if (name == "guid") {
    if (const auto guid = Guid::Parse(text)) return Value(*guid);
  } else if (name == "datetime") {
    if (const auto time = DateTime::Parse(text, fractions)) return Value(*time);
  }
  return std::nullopt;
}

std::optional<Value> Number(std::string_view s, std::size_t& i) {
  const std::size_t from = i;
  while (i < s.size() && IsDigit(s[i])) ++i;
  bool whole = true;
  if (i + 1 < s.size() && s[i] == '.' && IsDigit(s[i + 1])) {
    whole = false;
    for (++i; i < s.size() && IsDigit(s[i]);) ++i;
  }
  if (i < s.size() && IsNameByte(s[i])) return std::nullopt;
  const std::string text(s.substr(from, i - from));
  if (whole && text.size() <= 18) {
    return Value(std::int64_t{std::strtoll(text.c_str(), nullptr, 10)});
  }
  return Value(std::strtod(text.c_str(), nullptr));
}

}  // namespace

Fault SyntaxError(std::string_view option) {
  const std::string name(option);
  return {400, "14", "Ошибка при разборе опции запроса " + name,
          "Error parsing query option " + name};
}

Result<std::vector<Token>> Lex(std::string_view s, bool fractions) {
  static constexpr std::string_view kSigns = "(),/:-=*";
  std::vector<Token> tokens;
  for (std::size_t i = 0; i < s.size();) {
    const char c = s[i];
    Token token;
    if (c == ' ' || c == '\t') {
      ++i;
      continue;
    }
    std::optional<Value> literal;
    if (c == '\'') {
      if (auto text = Quoted(s, i)) literal = Value(std::move(*text));
    } else if (IsDigit(c)) {
      literal = Number(s, i);
    } else if (IsNameStart(c)) {
      const std::size_t from = i;
      while (i < s.size() && IsNameByte(s[i])) ++i;
      token.text = std::string(s.substr(from, i - from));
      if (i < s.size() && s[i] == '\'') {
        if (auto text = Quoted(s, i)) {
          literal = TypedLiteral(token.text, *text, fractions);
        }
      } else {
        token.kind = Token::kName;
        tokens.push_back(std::move(token));
        continue;
      }
    } else if (kSigns.find(c) != std::string_view::npos) {
      token.kind = Token::kSign;
      token.text = std::string(1, c);
      tokens.push_back(std::move(token));
      ++i;
      continue;
    }
    if (!literal) return SyntaxError("$filter");
    token.kind = Token::kLiteral;
    token.literal = std::move(*literal);
    tokens.push_back(std::move(token));
  }
  tokens.push_back(Token{});
  return tokens;
}

}  // namespace guestbridge::testing::onec
