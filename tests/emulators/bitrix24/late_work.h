#ifndef GUESTBRIDGE_TESTS_EMULATORS_BITRIX24_LATE_WORK_H_
#define GUESTBRIDGE_TESTS_EMULATORS_BITRIX24_LATE_WORK_H_

#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>
#include <utility>

namespace guestbridge::testing::bitrix24 {

// Threads whose work may outlive its request. Thread-safe; the destructor waits for
// them.
class LateWork {
 public:
  ~LateWork() { Wait(); }

  // Until all that was started has ended.
  void Wait() {
    std::unique_lock<std::mutex> lock(mutex_);
    idle_.wait(lock, [this] { return running_ == 0; });
  }

  void Start(std::function<void()> work) {
    {
      std::lock_guard<std::mutex> lock(mutex_);
      ++running_;
    }
    std::thread([this, work = std::move(work)] {
      work();
      std::lock_guard<std::mutex> lock(mutex_);
      if (--running_ == 0) idle_.notify_all();
    }).detach();
  }

  // How many have not ended yet.
  int running() const {
    std::lock_guard<std::mutex> lock(mutex_);
    return running_;
  }

 private:
  mutable std::mutex mutex_;
  std::condition_variable idle_;
  int running_ = 0;
};

}  // namespace guestbridge::testing::bitrix24

#endif  // GUESTBRIDGE_TESTS_EMULATORS_BITRIX24_LATE_WORK_H_
