#pragma once

#include <map>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"

// The one catalogue of everything the product says to a person.
//
// An entry is keyed by its reason code (UPPER_SNAKE_CASE, stable: scripts match on it).
// Texts hold `{placeholders}` that are filled from parameters of the same name. A
// parameter never carries a guest's personal data or a secret: texts are stored and
// logged. Immutable after static initialisation, hence thread-safe.
namespace guestbridge {

enum class Language { kEnglish, kRussian };

using Parameters = std::map<std::string, std::string>;

struct ReasonText {
  absl::string_view reason;
  // The canonical code of an RPC that fails for this reason; kOk for reasons that only
  // describe one client, one check or a label.
  absl::StatusCode code;
  // What happened, to what.
  absl::string_view message_en;
  absl::string_view message_ru;
  // What to do next; empty only for labels.
  absl::string_view remedy_en;
  absl::string_view remedy_ru;
};

// Null when `reason` is not in the catalogue.
const ReasonText* FindReason(absl::string_view reason);

// All entries, in catalogue order, area after area.
absl::Span<const ReasonText* const> AllReasons();

// Fills the placeholders. A placeholder without parameter becomes "…"; an unknown
// reason renders as the reason itself, so that a newer peer's reason is still readable.
std::string RenderMessage(absl::string_view reason, const Parameters& parameters,
                          Language language);
std::string RenderRemedy(absl::string_view reason, const Parameters& parameters,
                         Language language);

// "ru", "ru_RU.UTF-8", "ru-RU,en;q=0.8" -> kRussian; everything else kEnglish.
Language ParseLanguage(absl::string_view tag);

}  // namespace guestbridge
