#include "sync-agent/source/onec_odata/attribute_kinds.h"

#include <algorithm>
#include <optional>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/strip.h"
#include "sync-agent/source/onec_odata/odata_literal.h"

namespace guestbridge::agent {
namespace {

bool IsWholeNumber(absl::string_view text) {
  absl::ConsumePrefix(&text, "-");
  return !text.empty() && std::all_of(text.begin(), text.end(), absl::ascii_isdigit);
}

std::optional<AttributeKind> KindOf(const std::string& value, bool quoted) {
  if (!quoted) {
    const bool truth = value == "true" || value == "false";
    return truth ? AttributeKind::kBoolean : AttributeKind::kNumber;
  }
  if (IsDateTime(value)) return AttributeKind::kDate;
  if (IsWholeNumber(value)) return std::nullopt;
  return AttributeKind::kText;
}

}  // namespace

AttributeKindSet KindsShownBy(absl::Span<const ODataRow> rows,
                              absl::string_view attribute) {
  AttributeKindSet shown;
  for (const ODataRow& row : rows) {
    for (size_t i = 0; i < row.values.size(); ++i) {
      const auto& [name, value] = row.values[i];
      if (name != attribute) continue;
      const bool quoted = i >= row.bare.size() || !row.bare[i];
      const std::optional<AttributeKind> kind = KindOf(value, quoted);
      if (kind.has_value()) Widen({*kind}, &shown);
    }
  }
  return shown;
}

}  // namespace guestbridge::agent
