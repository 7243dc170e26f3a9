#include "common/text/areas.h"

namespace guestbridge::text_areas {
namespace {

constexpr auto kOk = absl::StatusCode::kOk;

constexpr ReasonText kTexts[] = {
    {"API_PLACEHOLDER", kOk, "-", "-", "", ""},
};

}  // namespace

absl::Span<const ReasonText> Api() { return kTexts; }

}  // namespace guestbridge::text_areas
