#include "sync-agent/mapping/transform.h"

#include <optional>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "common/status/error.h"
#include "sync-agent/mapping/name_case.h"
#include "sync-agent/mapping/text_rules.h"

namespace guestbridge::agent {
namespace {

absl::Status Unknown(absl::string_view text) {
  const std::string known = absl::StrJoin(
      TransformNames(), ", ", [](std::string* out, const TransformName& one) {
        absl::StrAppend(out, one.name, ArgumentForm(one.argument));
      });
  return MakeError("TRANSFORM_UNKNOWN",
                   {{"transform", std::string(text)}, {"known", known}});
}

std::string YesNo(const std::string& text) {
  const std::string word = ToLower(TrimEnds(text));
  for (const char* yes : {"true", "1", "y", "yes", "да", "истина"}) {
    if (word == yes) return "Y";
  }
  for (const char* no : {"false", "0", "n", "no", "нет", "ложь"}) {
    if (word == no) return "N";
  }
  return "";
}

std::string Digits(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (c >= '0' && c <= '9') out.push_back(c);
  }
  return out;
}

// A template with nothing but empty attributes is empty, and a space before an empty
// attribute goes with it.
std::string Fill(const std::vector<TemplatePiece>& pieces, AttributeText attribute) {
  std::string filled;
  bool any = false;
  for (const TemplatePiece& piece : pieces) {
    if (!piece.is_attribute) {
      filled += piece.text;
      continue;
    }
    const std::string value = attribute(piece.text);
    if (!value.empty()) {
      filled += value;
      any = true;
    } else if (!filled.empty() && filled.back() == ' ') {
      filled.pop_back();
    }
  }
  return any ? filled : "";
}

std::string LookUp(const ValueTable& table, const std::string& text,
                   const char** note) {
  const std::string key = ToLower(TrimEnds(text));
  for (const auto& [from, to] : table.rows) {
    if (ToLower(from) == key) return to;
  }
  if (key.empty()) return "";
  if (table.otherwise_as_it_is) return text;
  if (!table.has_otherwise) *note = "VALUE_NOT_IN_TABLE";
  return table.otherwise;
}

std::string Country(const Transform& transform, const std::string& text,
                    const char** note) {
  if (TrimEnds(text).empty()) return "";
  const std::optional<std::string> country = CountryOf(text, transform.country);
  if (country.has_value()) return *country;
  *note = "COUNTRY_UNKNOWN";
  return transform.country == CountryForm::kCode ? "" : text;
}

std::string ApplyText(const Transform& transform, const std::string& text,
                      const char** note) {
  switch (transform.kind) {
    case TransformKind::kUpper:
      return ToUpper(text);
    case TransformKind::kLower:
      return ToLower(text);
    case TransformKind::kTitle:
      return ToTitle(text);
    case TransformKind::kName:
      return ToNameCase(text);
    case TransformKind::kTruncate:
      return std::string(CutCharacters(text, transform.length));
    case TransformKind::kDigits:
      return Digits(text);
    case TransformKind::kEnum:
      return LookUp(transform.table, text, note);
    case TransformKind::kCountry:
      return Country(transform, text, note);
    case TransformKind::kYesNo:
      return YesNo(text);
    default:
      return text;
  }
}

}  // namespace

const std::vector<TransformName>& TransformNames() {
  static const auto* const kNames = new std::vector<TransformName>{
      {"trim", TransformKind::kTrim, ArgumentKind::kNone},
      {"phone", TransformKind::kPhone, ArgumentKind::kNone},
      {"email", TransformKind::kEmail, ArgumentKind::kNone},
      {"date", TransformKind::kDate, ArgumentKind::kNone},
      {"upper", TransformKind::kUpper, ArgumentKind::kNone},
      {"lower", TransformKind::kLower, ArgumentKind::kNone},
      {"title", TransformKind::kTitle, ArgumentKind::kNone},
      {"name", TransformKind::kName, ArgumentKind::kNone},
      {"truncate", TransformKind::kTruncate, ArgumentKind::kCount},
      {"digits", TransformKind::kDigits, ArgumentKind::kNone},
      {"constant", TransformKind::kConstant, ArgumentKind::kText},
      {"template", TransformKind::kTemplate, ArgumentKind::kTemplate},
      {"first-of", TransformKind::kFirstOf, ArgumentKind::kAttributes},
      {"all-of", TransformKind::kAllOf, ArgumentKind::kAttributes},
      {"enum", TransformKind::kEnum, ArgumentKind::kTable},
      {"split", TransformKind::kSplit, ArgumentKind::kSeparator},
      {"join", TransformKind::kJoin, ArgumentKind::kSeparator},
      {"country", TransformKind::kCountry, ArgumentKind::kCountry},
      {"yes-no", TransformKind::kYesNo, ArgumentKind::kNone},
  };
  return *kNames;
}

