#include "sync-agent/pace/pacer.h"

#include <algorithm>
#include <utility>
#include <vector>

namespace guestbridge::agent {
namespace {

constexpr absl::Duration kLongestPause = absl::Seconds(30);
// A box has no limits, yet other users.
constexpr absl::Duration kBoxSpacing = absl::Milliseconds(50);
// Of the bucket: what a process may have sent after its last word, which it gives every
// second.
constexpr double kUnsaid = 0.4;
// Against the best of late: the portal suffers from what it carries.
constexpr double kSlow = 1.6;

PaceSettings Sane(PaceSettings settings) {
  settings.max_commands = std::max(settings.max_commands, 1);
  settings.max_concurrency = std::max(settings.max_concurrency, 1);
  return settings;
}

}  // namespace

Pacer::Pacer(PaceSettings settings, Random& random,
             std::shared_ptr<RequestBucket> bucket)
    : settings_(Sane(settings)),
      random_(random),
      bucket_(bucket != nullptr
                  ? std::move(bucket)
                  : std::make_shared<RequestBucket>(settings_.bucket_drain_per_second,
                                                    settings_.bucket_capacity)),
      breaker_(random),
      concurrency_(settings_.max_concurrency) {}

void Pacer::SetRate(double drain_per_second, int capacity) {
  settings_.bucket_drain_per_second = drain_per_second;
  settings_.bucket_capacity = capacity;
  bucket_->SetRate(drain_per_second, capacity);
}

Pacer::Method& Pacer::MethodNamed(const std::string& name) {
  const auto [it, fresh] = methods_.try_emplace(
      name, Method{OperatingBudget(settings_.operating_limit_seconds,
                                   settings_.operating_window),
                   RequestSizer(settings_.target_request_time)});
  if (fresh && suspect_) it->second.budget.Suspect();
  return it->second;
}

void Pacer::Restore(const PaceMemory& memory, absl::Duration now, absl::Time wall_now) {
  remembered_each_ = memory.each;
  // A wall clock that was put back must not make us wait longer than a window.
  const absl::Duration age = std::max(wall_now - memory.at, absl::ZeroDuration());
  if (age >= settings_.operating_window) return;
  bucket_->Recall(memory.bucket, now - age, 0, now);
  for (const auto& [name, seconds] : memory.operating) {
    MethodNamed(name).budget.Recall(seconds, now - age + settings_.operating_window);
  }
  for (const auto& [name, seconds] : memory.blocked) {
    MethodNamed(name).budget.Block(now - age + absl::Seconds(seconds));
  }
}

void Pacer::Suspect(const PaceMemory& last, absl::Duration now, absl::Time wall_now) {
  suspect_ = true;
  Restore(last, now, wall_now);
  const absl::Duration age = std::max(wall_now - last.at, absl::ZeroDuration());
  bucket_->Recall(last.bucket, now - age, kUnsaid, now);
}

PaceMemory Pacer::Memory(absl::Duration now, absl::Time wall_now) {
  PaceMemory memory{wall_now, bucket_->LevelAt(now), {}, remembered_each_};
  for (auto& [name, method] : methods_) {
    const double known = method.budget.Known(now);
    if (known > 0) memory.operating[name] = known;
    const absl::Duration blocked = method.budget.blocked_until() - now;
    if (blocked > absl::ZeroDuration()) {
      memory.blocked[name] = absl::ToDoubleSeconds(blocked);
    }
    if (method.sizer.time().known()) memory.each[name] = method.sizer.time().mean();
  }
  return memory;
}

int Pacer::Stale() const {
  return static_cast<int>(std::count_if(
      in_flight_.begin(), in_flight_.end(),
      [&](const auto& request) { return request.second.sent < breaker_.failed_at(); }));
}

absl::Duration Pacer::EarliestStart(const RequestLoad& load, absl::Duration now,
                                    absl::Time) {
  now_ = now;
  absl::Duration start = std::max({now, too_fast_.until, breaker_.pause_until()});
  if (away() && static_cast<int>(in_flight_.size()) > Stale()) {
    start = std::max(start, now + absl::Seconds(1));  // One probe at a time.
  }
  if (!cloud_) start = std::max(start, last_sent_ + kBoxSpacing);
  if (cloud_ || bucket_seen_) start = std::max(start, bucket_->EarliestStart(now));
  for (const auto& [name, asked] : load) {
    Method& method = MethodNamed(name);
    start = std::max(start, method.put_off.until);
    if (cloud_) start = std::max(start, method.budget.EarliestStart(asked, now));
  }
  return start;
}

void Pacer::Sent(uint64_t request, const RequestLoad& load, absl::Duration now) {
  now_ = now;
  // A box counts nothing, and what it is sent must not keep others waiting.
  if (cloud_ || bucket_seen_) bucket_->Sent(now);
  last_sent_ = now;
  for (const auto& [name, asked] : load) {
    MethodNamed(name).budget.Sent(request, asked, now);
  }
  in_flight_[request] = {load, now};
}

void Pacer::Forget(uint64_t request) {
  const auto it = in_flight_.find(request);
  if (it == in_flight_.end()) return;
  for (const auto& [name, asked] : it->second.load) {
    MethodNamed(name).budget.NotExecuted(request);
  }
  in_flight_.erase(it);
}

void Pacer::Answered(uint64_t id, const PaceObservation& observation,
                     absl::Duration now, absl::Time wall_now) {
  now_ = now;
  const auto it = in_flight_.find(id);
  if (it == in_flight_.end()) return;
  const Request request = std::move(it->second);
  in_flight_.erase(it);
  if (observation.transport_failure) {
    for (const auto& [name, asked] : request.load) {
      Method& method = MethodNamed(name);
      method.budget.Lost(id, now);
      if (!asked.rides_along) method.sizer.Lost(asked.units);
    }
    if (breaker_.Failed(request.sent, now)) concurrency_.Failed();
    return;
  }
  breaker_.Answered();
  if (observation.too_fast) {
    for (const auto& [name, asked] : request.load) {
      MethodNamed(name).budget.NotExecuted(id);
    }
    bucket_seen_ = true;
    bucket_->Refused(static_cast<int>(in_flight_.size()), now);
    Lengthen(&too_fast_, now);
    return;
  }
  too_fast_ = {};
  for (const auto& [name, asked] : request.load) {
    Pause& pause = MethodNamed(name).put_off;
    if (observation.put_off.count(name) > 0) {
      Lengthen(&pause, now);
    } else {
      pause = {};
    }
  }
  Learn(id, request, observation, now, wall_now);
}

void Pacer::Lengthen(Pause* pause, absl::Duration now) {
  if (now < pause->until) return;
  const int doubled = std::min(pause->in_row++, 5);
  pause->until =
      now +
      Jittered(std::min(absl::Seconds(2) * (1 << doubled), kLongestPause), random_);
}

void Pacer::Learn(uint64_t id, const Request& request,
                  const PaceObservation& observation, absl::Duration now,
                  absl::Time wall_now) {
  const bool timed = std::any_of(
      observation.methods.begin(), observation.methods.end(),
      [](const MethodObservation& method) { return method.duration_seconds >= 0; });
  operating_seen_ = operating_seen_ || observation.reports_operating;
  if (operating_seen_) {
    cloud_ = true;
  } else if (timed) {
    cloud_ = false;
  }

  int units = 0;
  for (const auto& [name, asked] : request.load) units += asked.units;
  const double each = absl::ToDoubleSeconds(observation.took) / std::max(units, 1);
  // Commands run one after the other: what came later in the request ended later.
  std::map<std::string, std::vector<OperatingBudget::Charge>> charges;
  absl::Duration ended = now;
  for (auto seen = observation.methods.rbegin(); seen != observation.methods.rend();
       ++seen) {
    const double seconds =
        seen->duration_seconds >= 0 ? seen->duration_seconds : each * seen->units;
    charges[seen->method].push_back({*seen, seconds, ended});
    if (seen->duration_seconds >= 0 && !seen->blocked) {
      ended = std::max(ended - absl::Seconds(seconds), request.sent);
    }
  }
  absl::Duration took = observation.took;
  for (const auto& [name, asked] : request.load) {
    if (!asked.rides_along) continue;
    for (const auto& charge : charges[name]) took -= absl::Seconds(charge.seconds);
  }
  bool slow = false;
  for (const auto& [name, asked] : request.load) {
    Method& method = MethodNamed(name);
    std::vector<OperatingBudget::Charge>& mine = charges[name];
    if (mine.empty()) {
      method.budget.NotExecuted(id);
      continue;
    }
    std::reverse(mine.begin(), mine.end());
    std::vector<UnitTime::Sample> samples;
    for (const OperatingBudget::Charge& charge : mine) {
      if (!charge.seen.blocked) {
        samples.push_back({std::max(charge.seen.units, 1), charge.seconds});
      }
    }
    method.budget.Answered(id, mine, now, wall_now);
    if (asked.rides_along) continue;
    if (samples.size() < mine.size()) {
      method.sizer.StartOver();
      slow = true;
      continue;
    }
    method.sizer.Answered(samples, took);
    const UnitTime& time = method.sizer.time();
    slow = slow || time.mean() > kSlow * time.best();
  }
  concurrency_.Answered(static_cast<int>(in_flight_.size()) + 1, slow);
}

RequestSize Pacer::SizeFor(const std::string& name, int most_units_per_command) const {
  const int most = std::max(most_units_per_command, 1);
  const auto it = methods_.find(name);
  int units = RequestSizer::kFirstUnits;
  if (it != methods_.end()) units = it->second.sizer.units();
  units = std::min(units, settings_.max_commands * most);
  if (breaker_.away()) {
    units = 1;
  } else if (cloud_ && it != methods_.end()) {
    units = it->second.budget.Fitting(units, now_);
  } else if (cloud_ && suspect_) {
    units = 1;
  }
  RequestSize size;
  size.commands = std::clamp((units + most - 1) / most, 1, settings_.max_commands);
  size.units_per_command = std::clamp(units / size.commands, 1, most);
  return size;
}

WorkForecast Pacer::Forecast(std::vector<MethodWork> work, absl::Duration now) const {
  for (MethodWork& one : work) {
    one.charged = cloud_;
    // An earlier process's word will do for a forecast; requests begin small again.
    const auto remembered = remembered_each_.find(one.method);
    if (remembered != remembered_each_.end()) {
      one.seconds_a_contact = remembered->second;
    }
    const auto known = methods_.find(one.method);
    if (known == methods_.end()) continue;
    Method& method = known->second;
    one.operating_used = method.budget.Used(now);
    one.first_request = method.sizer.units();
    if (method.sizer.time().known()) {
      one.seconds_a_contact = method.sizer.time().mean();
    }
  }
  return ForecastWork(work, bucket_ == nullptr ? 0 : bucket_->FreeAt(now), settings_);
}

int Pacer::Concurrency() const {
  // What hangs since before the portal went away must not hold up the probe.
  return breaker_.away() ? Stale() + 1 : concurrency_.allowed();
}

}  // namespace guestbridge::agent
