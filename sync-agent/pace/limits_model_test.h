#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <queue>
#include <string>
#include <utility>
#include <vector>

#include "sync-agent/pace/pacer.h"
#include "tests/testing/seeded_random.h"

// A portal with both limits exactly as its vendor describes them, and a sender that
// does what the pacer says, on virtual time.
namespace guestbridge::agent::testing {

struct ModelSettings {
  double drain = 2;
  int capacity = 50;
  double limit = 480;
  double drop_phase = 0;       // of the second at which the counter drops
  double clock_offset = 0;     // the portal's wall clock less ours
  double clock_speed = 1;      // of the portal's clock, by ours
  bool whole_minutes = false;  // minutes begin on the clock, not with a first call
  double minute_phase = 0;
  double travel = 0.4;  // to the portal and back, at most, each way
  bool box = false;
};

// Requests in, answers out; every phase and offset is drawn from the seed.
class LimitsModel {
 public:
  static constexpr double kEpoch = 1767225600;

  // Seconds that one command with `units` takes.
  using Cost = std::function<double(const std::string& method, int units, double now)>;

  LimitsModel(ModelSettings settings, Cost cost)
      : settings_(settings), cost_(std::move(cost)) {}

  static ModelSettings Drawn(::guestbridge::testing::SeededRandom& random) {
    ModelSettings settings;
    settings.drop_phase = RandomUnit(random);
    settings.clock_offset = 20 * (RandomUnit(random) - 0.5);
    settings.clock_speed = 1 + 2e-4 * (RandomUnit(random) - 0.5);
    settings.whole_minutes = random.Next64() % 2 == 0;
    settings.minute_phase = 60 * RandomUnit(random);
    settings.travel = 0.8 * RandomUnit(random);
    return settings;
  }

  // The request counter: false is a 503.
  bool Admit(double now) {
    if (settings_.box) return true;
    const double tick = std::floor(now * settings_.clock_speed + settings_.drop_phase);
    counter_ = std::max(0.0, counter_ - settings_.drain * (tick - tick_));
    tick_ = tick;
    counter_ += 1;
    return counter_ <= settings_.capacity || (++refused, false);
  }

  // The check before a command: false is OPERATION_TIME_LIMIT.
  bool MayRun(const std::string& method, double now) {
    return settings_.box || Total(method, now) <= settings_.limit || (++blocked, false);
  }

  double Seconds(const std::string& method, int units, double now) {
    return cost_(method, units, now);
  }

  // A command has run.
  MethodObservation Charge(const std::string& method, int units, double now,
                           double seconds) {
    MethodObservation seen;
    seen.method = method;
    seen.units = units;
    seen.duration_seconds = seconds;
    if (settings_.box) return seen;
    auto& minutes = minutes_[method];
    if (seconds > 0.1) {
      const double minute = std::floor((now + settings_.minute_phase) / 60);
      const bool same = !minutes.empty() &&
                        (settings_.whole_minutes ? minutes.back().minute == minute
                                                 : now < minutes.back().first + 60);
      if (!same) minutes.push_back({now, minute, 0});
      minutes.back().seconds += seconds;
    }
    seen.operating_seconds = Total(method, now);
    if (!minutes.empty()) {
      seen.operating_reset_unix =
          std::floor(kEpoch + settings_.clock_offset + minutes.front().first + 600);
    }
    return seen;
  }

  const ModelSettings& settings() const { return settings_; }
  int refused = 0;
  int blocked = 0;

 private:
  struct Minute {
    double first;
    double minute;
    double seconds;
  };
  double Total(const std::string& method, double now) {
    auto& minutes = minutes_[method];
    while (!minutes.empty() && minutes.front().first + 600 <= now) minutes.pop_front();
    double total = 0;
    for (const Minute& minute : minutes) total += minute.seconds;
    return total;
  }

