// The crash points of the programs of tests/fault. GUESTBRIDGE_CRASH_AT=NAME[:N] ends
// the process at the Nth pass (the first, without N), without a word to anybody.
// GUESTBRIDGE_STOP_AT=NAME[:N] stops it there, as SIGSTOP does, until SIGCONT.
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <string>

#include "absl/strings/numbers.h"
#include "absl/strings/string_view.h"
#include "common/crash_point/crash_point.h"
#include "common/crash_point/names.h"

namespace guestbridge {
namespace {

// As a shell reports kill -9.
constexpr int kKilled = 137;

class Order {
 public:
  explicit Order(const char* variable) {
    const char* given = getenv(variable);
    if (given == nullptr || *given == '\0') return;
    const absl::string_view text(given);
    const size_t colon = text.find(':');
    name_ = std::string(text.substr(0, colon));
    int pass = 1;
    if (colon != absl::string_view::npos &&
        !absl::SimpleAtoi(text.substr(colon + 1), &pass)) {
      pass = 0;
    }
    if (pass < 1 || !IsKnown(name_)) {
      std::fprintf(stderr, "%s: no such crash point: %s\n", variable, given);
      _exit(2);
    }
    left_ = pass;
  }

  bool IsDue(absl::string_view name) { return name == name_ && --left_ == 0; }

 private:
  static bool IsKnown(absl::string_view name) {
    for (const char* known : kSharedCrashPoints) {
      if (name == known) return true;
    }
    for (const char* known : kAgentCrashPoints) {
      if (name == known) return true;
    }
    for (const char* known : kServerCrashPoints) {
      if (name == known) return true;
    }
    return false;
  }

  std::string name_;
  std::atomic<int> left_{0};
};

Order& ToEnd() {
  static Order* const order = new Order("GUESTBRIDGE_CRASH_AT");
  return *order;
}

Order& ToStop() {
  static Order* const order = new Order("GUESTBRIDGE_STOP_AT");
  return *order;
}

// Read before main: a wrong order is told at once.
const Order& end_read_early = ToEnd();
const Order& stop_read_early = ToStop();

}  // namespace

void CrashPoint(const char* name, absl::FunctionRef<void()> last_act) {
  // All threads; the last act is that of one who dies.
  if (ToStop().IsDue(name)) raise(SIGSTOP);
  if (!ToEnd().IsDue(name)) return;
  last_act();
  _exit(kKilled);
}

}  // namespace guestbridge
