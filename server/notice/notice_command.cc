#include "server/notice/notice_command.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/status/error.h"

namespace guestbridge::server {
namespace {

constexpr absl::Duration kLookEvery = absl::Milliseconds(20);
constexpr int kFirstOther = 3;  // Descriptor after the three that everybody has.

absl::Status Unusable(const std::string& file, int error) {
  return MakeError("NOTICE_COMMAND_UNUSABLE",
                   {{"file", file}, {"detail", std::strerror(error)}});
}

std::vector<std::string> EnvironmentOfCommand() {
  std::vector<std::string> environment;
  for (const char* name : {"PATH", "HOME", "LANG"}) {
    const char* value = std::getenv(name);
    if (value != nullptr) environment.push_back(absl::StrCat(name, "=", value));
  }
  return environment;
}

// Starts it in a process group of its own, so that all of it can be killed.
int Spawn(const std::string& file, int input, pid_t* child) {
  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  posix_spawn_file_actions_adddup2(&files, input, STDIN_FILENO);
  posix_spawn_file_actions_addopen(&files, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
  posix_spawn_file_actions_addopen(&files, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
  posix_spawn_file_actions_addclosefrom_np(&files, kFirstOther);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  sigset_t none;
  sigset_t all;
  sigemptyset(&none);
  sigfillset(&all);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setsigdefault(&attributes, &all);
  posix_spawnattr_setpgroup(&attributes, 0);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF |
                                            POSIX_SPAWN_SETPGROUP);
  std::vector<std::string> environment = EnvironmentOfCommand();
  std::vector<char*> variables;
  for (std::string& variable : environment) variables.push_back(variable.data());
  variables.push_back(nullptr);
  std::string name = file;
  char* arguments[] = {name.data(), nullptr};
  const int error = posix_spawn(child, file.c_str(), &files, &attributes, arguments,
                                variables.data());
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&files);
  return error;
}

// As much as it takes before `end`; one that does not read does not hold us up.
void Give(int to, absl::string_view text, const Clock& clock, absl::Duration end) {
  while (!text.empty() && clock.Steady() < end) {
    const ssize_t sent =
        send(to, text.data(), text.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent > 0) {
      text.remove_prefix(static_cast<size_t>(sent));
    } else if (errno == EAGAIN || errno == EINTR) {
      absl::SleepFor(kLookEvery);
    } else {
      return;
    }
  }
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
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) {
    return Unusable(file, errno);
  }
  pid_t child = 0;
  const int error = Spawn(file, ends[1], &child);
  close(ends[1]);
  if (error != 0) {
    close(ends[0]);
    return Unusable(file, error);
  }
  const absl::Duration end = clock.Steady() + limit;
  Give(ends[0], absl::StrCat(input, "\n"), clock, end);
  close(ends[0]);
  int how = 0;
  while (true) {
    const pid_t ended = waitpid(child, &how, WNOHANG);
    if (ended == child) break;
    if (ended < 0 && errno != EINTR) return Unusable(file, errno);
    if (clock.Steady() >= end || stopped()) {
      kill(-child, SIGKILL);
      waitpid(child, &how, 0);
      return MakeError("NOTICE_COMMAND_SLOW",
                       {{"file", file}, {"limit", absl::FormatDuration(limit)}});
    }
    absl::SleepFor(kLookEvery);
  }
  if (WIFEXITED(how) && WEXITSTATUS(how) == 0) return absl::OkStatus();
  const std::string code = WIFEXITED(how) ? absl::StrCat(WEXITSTATUS(how))
                                          : absl::StrCat("signal ", WTERMSIG(how));
  return MakeError("NOTICE_COMMAND_FAILED", {{"file", file}, {"code", code}});
}

}  // namespace guestbridge::server
