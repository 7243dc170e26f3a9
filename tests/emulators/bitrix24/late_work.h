#ifndef GUESTBRIDGE_TESTS_EMULATORS_BITRIX24_LATE_WORK_H_
#define GUESTBRIDGE_TESTS_EMULATORS_BITRIX24_LATE_WORK_H_

#include <functional>
#include <mutex>
#include <thread>
#include <vector>

namespace guestbridge::testing::bitrix24 {

// Threads that finish work after its request has been answered. Thread-safe; the
// destructor waits for them.
class LateWork {
 public:
  ~LateWork() {
    for (std::thread& thread : threads_) thread.join();
  }

  void Start(std::function<void()> work) {
    std::lock_guard<std::mutex> lock(mutex_);
    threads_.emplace_back(std::move(work));
  }

 private:
  std::mutex mutex_;
  std::vector<std::thread> threads_;
};

}  // namespace guestbridge::testing::bitrix24

#endif  // GUESTBRIDGE_TESTS_EMULATORS_BITRIX24_LATE_WORK_H_
