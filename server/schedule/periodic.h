#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>

#include "absl/time/time.h"

namespace guestbridge::server {

// Calls `work` again and again from a thread of its own, with `pause` between two
// calls. Start and Stop from one thread.
class Periodic {
 public:
  Periodic(absl::Duration pause, std::function<void()> work)
      : pause_(pause), work_(std::move(work)) {}
  ~Periodic() { Stop(); }
  Periodic(const Periodic&) = delete;
  Periodic& operator=(const Periodic&) = delete;

  // The first call comes at once.
  void Start();
  // Waits for a call under way; idempotent.
  void Stop();

 private:
  void Run();

  const absl::Duration pause_;
  const std::function<void()> work_;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace guestbridge::server
