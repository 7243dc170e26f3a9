#pragma once

#include <string>

#include "absl/strings/string_view.h"

namespace guestbridge::agent {

// Names that were entered in one case: "ИВАНОВ-ПЕТРОВ" -> "Иванов-Петров", "о'коннор"
// -> "О'Коннор", "ФОН НЕЙМАН" -> "фон Нейман", "Али ОГЛЫ" -> "Али оглы". A word in
// mixed case ("ДиКаприо", "Де Ниро") was written by someone who knew and stays as it
// is.
std::string ToNameCase(absl::string_view text);

}  // namespace guestbridge::agent
