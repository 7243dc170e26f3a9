#include "tests/testing/unprivileged_program.h"

#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>

namespace guestbridge::testing {
namespace {

const passwd* Unprivileged() { return geteuid() == 0 ? getpwnam("nobody") : nullptr; }

}  // namespace

void GiveToUnprivileged(const std::string& path) {
  const passwd* const user = Unprivileged();
  if (user != nullptr && chown(path.c_str(), user->pw_uid, user->pw_gid) != 0) {
    std::abort();
  }
}

pid_t SpawnUnprivileged(const std::vector<std::string>& command,
                        const std::string& log) {
  std::vector<char*> arguments;
  for (const std::string& word : command) {
    arguments.push_back(const_cast<char*>(word.c_str()));
  }
  arguments.push_back(nullptr);
  const passwd* const user = Unprivileged();
  // Or the child would write the rest of the test's own words once more.
  std::fflush(nullptr);
  const pid_t child = fork();
  if (child != 0) return child;
  if (freopen(log.c_str(), "a", stdout) == nullptr ||
      freopen(log.c_str(), "a", stderr) == nullptr) {
    _exit(126);
  }
  if (user != nullptr && (setgroups(0, nullptr) != 0 || setgid(user->pw_gid) != 0 ||
                          setuid(user->pw_uid) != 0)) {
    _exit(126);
  }
  if (chdir("/") != 0 || prctl(PR_SET_PDEATHSIG, SIGQUIT) != 0) _exit(126);
  execv(arguments[0], arguments.data());
  _exit(127);
}

void AwaitEnd(pid_t child) {
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
}

}  // namespace guestbridge::testing
