#pragma once

#include <vector>

#include "common/text/catalogue.h"

namespace guestbridge {

// Whether the entry is a label (LABEL_…): a text that is no reason.
bool IsLabel(const ReasonText& text);

// What reasons are about.
struct ReasonArea {
  absl::string_view name;  // "SOURCE"; its title is the label LABEL_AREA_<name>.
  std::vector<const ReasonText*> reasons;  // No labels; in catalogue order.
};

// Those that a person meets most stand first.
absl::Span<const ReasonArea> ReasonAreas();

}  // namespace guestbridge
