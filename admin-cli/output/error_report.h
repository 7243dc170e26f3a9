#pragma once

#include <ostream>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "admin-cli/output/table.h"
#include "common/text/catalogue.h"

namespace guestbridge::cli {

// The text of a label of the catalogue: LABEL_<key>.
std::string Label(Language language, absl::string_view key,
                  const Parameters& parameters = {});
// Whether there is one.
bool HasLabel(absl::string_view key);

// Prints an error as four facts: what failed on what (`subject`, e.g. "export run
// main"), why, the reason code, and what to do.
void PrintError(const absl::Status& error, absl::string_view subject, Language language,
                const Style& style, std::ostream& out);

// The exit code of an error: 1 INTERNAL and what nobody expects; 2 what the user wrote
// (USAGE_*, files that the command line names); 3 NOT_FOUND; 4 a request that was
// refused; 5 not allowed; 6 not reachable; 130 interrupted, or the
// answers ended.
int ExitCodeOf(const absl::Status& error);

}  // namespace guestbridge::cli
