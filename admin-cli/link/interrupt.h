#pragma once

#include <condition_variable>
#include <mutex>
#include <set>

#include "grpcpp/client_context.h"

namespace guestbridge::cli {

// Ctrl-C, as calls see it. Thread-safe.
class Interrupt {
 public:
  // Cancels the calls that are under way, and all that start later. True when somebody
  // was waiting in a call, who will end the program in good order.
  bool Trigger();
  bool triggered() const;

  // Waits; true when it was interrupted before `seconds` had passed.
  bool Sleep(double seconds);

  // While it lives, somebody waits otherwise, who looks at triggered() often and will
  // end the program in good order.
  class Wait {
   public:
    explicit Wait(Interrupt& interrupt);
    ~Wait();
    Wait(const Wait&) = delete;
    Wait& operator=(const Wait&) = delete;

   private:
    Interrupt& interrupt_;
  };

  // While it lives, `context` is cancelled by Trigger().
  class Call {
   public:
    Call(Interrupt& interrupt, grpc::ClientContext& context);
    ~Call();
    Call(const Call&) = delete;
    Call& operator=(const Call&) = delete;

   private:
    Interrupt& interrupt_;
    grpc::ClientContext& context_;
  };

 private:
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  bool triggered_ = false;
  int sleepers_ = 0;
  std::set<grpc::ClientContext*> calls_;
};

}  // namespace guestbridge::cli
