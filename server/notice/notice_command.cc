#include "server/notice/notice_command.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "absl/strings/str_cat.h"
#include "common/process/command.h"
#include "common/status/error.h"

namespace guestbridge::server {
namespace {

absl::Status Unusable(const std::string& file, int error) {
  return MakeError("NOTICE_COMMAND_UNUSABLE",
                   {{"file", file}, {"detail", std::strerror(error)}});
}

}  // namespace

absl::Status CheckNoticeCommand(const std::string& file) {
  struct stat facts {};
  if (stat(file.c_str(), &facts) != 0) return Unusable(file, errno);
  if (!S_ISREG(facts.st_mode)) return Unusable(file, EACCES);
  return access(file.c_str(), X_OK) == 0 ? absl::OkStatus() : Unusable(file, errno);
}

absl::Status RunNoticeCommand(const std::string& file, absl::string_view input,
                              absl::Duration limit, const Clock& clock,
                              const std::function<bool()>& stopped) {
  const std::string line = absl::StrCat(input, "\n");
  const CommandResult result = RunCommand(
      {.file = file, .input = line, .limit = limit, .stopped = stopped}, clock);
  switch (result.end) {
    case CommandResult::End::kDone:
    case CommandResult::End::kTooMuch:  // Nothing of its output is kept.
      break;
    case CommandResult::End::kUnusable:
      return Unusable(file, result.error);
    case CommandResult::End::kFailed:
      return MakeError("NOTICE_COMMAND_FAILED",
                       {{"file", file}, {"code", result.code}});
    case CommandResult::End::kTooLong:
      return MakeError("NOTICE_COMMAND_SLOW",
                       {{"file", file}, {"limit", absl::FormatDuration(limit)}});
  }
  return absl::OkStatus();
}

}  // namespace guestbridge::server
