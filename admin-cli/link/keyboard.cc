#include "admin-cli/link/keyboard.h"

#include <poll.h>

namespace guestbridge::cli {

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
  changed_ = tcsetattr(descriptor_, TCSADRAIN, &hidden) == 0;
}

Keyboard::Hidden::~Hidden() {
  if (changed_) tcsetattr(descriptor_, TCSADRAIN, &before_);
}

}  // namespace guestbridge::cli
