#include "tests/emulators/onec/resource_path.h"

#include <map>
#include <utility>

#include "tests/emulators/onec/filter.h"
#include "tests/emulators/onec/odata_lexer.h"

namespace guestbridge::testing::onec {
namespace {

Fault BadPath() {
  return {400, "6", "Неверный URL: ошибка в пути к ресурсу",
          "Bad URL: error in the resource path"};
}

Fault BadKeyValue(const std::string& name) {
  return {400, "1", "Не удалось разобрать значение ключа " + name,
          "Cannot parse the value of key " + name};
}

// Key literals by name; a lone literal has the name "".
using KeyParts = std::map<std::string, Value>;

Result<KeyParts> LexKey(const std::string& arguments) {
  auto tokens = Lex(arguments, /*fractions=*/false);
  if (!tokens.ok()) return BadKeyValue(arguments);
  KeyParts parts;
  const auto& t = *tokens;
  std::size_t i = 0;
  while (t[i].kind != Token::kEnd) {
    std::string name;
    if (t[i].kind == Token::kName) {
      name = t[i].text;
      if (t[i + 1].kind != Token::kSign || t[i + 1].text != "=") return BadPath();
      i += 2;
    }
    if (t[i].kind == Token::kName && (t[i].text == "true" || t[i].text == "false")) {
      parts[name] = t[i].text == "true";
    } else if (t[i].kind == Token::kLiteral) {
      parts[name] = t[i].literal;
    } else {
      return BadKeyValue(name);
    }
    ++i;
    if (t[i].kind == Token::kSign && t[i].text == ",") {
      ++i;
    } else if (t[i].kind != Token::kEnd) {
      return BadPath();
    }
  }
  return parts;
}

bool Fits(Type type, const Value& value) {
  return EmptyValue(type).index() == value.index();
}

std::string Unquoted(std::string text) {
  if (text.size() >= 2 && text.front() == '\'' && text.back() == '\'') {
    return text.substr(1, text.size() - 2);
  }
  return text;
}

std::string Halved(const std::string& text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    out += text[i];
    if (text[i] == '\'' && i + 1 < text.size() && text[i + 1] == '\'') ++i;
  }
  return out;
}

}  // namespace

Result<std::vector<Segment>> ParsePath(std::string_view path) {
  std::vector<Segment> segments;
  std::size_t i = 0;
  while (i < path.size()) {
    Segment segment;
    while (i < path.size() && path[i] != '/' && path[i] != '(') {
      segment.name += path[i++];
    }
    if (segment.name.empty()) return BadPath();
    if (i < path.size() && path[i] == '(') {
      bool quoted = false;
      std::string arguments;
      for (++i; i < path.size() && (quoted || path[i] != ')'); ++i) {
        if (path[i] == '\'') quoted = !quoted;
        arguments += path[i];
      }
      if (i == path.size()) return BadPath();
      ++i;
      segment.arguments = std::move(arguments);
    }
    segments.push_back(std::move(segment));
    if (i == path.size()) break;
    if (path[i] != '/') return BadPath();
    ++i;
  }
  return segments;
}

Result<std::string> ParseKey(const EntityDef& def, const std::string& arguments) {
  auto parts = LexKey(arguments);
  if (!parts.ok()) return parts.fault();
  // A constant has one row: the vendor shows a zero guid as its key, live bases a
  // number.
  if (def.kind == SetKind::kConstant) return KeyText({Value(std::int64_t{0})});
  std::vector<Value> key;
  for (int index : def.key) {
    const Property& p = def.properties[static_cast<std::size_t>(index)];
    auto it = parts->find(p.name);
    if (it == parts->end() && def.key.size() == 1) it = parts->find("");
    if (it == parts->end()) {
      return Fault{400, "7", "Отсутствует часть ключа сущности: " + p.name,
                   "A part of the entity key is missing: " + p.name};
    }
    if (def.HasDerivedType(p)) {
      // The type is named for the reader; it is the only one.
      const auto guid = Guid::Parse(PlainText(it->second));
      if (!std::holds_alternative<std::string>(it->second) || !guid ||
          parts->erase(p.name + "_Type") == 0) {
        return BadKeyValue(p.name);
      }
      it->second = *guid;
    }
    if (!Fits(p.type, it->second)) return BadKeyValue(p.name);
    key.push_back(it->second);
    parts->erase(it);
  }
  if (!parts->empty()) return BadPath();
  return KeyText(key);
}

Result<SliceCall> ParseSlice(bool last, const std::string& arguments,
                             const std::map<std::string, std::string>& query) {
  SliceCall call;
  call.last = last;
  std::string period;
  std::string condition;
  if (const auto it = query.find("Period"); it != query.end()) period = it->second;
  if (const auto it = query.find("Condition"); it != query.end()) {
    condition = it->second;
  }
  static constexpr std::string_view kCondition = "Condition=";
  static constexpr std::string_view kPeriod = "Period=";
  const std::size_t from = arguments.find(kCondition);
  std::string others = arguments;
  if (from != std::string::npos) {
    std::size_t to = arguments.find(",Period=", from);
    if (to == std::string::npos) to = arguments.size();
    condition =
        arguments.substr(from + kCondition.size(), to - from - kCondition.size());
    others = arguments.substr(0, from) + arguments.substr(to);
  }
  if (const std::size_t at = others.find(kPeriod); at != std::string::npos) {
    period = others.substr(at + kPeriod.size());
    period = period.substr(0, period.find(','));
    others.erase(0, at + kPeriod.size() + period.size());
  }
  if (others.find_first_not_of(", ") != std::string::npos) return BadPath();

  if (!period.empty()) {
    auto tokens = Lex(period, /*fractions=*/false);
    const bool good = tokens.ok() && tokens->size() == 2 &&
                      std::holds_alternative<DateTime>((*tokens)[0].literal);
    if (!good) return SyntaxError("Period");
    call.has_period = true;
    call.period = std::get<DateTime>((*tokens)[0].literal);
  }
  call.condition = Unquoted(condition);
  // Both spellings of inner apostrophes are in use; the doubled one is tried first.
  if (const std::string halved = Halved(call.condition); halved != call.condition) {
    if (ParseFilter(halved, false).ok()) call.condition = halved;
  }
  return call;
}

}  // namespace guestbridge::testing::onec
