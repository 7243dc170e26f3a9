#include "sync-agent/mapping/transform.h"

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "common/status/error.h"
#include "sync-agent/mapping/text_rules.h"

namespace guestbridge::agent {
namespace {

using Argument = TransformName::Argument;

constexpr size_t kLongestText = 65535;
constexpr size_t kLongestConstant = 1000;

absl::Status Unknown(absl::string_view text) {
  std::string known;
  for (const TransformName& one : TransformNames()) {
    absl::StrAppend(&known, known.empty() ? "" : ", ", one.name,
                    one.argument == Argument::kNumber ? ":N"
                    : one.argument == Argument::kText ? ":TEXT"
                                                      : "");
  }
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

}  // namespace

const std::vector<TransformName>& TransformNames() {
  static const auto* const kNames = new std::vector<TransformName>{
      {"trim", TransformKind::kTrim, Argument::kNone},
      {"phone", TransformKind::kPhone, Argument::kNone},
      {"email", TransformKind::kEmail, Argument::kNone},
      {"date", TransformKind::kDate, Argument::kNone},
      {"upper", TransformKind::kUpper, Argument::kNone},
      {"lower", TransformKind::kLower, Argument::kNone},
      {"title", TransformKind::kTitle, Argument::kNone},
      {"truncate", TransformKind::kTruncate, Argument::kNumber},
      {"digits", TransformKind::kDigits, Argument::kNone},
      {"constant", TransformKind::kConstant, Argument::kText},
      {"yes-no", TransformKind::kYesNo, Argument::kNone},
  };
  return *kNames;
}

absl::StatusOr<Transform> ParseTransform(absl::string_view text) {
  const size_t colon = text.find(':');
  const absl::string_view name = text.substr(0, colon);
  const bool given = colon != absl::string_view::npos;
  const absl::string_view argument = given ? text.substr(colon + 1) : "";
  for (const TransformName& known : TransformNames()) {
    if (name != known.name) continue;
    Transform transform;
    transform.kind = known.kind;
    bool good = false;
    switch (known.argument) {
      case Argument::kNone:
        good = !given;
        break;
      case Argument::kNumber:
        good = absl::SimpleAtoi(argument, &transform.length) && transform.length >= 1 &&
               transform.length <= kLongestText;
        break;
      case Argument::kText:
        good = !argument.empty() && argument.size() <= kLongestConstant;
        transform.text = std::string(argument);
        break;
    }
    if (!good) return Unknown(text);
    return transform;
  }
  return Unknown(text);
}

std::string ApplyText(const Transform& transform, const std::string& text) {
  switch (transform.kind) {
    case TransformKind::kTrim:
      return std::string(TrimEnds(text));
    case TransformKind::kUpper:
      return ToUpper(text);
    case TransformKind::kLower:
      return ToLower(text);
    case TransformKind::kTitle:
      return ToTitle(text);
    case TransformKind::kTruncate:
      return std::string(CutCharacters(text, transform.length));
    case TransformKind::kDigits:
      return Digits(text);
    case TransformKind::kConstant:
      return transform.text;
    case TransformKind::kYesNo:
      return YesNo(text);
    case TransformKind::kPhone:
    case TransformKind::kEmail:
    case TransformKind::kDate:
      return text;
  }
  return text;
}

}  // namespace guestbridge::agent
