#pragma once

#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/civil_time.h"

namespace guestbridge::agent {

struct DateValue {
  enum class State {
    kDay,      // `text` holds it
    kEmpty,    // nothing, or 1C's empty date
    kNotADay,  // not `YYYY-MM-DD`, with or without time
  };
  State state = State::kEmpty;
  std::string text;  // `YYYY-MM-DD`
  absl::CivilDay day;
};

// A date of the source: `YYYY-MM-DDThh:mm:ss` or `YYYY-MM-DD`, spaces around it
// allowed.
DateValue ParseDate(absl::string_view text);

}  // namespace guestbridge::agent
