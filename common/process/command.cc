#include "common/process/command.h"

#include <fcntl.h>
#include <openssl/crypto.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"

namespace guestbridge {
namespace {

using End = CommandResult::End;

constexpr absl::Duration kLookEvery = absl::Milliseconds(20);
constexpr int kFirstOther = 3;  // Descriptor after the three that everybody has.

// Our end and the command's; none of both when it has no such channel.
struct Channel {
  int ours = -1;
  int its = -1;

  ~Channel() {
    CloseOurs();
    CloseIts();
  }
  void CloseOurs() { Close(&ours); }
  void CloseIts() { Close(&its); }

 private:
  static void Close(int* end) {
    if (*end >= 0) close(*end);
    *end = -1;
  }
};

// A socket, as writing to one raises no signal when nobody reads.
int OpenInput(Channel* input) {
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) return errno;
  input->ours = ends[0];
  input->its = ends[1];
  return 0;
}

// A pipe, as a script may open /dev/stdout, which a socket does not bear.
int OpenOutput(Channel* output) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return errno;
  output->ours = ends[0];
  output->its = ends[1];
  fcntl(output->ours, F_SETFL, O_NONBLOCK);
  return 0;
}

void Connect(posix_spawn_file_actions_t* files, int from, int to, int mode) {
  if (from >= 0) {
    posix_spawn_file_actions_adddup2(files, from, to);
  } else {
    posix_spawn_file_actions_addopen(files, to, "/dev/null", mode, 0);
  }
}

// Starts it in a process group of its own, so that all of it can be killed.
int Spawn(const Command& command, int input, int output, pid_t* child) {
  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  Connect(&files, input, STDIN_FILENO, O_RDONLY);
  Connect(&files, output, STDOUT_FILENO, O_WRONLY);
  if (!command.shows_errors) Connect(&files, -1, STDERR_FILENO, O_WRONLY);
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
  std::string name = command.file;
  char* arguments[] = {name.data(), nullptr};
  const int error = posix_spawn(child, command.file.c_str(), &files, &attributes,
                                arguments, variables.data());
  posix_spawnattr_destroy(&attributes);
  posix_spawn_file_actions_destroy(&files);
  return error;
}

// As much as it takes before `over`; one that does not read does not hold us up.
void Give(int to, absl::string_view text, const std::function<bool()>& over) {
  while (!text.empty() && !over()) {
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

// Until the other end is closed by all who hold it (kDone). `text` has room for
// everything: a buffer that grew would leave a key behind.
End ReadAll(int from, size_t most, const std::function<bool()>& over,
            std::string* text) {
  std::array<char, 4096> buffer;
  End end = End::kTooLong;
  while (!over()) {
    pollfd ready{from, POLLIN, 0};
    poll(&ready, 1, static_cast<int>(absl::ToInt64Milliseconds(kLookEvery)));
    const ssize_t got = read(from, buffer.data(), buffer.size());
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) continue;
    if (got <= 0) {
      end = End::kDone;
      break;
    }
    if (text->size() + static_cast<size_t>(got) > most) {
      end = End::kTooMuch;
      break;
    }
    text->append(buffer.data(), static_cast<size_t>(got));
  }
  OPENSSL_cleanse(buffer.data(), buffer.size());
  return end;
}

CommandResult Unusable(int error) {
  CommandResult result;
  result.end = End::kUnusable;
  result.error = error;
  return result;
}

CommandResult Killed(End end) {
  CommandResult result;
  result.end = end;
  return result;
}

}  // namespace

CommandResult RunCommand(const Command& command, const Clock& clock) {
  Channel input;
  Channel output;
  int error = command.input.empty() ? 0 : OpenInput(&input);
  if (error == 0 && command.most_output > 0) error = OpenOutput(&output);
  pid_t child = 0;
  if (error == 0) error = Spawn(command, input.its, output.its, &child);
  if (error != 0) return Unusable(error);
  input.CloseIts();
  output.CloseIts();
  const absl::Duration end = clock.Steady() + command.limit;
  const std::function<bool()> over = [&] {
    return clock.Steady() >= end || (command.stopped && command.stopped());
  };
  if (!command.input.empty()) Give(input.ours, command.input, over);
  input.CloseOurs();
  std::string text;
  End reading = End::kDone;
  if (command.most_output > 0) {
    text.reserve(command.most_output);
    reading = ReadAll(output.ours, command.most_output, over, &text);
  }
  SecretString printed(std::move(text));
  output.CloseOurs();
  int how = 0;
  while (true) {
    const pid_t ended = waitpid(child, &how, WNOHANG);
    if (ended == child) break;
    if (ended < 0 && errno != EINTR) return Unusable(errno);
    if (reading != End::kDone || over()) {
      kill(-child, SIGKILL);
      waitpid(child, &how, 0);
      return Killed(reading == End::kDone ? End::kTooLong : reading);
    }
    absl::SleepFor(kLookEvery);
  }
  if (reading != End::kDone) {  // A child of its own kept the pipe open.
    kill(-child, SIGKILL);
    return Killed(reading);
  }
  CommandResult result;
  if (WIFEXITED(how) && WEXITSTATUS(how) == 0) {
    result.output = std::move(printed);
    return result;
  }
  result.end = End::kFailed;
  result.code = WIFEXITED(how) ? absl::StrCat(WEXITSTATUS(how))
                               : absl::StrCat("signal ", WTERMSIG(how));
  return result;
}

}  // namespace guestbridge
