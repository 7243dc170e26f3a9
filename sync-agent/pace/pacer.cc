#include "sync-agent/pace/pacer.h"

#include <algorithm>
#include <cmath>
#include <vector>

namespace guestbridge::agent {
namespace {

// Below the capacity by what the portal's counter may lag behind ours: it drops once a
// second, requests bunch on their way, and one more is on the safe side.
constexpr int kBucketMargin = 2;
// Of the capacity, free at the start: what an earlier process sent isn't known.
constexpr double kColdShare = 0.4;
// The portal checks before a call and lets the one that crosses the line finish; only a
// wrong prediction of what is in flight can hit it.
constexpr double kOperatingShare = 0.97;
// Of the limit, what a look at the portal's own count may reach.
constexpr double kLookShare = 0.99;
// Shorter executions are not charged.
constexpr double kFreeSeconds = 0.1;
constexpr absl::Duration kChargeGrain = absl::Seconds(5);
constexpr absl::Duration kOperatingSlack = absl::Seconds(1);
constexpr absl::Duration kBlindWait = absl::Minutes(1);
constexpr int kFirstSize = 10;
constexpr int kMostUnits = 1000;
constexpr int kConcurrency = 2;
constexpr int kAwayAfter = 5;
constexpr double kMeanWeight = 0.3;
constexpr absl::Duration kLongestPause = absl::Seconds(30);
// A box has no limits, yet other users.
constexpr absl::Duration kBoxSpacing = absl::Milliseconds(50);

absl::Duration BackOff(int failures) {
  if (failures > 5) return kLongestPause;
  return std::min(absl::Seconds(1 << (failures - 1)), kLongestPause);
}

}  // namespace

Pacer::Pacer(PaceSettings settings, Random& random)
    : settings_(settings), random_(random) {
  settings_.bucket_drain_per_second = std::max(settings_.bucket_drain_per_second, 0.1);
  settings_.bucket_capacity = std::max(settings_.bucket_capacity, 1);
  settings_.max_commands = std::max(settings_.max_commands, 1);
}

void Pacer::Drain(absl::Duration now) {
  if (!drained_at_.has_value()) {
    bucket_ = settings_.bucket_capacity * (1 - kColdShare);
    drained_at_ = now;
  }
  if (now <= *drained_at_) return;
  bucket_ = std::max(0.0, bucket_ - settings_.bucket_drain_per_second *
                                        absl::ToDoubleSeconds(now - *drained_at_));
  drained_at_ = now;
}

void Pacer::Expire(Method* method, absl::Duration now) const {
  const absl::Duration window = settings_.operating_window + kOperatingSlack;
  while (!method->charges.empty() && method->charges.front().at + window <= now) {
    method->charged -= method->charges.front().seconds;
    method->charges.pop_front();
  }
  if (method->charges.empty()) method->charged = 0;
  if (method->foreign_until <= now) method->foreign = 0;
}

double Pacer::Budget() const {
  return settings_.operating_limit_seconds * kOperatingShare;
}

double Pacer::Predict(const Method& method, int units) const {
  return method.mean_charge * units;
}

absl::Duration Pacer::OperatingStart(const std::string& name, int units,
                                     absl::Duration now) {
  const auto it = methods_.find(name);
  if (it == methods_.end()) return now;
  Method& method = it->second;
  Expire(&method, now);
  if (method.blocked_until > now) return method.blocked_until;
  // More than ever fits. One command alone always does, or nothing would ever be sent.
  if (Predict(method, units) > Budget() && units > 1) return absl::InfiniteDuration();
  const double needed = method.in_flight_seconds + Predict(method, units);
  double used = method.charged + method.foreign;
  if (used + needed <= Budget() || used + method.in_flight_seconds <= 0) return now;

  // The portal drops its oldest minute when that minute's first call is one window old,
  // which is up to a minute before we know it of our own calls. One small request then
  // tells how much is left, and stays below the limit even if nothing was dropped.
  const bool may_look = method.in_flight == 0 &&
                        used + needed <= settings_.operating_limit_seconds * kLookShare;
  if (may_look && method.look_at <= now) return now;

  const absl::Duration window = settings_.operating_window + kOperatingSlack;
  std::vector<Charge> leaving(method.charges.begin(), method.charges.end());
  for (Charge& charge : leaving) charge.at += window;
  leaving.push_back({method.foreign_until, method.foreign});
  std::sort(leaving.begin(), leaving.end(),
            [](const Charge& a, const Charge& b) { return a.at < b.at; });
  // If even that isn't enough, answers are awaited whose cost is only predicted.
  absl::Duration earliest = now + absl::Seconds(1);
  for (const Charge& charge : leaving) {
    used -= charge.seconds;
    earliest = std::max(earliest, charge.at);
    if (used + needed <= Budget()) break;
  }
  return may_look ? std::min(earliest, method.look_at) : earliest;
}

absl::Duration Pacer::EarliestStart(const RequestLoad& load, absl::Duration now,
                                    absl::Time) {
  Drain(now);
  absl::Duration start = std::max(now, pause_until_);
  if (!cloud_) return std::max(start, last_sent_ + kBoxSpacing);

  const double ceiling =
      std::max(1.0, settings_.bucket_capacity -
                        std::ceil(settings_.bucket_drain_per_second) - kBucketMargin);
  const double over = bucket_ + 1 - ceiling;
  if (over > 1e-9) {
    start =
        std::max(start, now + absl::Seconds(over / settings_.bucket_drain_per_second) +
                            absl::Microseconds(1));
  }
  for (const auto& [name, asked] : load) {
    start = std::max(start, OperatingStart(name, asked.units, now));
  }
  return start;
}

void Pacer::Sent(uint64_t request, const RequestLoad& load, absl::Duration now) {
  Drain(now);
  bucket_ += 1;
  last_sent_ = now;
  Request sent;
  sent.load = load;
  sent.sent = now;
  for (const auto& [name, asked] : load) {
    Method& method = methods_[name];
    const double predicted = Predict(method, asked.units);
    sent.predicted[name] = predicted;
    method.in_flight_seconds += predicted;
    sent.learned[name] = method.learned;
    ++method.in_flight;
    method.look_at = absl::InfiniteDuration();
  }
  in_flight_[request] = std::move(sent);
}

void Pacer::Answered(uint64_t request, const PaceObservation& observation,
                     absl::Duration now, absl::Time wall_now) {
  Drain(now);
  const auto it = in_flight_.find(request);
  if (it == in_flight_.end()) return;
  const Request sent = std::move(it->second);
  in_flight_.erase(it);
  int units = 0;
  for (const auto& [name, asked] : sent.load) {
    Method& method = methods_[name];
    method.in_flight_seconds =
        std::max(0.0, method.in_flight_seconds - sent.predicted.at(name));
    if (--method.in_flight == 0) method.in_flight_seconds = 0;
    units += asked.units;
  }
  if (observation.too_fast) {
    // The portal counts more than we do: its bucket is full, and a rejected request may
    // count as well.
    bucket_ = settings_.bucket_capacity;
    if (now >= pause_until_) {
      pause_until_ = now + BackOff(++too_fast_in_row_);
    }
    return;
  }
  too_fast_in_row_ = 0;
  if (observation.transport_failure) {
    Fail(sent, now);
    return;
  }
  failures_in_row_ = 0;
  pause_until_ = std::min(pause_until_, now);

  const bool timed = std::any_of(
      observation.methods.begin(), observation.methods.end(),
      [](const MethodObservation& method) { return method.duration_seconds >= 0; });
  operating_seen_ = operating_seen_ || observation.reports_operating;
  if (operating_seen_) {
    cloud_ = true;
  } else if (timed) {
    cloud_ = false;
  }
  const double fallback = absl::ToDoubleSeconds(observation.took) / std::max(units, 1);
  for (const auto& [name, asked] : sent.load) {
    // What other answers taught while this request was under way may or may not be in
    // the figures of this one.
    const double overlap = methods_[name].learned - sent.learned.at(name);
    LearnTimes(name, observation, fallback, overlap, now, wall_now);
  }
}

void Pacer::LearnTimes(const std::string& name, const PaceObservation& observation,
                       double fallback_seconds, double overlap, absl::Duration now,
                       absl::Time wall_now) {
  Method& method = methods_[name];
  Expire(&method, now);
  int answered = 0;
  double seconds = 0;
  double charge = 0;
  double operating = -1;
  bool blocked = false;
  for (const MethodObservation& one : observation.methods) {
    if (one.method != name) continue;
    blocked = blocked || one.blocked;
    if (one.blocked) continue;
    answered += one.units;
    const double duration =
        one.duration_seconds >= 0 ? one.duration_seconds : fallback_seconds * one.units;
    seconds += duration;
    if (duration > kFreeSeconds) charge += duration;
    operating = std::max(operating, one.operating_seconds);
    if (one.operating_reset_unix > 0) {
      // The wall clock of the portal may differ from ours: no later than one window.
      const absl::Duration left =
          absl::UnixEpoch() + absl::Seconds(one.operating_reset_unix) - wall_now;
      method.reset_at =
          now + std::clamp(left, absl::ZeroDuration(), settings_.operating_window);
      if (method.reset_at > now) method.look_at = method.reset_at + kOperatingSlack;
    }
  }
  if (charge > 0) {
    method.charged += charge;
    method.learned += charge;
    if (!method.charges.empty() && now - method.charges.back().at < kChargeGrain) {
      method.charges.back().at = now;
      method.charges.back().seconds += charge;
    } else {
      method.charges.push_back({now, charge});
    }
  }
  if (operating >= 0) {
    // A smaller figure than ours means that the portal dropped a minute before we did.
    while (!method.charges.empty() && method.charged > operating + overlap + 1e-6) {
      Charge& oldest = method.charges.front();
      const double drop =
          std::min(oldest.seconds, method.charged - operating - overlap);
      oldest.seconds -= drop;
      method.charged -= drop;
      if (oldest.seconds <= 1e-9) method.charges.pop_front();
    }
    method.foreign = std::max(0.0, operating - method.charged);
    method.foreign_until = now + settings_.operating_window + kOperatingSlack;
  }
  if (blocked) {
    method.blocked_until =
        method.reset_at > now ? method.reset_at + kOperatingSlack : now + kBlindWait;
    // What the portal counted is more than we knew, by an unknown amount.
    method.foreign =
        std::max(method.foreign, settings_.operating_limit_seconds - method.charged);
    method.foreign_until = method.blocked_until;
    method.size = 1;
  }
  if (answered > 0) {
    const double mean = seconds / answered;
    const double mean_charge = charge / answered;
    method.mean_seconds += kMeanWeight * (mean - method.mean_seconds);
    method.mean_charge += kMeanWeight * (mean_charge - method.mean_charge);
    if (!blocked) Resize(&method, std::max(mean, method.mean_seconds));
  }
}

void Pacer::Resize(Method* method, double seconds_per_unit) const {
  const double target = absl::ToDoubleSeconds(settings_.target_request_time);
  const double ideal = target / std::max(seconds_per_unit, 1e-3);
  const int current = method->size > 0 ? method->size : kFirstSize;
  const double grown = std::min(ideal, 2.0 * current);
  method->size =
      static_cast<int>(std::clamp(grown, 1.0, static_cast<double>(kMostUnits)));
}

void Pacer::Fail(const Request& request, absl::Duration now) {
  // Requests that were already under way when the pause began say the same once more.
  if (failures_in_row_ == 0 || request.sent >= pause_until_) {
    pause_until_ = now + BackOff(++failures_in_row_);
  }
  for (const auto& [name, asked] : request.load) {
    // It may have been cut off for running too long.
    Method& method = methods_[name];
    method.size = std::max(
        1, std::min(method.size > 0 ? method.size : kFirstSize, asked.units) / 2);
    // Whether it ran isn't known; what it would have cost is taken as spent.
    const double cost = request.predicted.at(name);
    if (cost <= 0) continue;
    method.charges.push_back({now, cost});
    method.charged += cost;
  }
}

RequestSize Pacer::SizeFor(const std::string& name, int most_units_per_command) const {
  const int most = std::max(most_units_per_command, 1);
  int units = kFirstSize;
  const auto it = methods_.find(name);
  if (it != methods_.end()) {
    const Method& method = it->second;
    if (method.size > 0) units = method.size;
    if (cloud_ && method.mean_charge > 0) {
      // The last requests before the operating limit are cut to what still fits, and to
      // what a look at the portal's count may cost.
      const double left = std::max(
          Budget() - method.charged - method.foreign - method.in_flight_seconds,
          settings_.operating_limit_seconds * (kLookShare - kOperatingShare) / 2);
      const double fitting = std::max(1.0, left / method.mean_charge);
      if (fitting < units) units = static_cast<int>(fitting);
    }
  }
  RequestSize size;
  size.units_per_command = std::min(most, units);
  size.commands = std::clamp(units / size.units_per_command, 1, settings_.max_commands);
  return size;
}

int Pacer::Concurrency() const { return away() ? 1 : kConcurrency; }

bool Pacer::away() const { return failures_in_row_ >= kAwayAfter; }

int Pacer::failures_in_row() const { return failures_in_row_; }

}  // namespace guestbridge::agent
