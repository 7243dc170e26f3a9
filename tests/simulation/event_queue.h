#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <utility>
#include <vector>

#include "absl/time/time.h"

namespace guestbridge::simulation {

// What happens next, by time, and in the order of asking among equals. The only clock
// of a simulated world.
class EventQueue {
 public:
  absl::Duration now() const { return now_; }
  uint64_t dispatched() const { return dispatched_; }

  void At(absl::Duration when, std::function<void()> what) {
    heap_.push_back({std::max(when, now_), next_++, std::move(what)});
    std::push_heap(heap_.begin(), heap_.end(), Later);
  }
  void In(absl::Duration delay, std::function<void()> what) {
    At(now_ + delay, std::move(what));
  }
  // Carries out everything up to `end`, or until `stop` says so.
  void RunUntil(absl::Duration end, const std::function<bool()>& stop) {
    while (!heap_.empty() && heap_.front().when <= end && !stop()) {
      std::pop_heap(heap_.begin(), heap_.end(), Later);
      Event event = std::move(heap_.back());
      heap_.pop_back();
      now_ = event.when;
      ++dispatched_;
      event.what();
    }
    if (!stop()) now_ = std::max(now_, end);
  }

 private:
  struct Event {
    absl::Duration when;
    uint64_t number;
    std::function<void()> what;
  };
  static bool Later(const Event& a, const Event& b) {
    return a.when != b.when ? a.when > b.when : a.number > b.number;
  }

  std::vector<Event> heap_;
  absl::Duration now_;
  uint64_t next_ = 0;
  uint64_t dispatched_ = 0;
};

}  // namespace guestbridge::simulation
