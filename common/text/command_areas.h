#pragma once

#include "absl/types/span.h"
#include "common/text/catalogue.h"

// The parts of the command area that hold labels only; catalogue_command.cc joins them.
namespace guestbridge::text_areas {

absl::Span<const ReasonText>
CommandLabels();  // headlines, headings, states, next steps
absl::Span<const ReasonText> CommandClientLabels();  // states, rules, decisions
absl::Span<const ReasonText> CommandSetupLabels();   // the conversation of `setup`
absl::Span<const ReasonText> CommandAuditLabels();   // all of `audit`, its help too
absl::Span<const ReasonText> CommandSecretLabels();  // `secrets`
absl::Span<const ReasonText> CommandTokenLabels();   // the commands `token`, whole
absl::Span<const ReasonText> CommandHelp();          // --help

// A label: a text that is no reason, hence without a code and a remedy.
constexpr ReasonText MakeLabel(absl::string_view key, absl::string_view english,
                               absl::string_view russian) {
  return {key, absl::StatusCode::kOk, english, russian, "", ""};
}

}  // namespace guestbridge::text_areas
