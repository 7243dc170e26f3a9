#include "sync-agent/pace/operating_budget.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <string>

namespace guestbridge::agent {
namespace {

// Shorter executions are not charged.
// Below the limit: figures are rounded.
constexpr double kReserve = 1;
// After the portal's own moment: clocks are read at different times.
constexpr absl::Duration kSlack = absl::Milliseconds(500);
constexpr double kLookShare = 0.07;  // of a whole request
// A look is worth it when this part of the limit has probably fallen out; what was
// charged within so many seconds of one call probably falls out with it.
constexpr double kLump = 0.05;
constexpr int64_t kWithinMinute = 40;
constexpr double kForeignShare = 0.1;
constexpr absl::Duration kBlindWait = absl::Minutes(1);
// A rest of the window is used by a smaller request only if it is this part of a whole
// one.
constexpr double kWorthSending = 0.35;

}  // namespace

OperatingBudget::OperatingBudget(double limit_seconds, absl::Duration window)
    : limit_(limit_seconds), window_(window) {}

void OperatingBudget::Recall(double seconds, absl::Duration until) {
  foreign_ = seconds;
  foreign_until_ = until;
}

void OperatingBudget::Expire(absl::Duration now) {
  const double edge = std::floor(absl::ToDoubleSeconds(now - window_ - kSlack));
  while (!charges_.empty() && static_cast<double>(charges_.begin()->first) <= edge) {
    charged_ -= charges_.begin()->second;
    charges_.erase(charges_.begin());
  }
  if (charges_.empty()) charged_ = 0;
  if (foreign_until_ <= now) foreign_ = 0;
}

int OperatingBudget::UnitsInFlight() const {
  int units = 0;
  for (const auto& [id, flight] : in_flight_) units += flight.units;
  return units;
}

double OperatingBudget::Used(absl::Duration now) {
  Expire(now);
  return charged_ + foreign_;
}

double OperatingBudget::Known(absl::Duration now) {
  Expire(now);
  const double concluded = blocked_until_ > now ? concluded_ : 0;
  return charged_ + std::max(0.0, foreign_ - concluded);
}

absl::Duration OperatingBudget::Leaves(int64_t second) const {
  return absl::Seconds(second) + window_ + kSlack;
}

absl::Duration OperatingBudget::RoomFor(double seconds, absl::Duration now) const {
  double over = charged_ + foreign_ + seconds - (limit_ - kReserve);
  if (over <= 0) return now;
  bool foreign = foreign_ > 0;
  for (const auto& [second, charge] : charges_) {
    const absl::Duration at = Leaves(second);
    if (foreign && foreign_until_ <= at) {
      foreign = false;
      over -= foreign_;
      if (over <= 1e-9) return std::max(now, foreign_until_);
    }
    over -= charge;
    if (over <= 1e-9) return std::max(now, at);
  }
  if (foreign) over -= foreign_;
  return over <= 1e-9 ? std::max(now, foreign_until_) : absl::InfiniteDuration();
}

absl::Duration OperatingBudget::EarliestStart(const MethodLoad& load,
                                              absl::Duration now) {
  Expire(now);
  if (blocked_until_ > now) return blocked_until_;
  // What one small request is about to tell.
  if (looking_ || (suspect_ && !in_flight_.empty())) return now + absl::Seconds(1);
  const double used = charged_ + foreign_;
  if (in_flight_.empty()) {
    if (used <= 0) return now;
    // The call that crosses the limit is let finish, so a single one is always safe.
    if (load.commands <= 1 && look_at_ <= now && used <= limit_ - kReserve) return now;
  }
  if (load.units == look_units_) {
    if (!in_flight_.empty()) return now + absl::Seconds(5);
    if (look_from_ > now) return look_from_;
  }
  const absl::Duration room = RoomFor(charge_.Upper(UnitsInFlight() + load.units), now);
  // Answers are awaited whose cost is only predicted, or all charges to fall out.
  const absl::Duration patience =
      in_flight_.empty() ? RoomFor(limit_ - kReserve, now) : now + absl::Seconds(5);
  const absl::Duration start = std::min(room, std::max(patience, now));
  return in_flight_.empty() && load.commands <= 1 ? std::min(start, look_at_) : start;
}

int OperatingBudget::Fitting(int units, absl::Duration now) {
  Expire(now);
  look_units_ = 0;
  if (suspect_) return 1;
  // Alone it would never fit.
  while (units > 1 && charge_.Upper(units) > limit_ - kReserve) units /= 2;
  const int flying = UnitsInFlight();
  // What is under way will likely have cost this when it is known.
  const double likely = charge_.Likely(flying);
  const auto room = [&](int some) {
    return RoomFor(likely + charge_.Upper(some), now);
  };
  if (room(units) <= now) return units;
  // Others fill the window; what they leave is seen by a look.
  if (foreign_ > limit_ * kForeignShare) return 1;
  int least = 0;
  int most = units;
  while (least < most) {
    const int middle = (least + most + 1) / 2;
    if (room(middle) <= now) {
      least = middle;
    } else {
      most = middle - 1;
    }
  }
  if (least >= std::max(1.0, kWorthSending * units)) return least;
  // The window is used up. When its first charge falls out the portal has forgotten a
  // whole minute; a small request tells so, and the large ones needn't wait until each
  // of that minute's charges is as old.
  look_units_ = std::max(1, static_cast<int>(kLookShare * units));
  look_from_ = LookFrom(now);
  return look_units_;
}

absl::Duration OperatingBudget::LookFrom(absl::Duration now) const {
  // Small drops are not looked for one by one, or each would cost a request.
  double gathered = 0;
  auto newest = charges_.begin();
  for (auto oldest = charges_.begin(); oldest != charges_.end(); ++oldest) {
    while (newest != charges_.end() && newest->first < oldest->first + kWithinMinute) {
      gathered += newest->second;
      ++newest;
    }
    if (gathered >= kLump * limit_ || newest == charges_.end()) {
      return std::max(now, Leaves(oldest->first));
    }
  }
  return now;
}

void OperatingBudget::Sent(uint64_t request, const MethodLoad& load, absl::Duration) {
  looking_ = load.units == look_units_ && in_flight_.empty();
  in_flight_[request] = {load.units, learned_};
  look_at_ = absl::InfiniteDuration();
  look_units_ = 0;
}

void OperatingBudget::Add(double seconds, absl::Duration at) {
  if (seconds <= 0) return;
  charges_[static_cast<int64_t>(std::ceil(absl::ToDoubleSeconds(at)))] += seconds;
  charged_ += seconds;
  learned_ += seconds;
}

void OperatingBudget::Answered(uint64_t request, const std::vector<Charge>& charges,
                               absl::Duration now, absl::Time wall_now) {
  Expire(now);
  looking_ = false;
  const auto flight = in_flight_.find(request);
  if (flight == in_flight_.end()) return;
  // What other answers taught meanwhile may or may not be in the figures of this one.
  const double overlap = learned_ - flight->second.learned;
  in_flight_.erase(flight);

  double operating = -1;
  bool blocked = false;
  std::vector<UnitTime::Sample> samples;
  for (const Charge& charge : charges) {
    const MethodObservation& seen = charge.seen;
    if (seen.blocked) {
      blocked = true;
      continue;
    }
    const double seconds = charge.seconds > kFreeSeconds ? charge.seconds : 0;
    Add(seconds, charge.ended);
    // What was free by a hair may cost something the next time.
    samples.push_back({seen.units, charge.seconds});
    if (seen.operating_seconds >= 0) operating = seen.operating_seconds;
    if (seen.operating_reset_unix > 0) {
      // The portal's wall clock may differ from ours: no later than one window.
      const absl::Duration left =
          absl::UnixEpoch() + absl::Seconds(seen.operating_reset_unix) - wall_now;
      reset_at_ = now + std::clamp(left, absl::ZeroDuration(), window_);
      if (reset_at_ > now) look_at_ = reset_at_ + absl::Seconds(1);
    }
  }
  charge_.Saw(samples);
  if (operating >= 0) LearnFigure(operating, overlap, now);
  if (!samples.empty() || blocked) suspect_ = false;
  if (blocked) {
    blocked_until_ = reset_at_ > now ? reset_at_ + absl::Seconds(1) : now + kBlindWait;
    // What the portal counted is more than we knew, by an unknown amount.
    concluded_ = std::max(0.0, limit_ - charged_ - foreign_);
    foreign_ += concluded_;
    foreign_until_ = blocked_until_;
  }
}

void OperatingBudget::LearnFigure(double operating, double overlap,
                                  absl::Duration now) {
  const double beyond = operating - charged_;
  // Fewer than ours: the portal dropped a minute before we did.
  double early = -beyond - overlap;
  while (early > 1e-6 && !charges_.empty()) {
    auto oldest = charges_.begin();
    const double drop = std::min(oldest->second, early);
    early -= drop;
    charged_ -= drop;
    oldest->second -= drop;
    if (oldest->second <= 1e-9) charges_.erase(oldest);
  }
  // More than ours: others', or requests of ours that are still under way.
  const double least = std::max(0.0, beyond - charge_.Upper(UnitsInFlight()));
  const double most = std::max(0.0, beyond + overlap);
  if (least > foreign_ + 1e-3) foreign_until_ = now + window_ + kSlack;
  foreign_ = std::clamp(foreign_, least, std::max(least, most));
}

void OperatingBudget::Lost(uint64_t request, absl::Duration now) {
  const auto flight = in_flight_.find(request);
  if (flight == in_flight_.end()) return;
  const int units = flight->second.units;
  in_flight_.erase(flight);
  looking_ = false;
  Add(charge_.mean() * units, now);
}

}  // namespace guestbridge::agent
