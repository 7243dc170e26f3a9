#include "server/schedule/periodic.h"

namespace guestbridge::server {

void Periodic::Start() {
  thread_ = std::thread([this] { Run(); });
}

void Periodic::Stop() {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  if (thread_.joinable()) thread_.join();
}

void Periodic::Run() {
  while (true) {
    work_();
    std::unique_lock<std::mutex> lock(mutex_);
    if (wake_.wait_for(lock, absl::ToChronoMilliseconds(pause_),
                       [this] { return stopping_; })) {
      return;
    }
  }
}

}  // namespace guestbridge::server
