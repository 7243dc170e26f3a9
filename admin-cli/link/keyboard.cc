#include "admin-cli/link/keyboard.h"

#include <poll.h>

#include <mutex>

namespace guestbridge::cli {
namespace {

std::mutex hidden_mutex;
const Keyboard::Hidden* hidden_now = nullptr;

}  // namespace

void Keyboard::ShowAgain() {
  const std::lock_guard<std::mutex> lock(hidden_mutex);
  if (hidden_now == nullptr) return;
  tcsetattr(hidden_now->descriptor_, TCSADRAIN, &hidden_now->before_);
}

bool Keyboard::WaitForLine(Interrupt& interrupt) const {
  constexpr int kLookForInterruptMs = 100;
  const Interrupt::Wait wait(interrupt);
  while (!interrupt.triggered()) {
    pollfd input = {descriptor_, POLLIN, 0};
    // Whatever else poll() says, reading will say it better.
    if (poll(&input, 1, kLookForInterruptMs) != 0) return !interrupt.triggered();
  }
  return false;
}

Keyboard::Hidden::Hidden(const Keyboard& keyboard) : descriptor_(keyboard.descriptor_) {
  if (tcgetattr(descriptor_, &before_) != 0) return;
  termios hidden = before_;
  hidden.c_lflag &= ~static_cast<tcflag_t>(ECHO);
  hidden.c_lflag |= static_cast<tcflag_t>(ECHONL);
  const std::lock_guard<std::mutex> lock(hidden_mutex);
  changed_ = tcsetattr(descriptor_, TCSADRAIN, &hidden) == 0;
  if (changed_) hidden_now = this;
}

Keyboard::Hidden::~Hidden() {
  if (!changed_) return;
  const std::lock_guard<std::mutex> lock(hidden_mutex);
  tcsetattr(descriptor_, TCSADRAIN, &before_);
  hidden_now = nullptr;
}

}  // namespace guestbridge::cli
