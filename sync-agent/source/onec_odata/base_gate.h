#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>

#include "absl/strings/string_view.h"

namespace guestbridge::agent {

// How much one base is asked at once by this program, whatever number of integrations
// (a chain's hotels, two portals) it has: two requests, for reception comes first.
// Thread-safe.
class BaseGate {
 public:
  // The gate of the base at `address`, without regard to case: all who name it share it
  // while one of them holds it.
  static std::shared_ptr<BaseGate> At(absl::string_view address);

  // A request that is under way; waits for room.
  class Pass {
   public:
    explicit Pass(BaseGate& gate);
    ~Pass();
    Pass(const Pass&) = delete;
    Pass& operator=(const Pass&) = delete;

   private:
    BaseGate& gate_;
  };

 private:
  std::mutex mutex_;
  std::condition_variable left_;
  int inside_ = 0;  // guarded by mutex_
};

}  // namespace guestbridge::agent
