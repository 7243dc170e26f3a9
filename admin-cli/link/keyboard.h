#pragma once

#include <termios.h>

#include "admin-cli/link/interrupt.h"

namespace guestbridge::cli {

// The terminal from which answers are read. One thread at a time.
class Keyboard {
 public:
  explicit Keyboard(int descriptor) : descriptor_(descriptor) {}

  // Waits until a line (or the end of input) can be read. False: interrupted before.
  bool WaitForLine(Interrupt& interrupt) const;

  // For who ends the program without its destructors: what is typed is shown again.
  // Thread-safe.
  static void ShowAgain();

  // While it lives, what is typed is not shown. One at a time.
  class Hidden {
   public:
    explicit Hidden(const Keyboard& keyboard);
    ~Hidden();
    Hidden(const Hidden&) = delete;
    Hidden& operator=(const Hidden&) = delete;

   private:
    friend class Keyboard;
    const int descriptor_;
    termios before_{};
    bool changed_ = false;
  };

 private:
  const int descriptor_;
};

}  // namespace guestbridge::cli
