#include "sync-agent/pace/concurrency.h"

#include <algorithm>

namespace guestbridge::agent {

Concurrency::Concurrency(int most)
    : most_(std::max(most, 1)), allowed_(std::min(2, most_)), ceiling_(most_) {}

void Concurrency::Answered(int in_flight, bool slow) {
  if (deaf_ > 0) {
    --deaf_;
    return;
  }
  if (slow) {
    Halve();
    deaf_ = 2 * in_flight;
    return;
  }
  if (in_flight < allowed_) return;
  if (++heard_ < allowed_) return;
  heard_ = 0;
  allowed_ = allowed_ < ceiling_ ? std::min(2 * allowed_, ceiling_) : allowed_ + 1;
  allowed_ = std::min(allowed_, most_);
}

void Concurrency::Failed() {
  Halve();
  deaf_ = 0;
}

void Concurrency::Halve() {
  ceiling_ = std::max(1, allowed_ / 2);
  allowed_ = ceiling_;
  heard_ = 0;
}

}  // namespace guestbridge::agent
