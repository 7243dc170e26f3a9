#pragma once

#include <deque>
#include <map>
#include <string>

#include "absl/time/time.h"
#include "sync-agent/pace/pacer.h"

namespace guestbridge::simulation {

// Both limits, counted as the portal does: a bucket of requests that is emptied once a
// second, and execution seconds per method in minutes of a sliding window.
class PortalLimits {
 public:
  PortalLimits(const agent::PaceSettings& settings, bool box)
      : settings_(settings), box_(box) {}

  // False: 503. A refused request counts as well.
  bool Admit(absl::Duration now) {
    if (box_) return true;
    const int64_t second = absl::ToInt64Seconds(now);
    if (second > second_) {
      bucket_ -=
          settings_.bucket_drain_per_second * static_cast<double>(second - second_);
      bucket_ = std::max(bucket_, 0.0);
      second_ = second;
    }
    bucket_ += 1;
    if (bucket_ <= settings_.bucket_capacity) return true;
    ++too_fast;
    return false;
  }
  bool Allows(const std::string& method, absl::Duration now) {
    if (box_) return true;
    Expire(method, now);
    if (Sum(method) <= settings_.operating_limit_seconds) return true;
    ++over_operating;
    return false;
  }
  void Charge(const std::string& method, double seconds, absl::Duration now) {
    if (box_ || seconds <= 0.1) return;
    std::deque<Minute>& minutes = minutes_[method];
    if (minutes.empty() || now - minutes.back().begun >= absl::Minutes(1)) {
      minutes.push_back({now, 0});
    }
    minutes.back().seconds += seconds;
  }
  double Sum(const std::string& method) {
    double sum = 0;
    for (const Minute& minute : minutes_[method]) sum += minute.seconds;
    return sum;
  }
  // When the oldest minute falls out.
  absl::Duration ResetAt(const std::string& method, absl::Duration now) {
    Expire(method, now);
    const std::deque<Minute>& minutes = minutes_[method];
    return (minutes.empty() ? now : minutes.front().begun) + settings_.operating_window;
  }

  // Requests and commands that hit a limit.
  int too_fast = 0;
  int over_operating = 0;

 private:
  struct Minute {
    absl::Duration begun;
    double seconds;
  };
  void Expire(const std::string& method, absl::Duration now) {
    std::deque<Minute>& minutes = minutes_[method];
    while (!minutes.empty() &&
           minutes.front().begun + settings_.operating_window <= now) {
      minutes.pop_front();
    }
  }

  agent::PaceSettings settings_;
  bool box_;
  double bucket_ = 0;
  int64_t second_ = 0;
  std::map<std::string, std::deque<Minute>> minutes_;
};

}  // namespace guestbridge::simulation
