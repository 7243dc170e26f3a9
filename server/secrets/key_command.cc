#include "server/secrets/key_command.h"

#include <fcntl.h>
#include <openssl/crypto.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/status/error.h"

namespace guestbridge::server {
namespace {

constexpr size_t kMostBytes = 64 << 10;
constexpr absl::Duration kLookEvery = absl::Milliseconds(20);
constexpr int kFirstOther = 3;  // Descriptor after the three that everybody has.

absl::Status Unusable(const std::string& file, int error) {
  return MakeError("KEY_COMMAND_UNUSABLE",
                   {{"file", file}, {"detail", std::strerror(error)}});
}

absl::Status Failed(const std::string& file, const std::string& code) {
  return MakeError("KEY_COMMAND_FAILED", {{"file", file}, {"code", code}});
}

// Starts it in a process group of its own, so that all of it can be killed.
int Spawn(const std::string& file, int output, pid_t* child) {
  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&files, output, STDOUT_FILENO);
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
  std::vector<std::string> environment;
  for (const char* name : {"PATH", "HOME", "LANG"}) {
    const char* value = std::getenv(name);
    if (value != nullptr) environment.push_back(absl::StrCat(name, "=", value));
  }
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

enum class Reading { kEnded, kTooMuch, kTooLong };

// Until the other end is closed by all who hold it. `text` has room for everything:
// a buffer that grew would leave a key behind.
Reading ReadAll(int from, const Clock& clock, absl::Duration end, std::string* text) {
  std::array<char, 4096> buffer;
  Reading how = Reading::kTooLong;
  while (clock.Steady() < end) {
    pollfd ready{from, POLLIN, 0};
    poll(&ready, 1, static_cast<int>(absl::ToInt64Milliseconds(kLookEvery)));
    const ssize_t got = read(from, buffer.data(), buffer.size());
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) continue;
    if (got <= 0) {
      how = Reading::kEnded;
      break;
    }
    if (text->size() + static_cast<size_t>(got) > kMostBytes) {
      how = Reading::kTooMuch;
      break;
    }
    text->append(buffer.data(), static_cast<size_t>(got));
  }
  OPENSSL_cleanse(buffer.data(), buffer.size());
  return how;
}

}  // namespace

absl::StatusOr<SecretString> RunKeyCommand(const std::string& file,
                                           absl::Duration limit, const Clock& clock) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return Unusable(file, errno);
  fcntl(ends[0], F_SETFL, O_NONBLOCK);
  pid_t child = 0;
  const int error = Spawn(file, ends[1], &child);
  close(ends[1]);
  if (error != 0) {
    close(ends[0]);
    return Unusable(file, error);
  }
  const absl::Duration end = clock.Steady() + limit;
  std::string text;
  text.reserve(kMostBytes);
  const Reading reading = ReadAll(ends[0], clock, end, &text);
  SecretString printed(std::move(text));
  close(ends[0]);
  int how = 0;
  while (true) {
    const pid_t ended = waitpid(child, &how, WNOHANG);
    if (ended == child) break;
    if (ended < 0 && errno != EINTR) return Unusable(file, errno);
    if (clock.Steady() >= end || reading != Reading::kEnded) {
      kill(-child, SIGKILL);
      waitpid(child, &how, 0);
      if (reading == Reading::kTooMuch) return Failed(file, "64 KiB");
      return MakeError("KEY_COMMAND_SLOW",
                       {{"file", file}, {"limit", absl::FormatDuration(limit)}});
    }
    absl::SleepFor(kLookEvery);
  }
  // A child of its own that kept the pipe open.
  if (reading != Reading::kEnded) kill(-child, SIGKILL);
  if (reading == Reading::kTooMuch) return Failed(file, "64 KiB");
  if (reading == Reading::kTooLong) {
    return MakeError("KEY_COMMAND_SLOW",
                     {{"file", file}, {"limit", absl::FormatDuration(limit)}});
  }
  if (WIFEXITED(how) && WEXITSTATUS(how) == 0) return printed;
  return Failed(file, WIFEXITED(how) ? absl::StrCat(WEXITSTATUS(how))
                                     : absl::StrCat("signal ", WTERMSIG(how)));
}

}  // namespace guestbridge::server
