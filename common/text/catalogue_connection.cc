#include "common/text/areas.h"

namespace guestbridge::text_areas {
namespace {

constexpr auto kOk = absl::StatusCode::kOk;

constexpr ReasonText kTexts[] = {
    {"CONNECTION_PLACEHOLDER", kOk, "-", "-", "", ""},
};

}  // namespace

absl::Span<const ReasonText> Connection() { return kTexts; }

}  // namespace guestbridge::text_areas
