#pragma once

#include <cstddef>
#include <functional>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/secret/secret_string.h"
#include "common/time/clock.h"

namespace guestbridge {

// A program of the operator's, run without a shell and arguments, with PATH, HOME and
// LANG of this program and nothing else in its environment.
struct Command {
  std::string file;
  absl::string_view input = {};  // Given before its output is read.
  // Bytes of its standard output that are kept; 0: what it prints is thrown away.
  size_t most_output = 0;
  // Whether its standard error is ours, for the operator, or thrown away.
  bool shows_errors = false;
  absl::Duration limit;                // From its start to its end.
  std::function<bool()> stopped = {};  // Ends it as the limit does; may be empty.
};

struct CommandResult {
  enum class End {
    kDone,      // It exited with 0.
    kUnusable,  // It could not be run.
    kFailed,    // It exited with another code, or by a signal.
    kTooMuch,   // It printed more than `most_output`.
    kTooLong,   // The limit passed, or `stopped` said so.
  };
  End end = End::kDone;
  int error = 0;        // Of kUnusable: an errno.
  std::string code;     // Of kFailed: "3", or "signal 9".
  SecretString output;  // Of kDone.
};

// Blocks until the command has ended; one that printed too much or ran too long is
// killed with all that it started.
CommandResult RunCommand(const Command& command, const Clock& clock);

}  // namespace guestbridge
