#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>

#include "grpcpp/support/server_callback.h"
#include "grpcpp/support/status.h"
#include "server/watch/waker.h"

namespace guestbridge::server {

// One server stream. Its source is asked for the next step whenever a write has ended
// or somebody wakes it, so nothing queues here. gRPC's rules kept: one write at a time,
// Finish once and never with a write under way, deleted in OnDone only.
template <typename Message>
class StreamReactor final : public grpc::ServerWriteReactor<Message> {
 public:
  struct Step {
    std::optional<Message> message;   // To be sent; or
    std::optional<grpc::Status> end;  // the end; or neither: wait to be woken.
  };
  // Called by one thread at a time. Must not block for long.
  using Source = std::function<Step()>;

  // `closed` is called once, after the last call of `source`, when the stream is gone.
  // Call Begin afterwards.
  StreamReactor() : waker_(std::make_shared<Waker>([this] { Pump(); })) {}

  // Who wakes the stream when its source may have something new.
  const std::shared_ptr<Waker>& waker() const { return waker_; }

  void Begin(Source source, std::function<void()> closed) {
    {
      std::lock_guard lock(mutex_);
      source_ = std::move(source);
      closed_ = std::move(closed);
    }
    Pump();
  }

  // A stream that is refused.
  void Refuse(const grpc::Status& status) {
    {
      std::lock_guard lock(mutex_);
      finished_ = true;
    }
    this->Finish(status);
  }

 private:
  void Pump() {
    std::optional<grpc::Status> end;
    {
      std::unique_lock lock(mutex_);
      if (!source_ || finished_ || writing_) return;
      if (cancelled_) {
        end = grpc::Status(grpc::StatusCode::CANCELLED, "the caller has gone");
      } else {
        Step step = source_();
        if (step.message.has_value()) {
          message_ = *std::move(step.message);
          writing_ = true;
        } else if (step.end.has_value()) {
          end = *std::move(step.end);
        } else {
          return;
        }
      }
      if (end.has_value()) finished_ = true;
    }
    if (end.has_value()) {
      this->Finish(*end);
    } else {
      this->StartWrite(&message_);
    }
  }

  void OnWriteDone(bool ok) override {
    {
      std::lock_guard lock(mutex_);
      writing_ = false;
      if (!ok) cancelled_ = true;
    }
    Pump();
  }

  void OnCancel() override {
    {
      std::lock_guard lock(mutex_);
      cancelled_ = true;
    }
    Pump();
  }

  void OnDone() override {
    waker_->Drop();
    if (closed_) closed_();
    delete this;
  }

  const std::shared_ptr<Waker> waker_;
  std::mutex mutex_;
  Source source_;
  std::function<void()> closed_;
  Message message_;
  bool writing_ = false;
  bool cancelled_ = false;
  bool finished_ = false;
};

}  // namespace guestbridge::server
