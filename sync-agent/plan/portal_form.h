#pragma once

#include <string>

#include "absl/strings/string_view.h"

// The forms in which the portal tells values that it was sent otherwise
// (docs/design/portal-calls.md). What has no such form stays as it is.
namespace guestbridge::agent {

// A day: `1980-05-17`.
std::string DayForm(absl::string_view text);
// A moment: seconds since 1970.
std::string MomentForm(absl::string_view text);
// Yes or no: 1 or 0.
std::string YesNoForm(absl::string_view text);

// Whether a single field holds the value, as far as that can be told without the type
// that the portal gives the field: of user fields 1 and 0 are also yes and no, and
// times with a zone also days and times without one.
bool IsSameField(absl::string_view field, absl::string_view held,
                 absl::string_view value);

}  // namespace guestbridge::agent
