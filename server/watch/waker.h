#pragma once

#include <functional>
#include <mutex>
#include <utility>

namespace guestbridge::server {

// Calls a stream that may be gone: after Drop returned, no call is running and none
// comes. Thread-safe. The function must not call Drop.
class Waker {
 public:
  explicit Waker(std::function<void()> wake) : wake_(std::move(wake)) {}
  void Wake() {
    std::lock_guard lock(mutex_);
    if (wake_) wake_();
  }
  void Drop() {
    std::lock_guard lock(mutex_);
    wake_ = nullptr;
  }

 private:
  std::mutex mutex_;
  std::function<void()> wake_;
};

}  // namespace guestbridge::server
