#pragma once

#include "absl/functional/function_ref.h"

// Named steps at which tests end a process as kill -9 would.
namespace guestbridge {

// Stands at a step between two durable facts; `name` is one of names.h and stands in
// the code once. Production programs link crash_point.cc, which does nothing; the
// programs of tests/fault link another one that ends the process at the pass they were
// told, and calls `last_act` right before. Thread-safe.
void CrashPoint(
    const char* name, absl::FunctionRef<void()> last_act = [] {});

}  // namespace guestbridge