  const ModelSettings settings_;
  const Cost cost_;
  double counter_ = 0;
  double tick_ = 0;
  std::map<std::string, std::deque<Minute>> minutes_;
};

inline absl::Duration At(double seconds) { return absl::Seconds(seconds); }
inline absl::Time Wall(double seconds) {
  return absl::FromUnixSeconds(static_cast<int64_t>(LimitsModel::kEpoch)) +
         absl::Seconds(seconds);
}

struct Journey {
  double seconds = 0;
  int requests = 0;
  double work = 0;                        // execution seconds of the portal
  std::map<std::string, double> work_of;  // by method
  double longest = 0;                     // request
  int most_at_once = 0;
};

struct Work {
  std::string method;
  int64_t units = 0;
  int most_per_command = 1;
  std::vector<int> waiting = {};  // units of the commands of the request that waits
};

// Sends what there is of each method as a run does: one request of a method waits, with
// the size that was right when it was put together, and holds up no other method.
inline Journey Send(Pacer* pacer, LimitsModel* model, std::vector<Work> works,
                    ::guestbridge::testing::SeededRandom& random, double now = 0) {
  struct Flight {
    Work* work = nullptr;
    std::vector<int> commands;  // their units
    size_t next = 0;
    double began = 0;
    double sent = 0;
    double running = 0;
    PaceObservation observation;
  };
  enum Kind { kArrives, kRan, kAnswered, kWakes };
  struct Event {
    double at;
    Kind kind;
    uint64_t id;
    bool operator>(const Event& other) const { return at > other.at; }
  };
  std::priority_queue<Event, std::vector<Event>, std::greater<Event>> events;
  std::map<uint64_t, Flight> flights;
  Journey journey;
  uint64_t last_id = static_cast<uint64_t>(now * 1000);
  const double from = now;
  const auto travel = [&] { return model->settings().travel * RandomUnit(random); };
  const auto run_next = [&](uint64_t id, Flight& flight) {
    const std::string& method = flight.work->method;
    while (flight.next < flight.commands.size()) {
      const int size = flight.commands[flight.next];
      if (model->MayRun(method, now)) {
        flight.running = model->Seconds(method, size, now);
        events.push({now + flight.running, kRan, id});
        return;
      }
      ++flight.next;
      MethodObservation seen;
      seen.method = method;
      seen.units = size;
      seen.blocked = true;
      flight.observation.methods.push_back(seen);
    }
    journey.longest = std::max(journey.longest, now - flight.began);
    events.push({now + travel(), kAnswered, id});
  };
  double wake = now;
  events.push({wake, kWakes, 0});
  while (!events.empty()) {
    const Event event = events.top();
    events.pop();
    now = event.at;
    if (event.kind == kWakes) {
      if (now >= wake) wake = HUGE_VAL;
    } else {
      Flight& flight = flights.at(event.id);
      if (event.kind == kArrives) {
        flight.began = now;
        flight.observation.reports_operating = !model->settings().box;
        if (model->Admit(now)) {
          run_next(event.id, flight);
        } else {
          flight.observation.too_fast = true;
          events.push({now + travel(), kAnswered, event.id});
        }
      } else if (event.kind == kRan) {
        const int size = flight.commands[flight.next++];
        journey.work += flight.running;
        journey.work_of[flight.work->method] += flight.running;
        flight.observation.methods.push_back(
            model->Charge(flight.work->method, size, now, flight.running));
        run_next(event.id, flight);
      } else {
        flight.observation.took = absl::Seconds(now - flight.sent);
        for (size_t i = 0; i < flight.commands.size(); ++i) {
          if (flight.observation.too_fast || flight.observation.methods[i].blocked) {
            flight.work->units += flight.commands[i];
          }
        }
        pacer->Answered(event.id, flight.observation, At(now), Wall(now));
        flights.erase(event.id);
      }
    }
    double earliest = HUGE_VAL;
    for (Work& work : works) {
      while ((work.units > 0 || !work.waiting.empty()) &&
             static_cast<int>(flights.size()) < pacer->Concurrency()) {
        if (work.waiting.empty()) {
          const RequestSize size = pacer->SizeFor(work.method, work.most_per_command);
          for (int i = 0; i < size.commands && work.units > 0; ++i) {
            work.waiting.push_back(static_cast<int>(
                std::min<int64_t>(size.units_per_command, work.units)));
            work.units -= work.waiting.back();
          }
        }
        MethodLoad load;
        for (const int size : work.waiting) {
          ++load.commands;
          load.units += size;
        }
        const double start = absl::ToDoubleSeconds(
            pacer->EarliestStart({{work.method, load}}, At(now), Wall(now)));
        if (start > now + 1e-6) {
          earliest = std::min(earliest, start);
          break;
        }
        const uint64_t id = ++last_id;
        pacer->Sent(id, {{work.method, load}}, At(now));
        Flight& flight = flights[id];
        flight.work = &work;
        flight.commands = std::exchange(work.waiting, {});
        flight.sent = now;
        events.push({now + travel(), kArrives, id});
        ++journey.requests;
        journey.most_at_once =
            std::max(journey.most_at_once, static_cast<int>(flights.size()));
      }
    }
    if (earliest < wake) {
      wake = std::max(earliest, now + 1e-3);
      events.push({wake, kWakes, 0});
    }
    const bool done = std::all_of(works.begin(), works.end(), [](const Work& work) {
      return work.units <= 0 && work.waiting.empty();
    });
    if (done && flights.empty()) break;
  }
  journey.seconds = now - from;
  return journey;
}

inline Journey Send(Pacer* pacer, LimitsModel* model, const std::string& method,
                    int64_t units, int most_per_command,
                    ::guestbridge::testing::SeededRandom& random, double now = 0) {
  return Send(pacer, model, {{method, units, most_per_command}}, random, now);
}

}  // namespace guestbridge::agent::testing
