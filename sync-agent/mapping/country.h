#pragma once

#include <optional>
#include <string>

#include "absl/strings/string_view.h"

namespace guestbridge::agent {

enum class CountryForm { kRussian, kEnglish, kCode };

// A country told by its name, Russian or English, everyday or official, or by its code
// of ISO 3166-1 (two letters, three letters, three digits), in the form that was asked
// for: "РОССИЙСКАЯ ФЕДЕРАЦИЯ", "RUS", "643" -> "Россия", "Russia", "RU". Without regard
// to case, ё, punctuation. None: not known.
std::optional<std::string> CountryOf(absl::string_view text, CountryForm form);

}  // namespace guestbridge::agent
