#include "server/secrets/key_command.h"

#include <cstring>
#include <utility>

#include "common/process/command.h"
#include "common/status/error.h"

namespace guestbridge::server {
namespace {

constexpr size_t kMostBytes = 64 << 10;

absl::Status Failed(const std::string& file, const std::string& code) {
  return MakeError("KEY_COMMAND_FAILED", {{"file", file}, {"code", code}});
}

}  // namespace

absl::StatusOr<SecretString> RunKeyCommand(const std::string& file,
                                           absl::Duration limit, const Clock& clock) {
  CommandResult result = RunCommand(
      {.file = file, .most_output = kMostBytes, .shows_errors = true, .limit = limit},
      clock);
  switch (result.end) {
    case CommandResult::End::kDone:
      break;
    case CommandResult::End::kUnusable:
      return MakeError("KEY_COMMAND_UNUSABLE",
                       {{"file", file}, {"detail", std::strerror(result.error)}});
    case CommandResult::End::kFailed:
      return Failed(file, result.code);
    case CommandResult::End::kTooMuch:
      return Failed(file, "64 KiB");
    case CommandResult::End::kTooLong:
      return MakeError("KEY_COMMAND_SLOW",
                       {{"file", file}, {"limit", absl::FormatDuration(limit)}});
  }
  return std::move(result.output);
}

}  // namespace guestbridge::server
