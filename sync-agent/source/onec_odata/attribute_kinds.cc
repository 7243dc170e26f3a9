#include "sync-agent/source/onec_odata/attribute_kinds.h"

#include <algorithm>
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

std::optional<AttributeKind> KindShownBy(absl::Span<const ODataRow> rows,
                                         absl::string_view attribute) {
  std::optional<AttributeKind> shown;
  for (const ODataRow& row : rows) {
    for (size_t i = 0; i < row.values.size(); ++i) {
      const auto& [name, value] = row.values[i];
      if (name != attribute) continue;
      const bool quoted = i >= row.bare.size() || !row.bare[i];
      const std::optional<AttributeKind> kind = KindOf(value, quoted);
      if (!kind.has_value() || kind == shown) continue;
      if (!shown.has_value()) {
        shown = kind;
        continue;
      }
      // A text may look like a date, a date never like another text.
      const bool texts =
          (*kind == AttributeKind::kText || *kind == AttributeKind::kDate) &&
          (*shown == AttributeKind::kText || *shown == AttributeKind::kDate);
      if (!texts) return std::nullopt;
      shown = AttributeKind::kText;
    }
  }
  return shown;
}

}  // namespace guestbridge::agent
