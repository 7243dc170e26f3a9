#include "server/mapping/transform_names.h"

#include <optional>

namespace guestbridge::server {
namespace {

using Result = TransformName::Result;

constexpr TransformName kNames[] = {
    {"trim", ArgumentKind::kNone, Result::kText},
    {"phone", ArgumentKind::kNone, Result::kText},
    {"email", ArgumentKind::kNone, Result::kText},
    {"date", ArgumentKind::kNone, Result::kDate},
    {"upper", ArgumentKind::kNone, Result::kText},
    {"lower", ArgumentKind::kNone, Result::kText},
    {"title", ArgumentKind::kNone, Result::kText},
    {"name", ArgumentKind::kNone, Result::kText},
    {"digits", ArgumentKind::kNone, Result::kText},
    {"truncate", ArgumentKind::kCount, Result::kText},
    {"constant", ArgumentKind::kText, Result::kAny},
    {"template", ArgumentKind::kTemplate, Result::kText},
    {"first-of", ArgumentKind::kAttributes, Result::kText},
    {"all-of", ArgumentKind::kAttributes, Result::kText},
    {"enum", ArgumentKind::kTable, Result::kAny},
    {"split", ArgumentKind::kSeparator, Result::kText},
    {"join", ArgumentKind::kSeparator, Result::kText},
    {"country", ArgumentKind::kCountry, Result::kText},
    {"yes-no", ArgumentKind::kNone, Result::kBoolean},
};

std::optional<absl::string_view> ArgumentOf(absl::string_view transform) {
  const size_t colon = transform.find(':');
  if (colon == absl::string_view::npos) return std::nullopt;
  return transform.substr(colon + 1);
}

}  // namespace

absl::Span<const TransformName> TransformNames() { return kNames; }

const TransformName* FindTransform(absl::string_view transform) {
  const absl::string_view name = transform.substr(0, transform.find(':'));
  for (const TransformName& known : kNames) {
    if (known.name == name) return &known;
  }
  return nullptr;
}

bool HasRightArgument(absl::string_view transform) {
  const TransformName* known = FindTransform(transform);
  return known != nullptr && IsWellFormed(known->argument, ArgumentOf(transform));
}

std::vector<std::string> AttributesOf(absl::string_view transform) {
  std::vector<std::string> attributes;
  const TransformName* known = FindTransform(transform);
  if (known == nullptr) return attributes;
  const absl::string_view argument = ArgumentOf(transform).value_or("");
  if (known->argument == ArgumentKind::kAttributes) {
    attributes = ParseAttributes(argument).value_or(attributes);
  } else if (known->argument == ArgumentKind::kTemplate) {
    const auto pieces = ParseTemplate(argument);
    if (!pieces.has_value()) return attributes;
    for (const TemplatePiece& piece : *pieces) {
      if (piece.is_attribute) attributes.push_back(piece.text);
    }
  }
  return attributes;
}

std::vector<std::string> ResultsOf(absl::string_view transform) {
  std::vector<std::string> results;
  const TransformName* known = FindTransform(transform);
  if (known == nullptr) return results;
  const absl::string_view argument = ArgumentOf(transform).value_or("");
  if (known->argument == ArgumentKind::kText) results.emplace_back(argument);
  if (known->argument == ArgumentKind::kTable) {
    const ValueTable table = ParseTable(argument).value_or(ValueTable());
    for (const auto& [from, to] : table.rows) results.push_back(to);
    if (table.has_otherwise && !table.otherwise_as_it_is) {
      results.push_back(table.otherwise);
    }
  }
  std::erase(results, "");
  return results;
}

}  // namespace guestbridge::server
