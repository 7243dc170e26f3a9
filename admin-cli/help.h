#pragma once

#include <ostream>

#include "absl/types/span.h"
#include "admin-cli/command/command.h"
#include "admin-cli/output/table.h"
#include "common/text/catalogue.h"

// --help: from the command table and the catalogue, in 80 columns.
namespace guestbridge::cli {

// All commands; or those of `noun` when it is not empty.
void PrintOverview(absl::Span<const Command> commands, absl::string_view noun,
                   Language language, const Style& style, std::ostream& out);

// One command: what it does, how it is written, its arguments, an example.
void PrintHelp(const Command& command, Language language, const Style& style,
               std::ostream& out);

// "guestbridge integration create ID --type TYPE [--display-name S]".
std::string SynopsisOf(const Command& command);

}  // namespace guestbridge::cli
