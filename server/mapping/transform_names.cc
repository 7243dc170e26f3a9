#include "server/mapping/transform_names.h"

#include "absl/strings/numbers.h"

namespace guestbridge::server {
namespace {

using Argument = TransformName::Argument;
using Result = TransformName::Result;

constexpr TransformName kNames[] = {
    {"trim", Argument::kNone, Result::kText},
    {"phone", Argument::kNone, Result::kText},
    {"email", Argument::kNone, Result::kText},
    {"date", Argument::kNone, Result::kDate},
    {"upper", Argument::kNone, Result::kText},
    {"lower", Argument::kNone, Result::kText},
    {"title", Argument::kNone, Result::kText},
    {"digits", Argument::kNone, Result::kText},
    {"truncate", Argument::kCount, Result::kText},
    {"constant", Argument::kText, Result::kText},
    {"yes-no", Argument::kNone, Result::kBoolean},
};

}  // namespace

absl::Span<const TransformName> TransformNames() { return kNames; }

const TransformName* FindTransform(absl::string_view transform) {
  const size_t colon = transform.find(':');
  const absl::string_view name = transform.substr(0, colon);
  const bool has_argument = colon != absl::string_view::npos;
  const absl::string_view argument =
      has_argument ? transform.substr(colon + 1) : absl::string_view();
  for (const TransformName& known : kNames) {
    if (known.name != name) continue;
    int count = 0;
    switch (known.argument) {
      case Argument::kNone:
        return has_argument ? nullptr : &known;
      case Argument::kCount:
        return absl::SimpleAtoi(argument, &count) && count >= 1 && count <= 65535
                   ? &known
                   : nullptr;
      case Argument::kText:
        return argument.empty() || argument.size() > 1000 ? nullptr : &known;
    }
  }
  return nullptr;
}

}  // namespace guestbridge::server
