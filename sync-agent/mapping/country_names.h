#pragma once

#include "absl/strings/string_view.h"
#include "absl/types/span.h"

namespace guestbridge::agent {

// A country of ISO 3166-1.
struct CountryNames {
  absl::string_view alpha2;
  absl::string_view alpha3;
  absl::string_view numeric;
  absl::string_view russian;
  absl::string_view english;
  absl::string_view also;  // other names, `|` between them
};

absl::Span<const CountryNames> AllCountries();

}  // namespace guestbridge::agent
