#include "server/watch/session.h"

#include <algorithm>
#include <utility>

#include "common/status/error.h"

namespace guestbridge::server {

namespace v1 = guestbridge::v1;

namespace {

// Waits still and says nothing any more once `newer` was said.
bool IsOvertaken(const v1::WatchResponse& waiting, const v1::WatchResponse& newer) {
  if (newer.has_configuration()) {
    return waiting.still_rejected().integration() ==
           newer.configuration().integration();
  }
  // Given again and cancelled again.
  if (newer.has_cancel_run()) return waiting.cancel_run() == newer.cancel_run();
  if (!newer.has_removed()) return false;
  const std::string& gone = newer.removed().integration();
  return waiting.configuration().integration() == gone ||
         waiting.still_rejected().integration() == gone ||
         waiting.removed().integration() == gone ||
         (waiting.task().has_run() && waiting.task().integration() == gone);
}

}  // namespace

void Session::Push(v1::WatchResponse message) {
  std::shared_ptr<Waker> waker;
  {
    std::lock_guard lock(mutex_);
    if (end_.has_value()) return;
    std::erase_if(outbox_, [&](const v1::WatchResponse& waiting) {
      return IsOvertaken(waiting, message);
    });
    bool replaced = false;
    if (message.has_configuration()) {
      for (v1::WatchResponse& waiting : outbox_) {
        if (waiting.has_configuration() && waiting.configuration().integration() ==
                                               message.configuration().integration()) {
          waiting = message;
          replaced = true;
        }
      }
    }
    if (!replaced) outbox_.push_back(std::move(message));
    waker = waker_;
  }
  if (waker != nullptr) waker->Wake();
}

Session::Step Session::Next(int stream) {
  std::lock_guard lock(mutex_);
  Step step;
  if (stream != streams_) {
    step.end = MakeError("SESSION_REPLACED", {{"agent", identity_.agent}});
    return step;
  }
  if (end_.has_value()) {
    step.end = *end_;
  } else if (!outbox_.empty()) {
    step.message = std::move(outbox_.front());
    outbox_.pop_front();
  }
  return step;
}

int Session::Attach(std::shared_ptr<Waker> waker, Origin origin) {
  std::shared_ptr<Waker> earlier;
  int number = 0;
  {
    std::lock_guard lock(mutex_);
    earlier = std::exchange(waker_, std::move(waker));
    origin_ = std::move(origin);
    outbox_.clear();
    number = ++streams_;
  }
  if (earlier != nullptr) earlier->Wake();
  return number;
}

Session::Origin Session::origin() const {
  std::lock_guard lock(mutex_);
  return origin_;
}

bool Session::Detach(int number) {
  std::lock_guard lock(mutex_);
  if (number != streams_ || waker_ == nullptr) return false;
  waker_.reset();
  return true;
}

bool Session::attached() const {
  std::lock_guard lock(mutex_);
  return waker_ != nullptr && !end_.has_value();
}

void Session::Close(const absl::Status& status) {
  std::shared_ptr<Waker> waker;
  {
    std::lock_guard lock(mutex_);
    if (end_.has_value()) return;
    end_ = status;
    outbox_.clear();
    waker = waker_;
  }
  if (waker != nullptr) waker->Wake();
}

bool Session::closed() const {
  std::lock_guard lock(mutex_);
  return end_.has_value();
}

bool Session::IsNewReport(const std::string& run, int64_t sequence) const {
  std::lock_guard lock(mutex_);
  const auto it = report_sequences_.find(run);
  return it == report_sequences_.end() || sequence > it->second;
}

void Session::TakeReport(const std::string& run, int64_t sequence) {
  std::lock_guard lock(mutex_);
  int64_t& last = report_sequences_[run];
  last = std::max(last, sequence);
}

}  // namespace guestbridge::server
