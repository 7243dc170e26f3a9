#include "admin-cli/link/interrupt.h"

#include <chrono>

namespace guestbridge::cli {

bool Interrupt::Trigger() {
  const std::lock_guard lock(mutex_);
  triggered_ = true;
  for (grpc::ClientContext* call : calls_) call->TryCancel();
  changed_.notify_all();
  return !calls_.empty() || sleepers_ > 0;
}

bool Interrupt::triggered() const {
  const std::lock_guard lock(mutex_);
  return triggered_;
}

bool Interrupt::Sleep(double seconds) {
  std::unique_lock lock(mutex_);
  ++sleepers_;
  changed_.wait_for(lock, std::chrono::duration<double>(seconds),
                    [this] { return triggered_; });
  --sleepers_;
  return triggered_;
}

Interrupt::Wait::Wait(Interrupt& interrupt) : interrupt_(interrupt) {
  const std::lock_guard lock(interrupt_.mutex_);
  ++interrupt_.sleepers_;
}

Interrupt::Wait::~Wait() {
  const std::lock_guard lock(interrupt_.mutex_);
  --interrupt_.sleepers_;
}

Interrupt::Call::Call(Interrupt& interrupt, grpc::ClientContext& context)
    : interrupt_(interrupt), context_(context) {
  const std::lock_guard lock(interrupt_.mutex_);
  interrupt_.calls_.insert(&context);
  if (interrupt_.triggered_) context.TryCancel();
}

Interrupt::Call::~Call() {
  const std::lock_guard lock(interrupt_.mutex_);
  interrupt_.calls_.erase(&context_);
}

}  // namespace guestbridge::cli
