#pragma once

#include <string>
#include <vector>

#include "absl/types/span.h"
#include "admin-cli/command/command.h"
#include "admin-cli/command/session.h"

namespace guestbridge::cli {

// Every command of the program, in the order of the help.
absl::Span<const Command> Commands();

// Runs one command line (without the program's name) and answers with the exit code:
//   0 done   1 a run FAILED or was CANCELLED, a test with a FAILED check, INTERNAL
//   2 usage  3 NOT_FOUND  4 refused  5 not allowed  6 not reachable
//   7 a run PARTIALLY_FAILED  130 interrupted
// Data goes to environment.out, all else to environment.err.
int RunCli(const std::vector<std::string>& line, absl::string_view version,
           Environment& environment);

}  // namespace guestbridge::cli
