#include "common/text/areas.h"

namespace guestbridge::text_areas {
namespace {

constexpr auto kOk = absl::StatusCode::kOk;

constexpr ReasonText kTexts[] = {
    {"EXPORT_PLACEHOLDER", kOk, "-", "-", "", ""},
};

}  // namespace

absl::Span<const ReasonText> Export() { return kTexts; }

}  // namespace guestbridge::text_areas
