#include "common/text/areas.h"

namespace guestbridge::text_areas {
namespace {

constexpr auto kOk = absl::StatusCode::kOk;

constexpr ReasonText kTexts[] = {
    {"COMMAND_PLACEHOLDER", kOk, "-", "-", "", ""},
};

}  // namespace

absl::Span<const ReasonText> Command() { return kTexts; }

}  // namespace guestbridge::text_areas
