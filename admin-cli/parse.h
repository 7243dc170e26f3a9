#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "admin-cli/command/command.h"

namespace guestbridge::cli {

// Flags that every command takes, before and after its words.
const std::vector<Argument>& GlobalFlags();

struct ParsedLine {
  const Command* command = nullptr;  // Null: only help or the version was asked for.
  // What stood for a noun when no command was found, for the help of that noun.
  std::string noun;
  Arguments arguments;  // Of the command.
  Arguments globals;
  bool help = false;
  bool version = false;
};

// Reads a command line (without the program's name) by the command table. Flags are
// `--name value` or `--name=value`; `-` alone is a value; after `--` nothing is a flag.
// Of a global flag that stands twice the last one holds.
// Errors, all INVALID_ARGUMENT: USAGE_NO_COMMAND, USAGE_UNKNOWN_COMMAND,
// USAGE_UNKNOWN_FLAG, USAGE_VALUE_MISSING, USAGE_VALUE_UNWANTED, USAGE_FLAG_TWICE,
// USAGE_BAD_VALUE, USAGE_ARGUMENT_MISSING, USAGE_ARGUMENT_UNWANTED, USAGE_NOT_UTF8.
absl::StatusOr<ParsedLine> ParseLine(absl::Span<const Command> commands,
                                     const std::vector<std::string>& line);

// The value of a global flag wherever it stands, also in a line that does not parse:
// an error is to be said in the language that was asked for. Empty: not given.
std::string FindGlobal(const std::vector<std::string>& line, absl::string_view flag);

}  // namespace guestbridge::cli
