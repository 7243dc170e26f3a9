#include <pthread.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <iostream>
#include <string>
#include <thread>
#include <vector>

#include "admin-cli/cli.h"
#include "admin-cli/link/keyboard.h"
#include "common/secret/core_dumps.h"
#include "common/time/clock.h"

namespace {

constexpr int kInterrupted = 130;

int TerminalWidth() {
  for (const int descriptor : {STDOUT_FILENO, STDERR_FILENO}) {
    winsize size{};
    if (ioctl(descriptor, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) {
      return size.ws_col;
    }
  }
  return 80;
}

// Hears Ctrl-C on a thread of its own, where calls may be cancelled; SIGUSR1 ends it.
class InterruptListener {
 public:
  explicit InterruptListener(guestbridge::cli::Interrupt& interrupt) {
    sigemptyset(&signals_);
    sigaddset(&signals_, SIGINT);
    sigaddset(&signals_, SIGUSR1);
    // Before any thread is made: they all inherit the mask.
    pthread_sigmask(SIG_BLOCK, &signals_, nullptr);
    thread_ = std::thread([this, &interrupt] {
      int signal = 0;
      while (sigwait(&signals_, &signal) == 0 && signal == SIGINT) {
        const bool again = interrupt.triggered();
        if (interrupt.Trigger() && !again) continue;
        guestbridge::cli::Keyboard::ShowAgain();
        _exit(kInterrupted);
      }
    });
  }
  ~InterruptListener() {
    pthread_kill(thread_.native_handle(), SIGUSR1);
    thread_.join();
  }
  InterruptListener(const InterruptListener&) = delete;
  InterruptListener& operator=(const InterruptListener&) = delete;

 private:
  sigset_t signals_{};
  std::thread thread_;
};

}  // namespace

int main(int argc, char** argv) {
  guestbridge::ForbidCoreDumps();
  // gRPC's own log would stand between the four facts of an error. Who wants it sets
  // it.
  setenv("GRPC_VERBOSITY", "NONE", /*overwrite=*/0);
  guestbridge::cli::Interrupt interrupt;
  const InterruptListener listener(interrupt);
  const guestbridge::cli::Keyboard keyboard(STDIN_FILENO);
  guestbridge::cli::Environment environment = {
      .in = std::cin,
      .out = std::cout,
      .err = std::cerr,
      .variable =
          [](absl::string_view name) {
            const char* value = std::getenv(std::string(name).c_str());
            return std::string(value == nullptr ? "" : value);
          },
      .out_is_terminal = isatty(STDOUT_FILENO) == 1,
      .err_is_terminal = isatty(STDERR_FILENO) == 1,
      .terminal_width = TerminalWidth(),
      .zone = absl::LocalTimeZone(),
      .clock = guestbridge::SystemClock(),
      .interrupt = interrupt,
      .keyboard = isatty(STDIN_FILENO) == 1 ? &keyboard : nullptr,
  };
  return guestbridge::cli::RunCli(std::vector<std::string>(argv + 1, argv + argc),
                                  GUESTBRIDGE_VERSION, environment);
}