absl::StatusOr<Transform> ParseTransform(absl::string_view text) {
  const size_t colon = text.find(':');
  const absl::string_view name = text.substr(0, colon);
  std::optional<absl::string_view> argument;
  if (colon != absl::string_view::npos) argument = text.substr(colon + 1);
  for (const TransformName& known : TransformNames()) {
    if (name != known.name) continue;
    if (!IsWellFormed(known.argument, argument)) {
      return MakeError(
          "TRANSFORM_ARGUMENT_INVALID",
          {{"transform", known.name},
           {"form", absl::StrCat(known.name, ArgumentForm(known.argument))}});
    }
    Transform transform;
    transform.kind = known.kind;
    switch (known.argument) {
      case ArgumentKind::kNone:
        break;
      case ArgumentKind::kCount:
        transform.length = *ParseCount(*argument);
        break;
      case ArgumentKind::kText:
        transform.text = std::string(*argument);
        break;
      case ArgumentKind::kTemplate:
        transform.pieces = *ParseTemplate(*argument);
        for (const TemplatePiece& piece : transform.pieces) {
          if (piece.is_attribute) transform.attributes.push_back(piece.text);
        }
        break;
      case ArgumentKind::kAttributes:
        transform.attributes = *ParseAttributes(*argument);
        break;
      case ArgumentKind::kTable:
        transform.table = *ParseTable(*argument);
        break;
      case ArgumentKind::kSeparator:
        transform.text = *ParseSeparator(*argument);
        break;
      case ArgumentKind::kCountry:
        if (argument == "en") transform.country = CountryForm::kEnglish;
        if (argument == "code") transform.country = CountryForm::kCode;
        break;
    }
    return transform;
  }
  return Unknown(text);
}

const char* ApplyTransform(const Transform& transform, AttributeText attribute,
                           std::vector<std::string>* values) {
  const char* note = nullptr;
  std::vector<std::string> made;
  switch (transform.kind) {
    case TransformKind::kConstant:
      made = {transform.text};
      break;
    case TransformKind::kTemplate:
      made = {Fill(transform.pieces, attribute)};
      break;
    case TransformKind::kFirstOf:
    case TransformKind::kAllOf:
      for (const std::string& name : transform.attributes) {
        std::string value = attribute(name);
        if (value.empty()) continue;
        made.push_back(std::move(value));
        if (transform.kind == TransformKind::kFirstOf) break;
      }
      break;
    case TransformKind::kSplit:
      for (const std::string& value : *values) {
        for (const absl::string_view part : absl::StrSplit(value, transform.text)) {
          const absl::string_view trimmed = TrimEnds(part);
          if (!trimmed.empty()) made.emplace_back(trimmed);
        }
      }
      break;
    case TransformKind::kJoin:
      made = {JoinValues(*values, transform.text)};
      break;
    default:
      // No value is an empty text, for which a table may have a row.
      if (values->empty()) values->emplace_back();
      // What nearly every text passes: mostly nothing is to be trimmed.
      if (transform.kind == TransformKind::kTrim) {
        for (std::string& value : *values) {
          const absl::string_view trimmed = TrimEnds(value);
          if (trimmed.size() < value.size()) value = std::string(trimmed);
        }
        return note;
      }
      for (std::string& value : *values) value = ApplyText(transform, value, &note);
      return note;
  }
  *values = std::move(made);
  return note;
}

std::string JoinValues(const std::vector<std::string>& values,
                       absl::string_view separator) {
  std::string joined;
  for (const std::string& value : values) {
    const absl::string_view trimmed = TrimEnds(value);
    if (trimmed.empty()) continue;
    absl::StrAppend(&joined, joined.empty() ? "" : separator, trimmed);
  }
  return joined;
}

}  // namespace guestbridge::agent
