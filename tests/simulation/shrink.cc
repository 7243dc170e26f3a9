#include "tests/simulation/shrink.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

namespace guestbridge::simulation {
namespace {

constexpr int kMostTries = 150;

class Shrinker {
 public:
  explicit Shrinker(const Options& options) : options_(options) {
    options_.log = false;
    options_.kinds.reset();
  }

  // True, and `best` is this one, when it still fails.
  bool Try(int nights, const std::vector<FaultSite>& faults, Replay* best) {
    if (tries_ >= kMostTries) return false;
    ++tries_;
    options_.nights = nights;
    options_.only = std::set<FaultSite>(faults.begin(), faults.end());
    const Result result = Simulate(options_);
    if (!result.failed) return false;
    *best = {options_.seed, nights, result.struck, result.what};
    return true;
  }
  bool spent() const { return tries_ >= kMostTries; }

 private:
  Options options_;
  int tries_ = 0;
};

}  // namespace

Replay Shrink(const Options& options, const Result& failure) {
  Replay best{options.seed, options.nights, failure.struck, failure.what};
  Shrinker shrinker(options);
  // The night that failed, then by halves.
  shrinker.Try(std::min(options.nights, failure.night + 1), best.faults, &best);
  for (int low = 0, high = best.nights; low + 1 < high;) {
    const int middle = (low + high) / 2;
    if (shrinker.Try(middle, best.faults, &best)) {
      high = middle;
    } else {
      low = middle;
    }
  }
  for (size_t parts = 2; !best.faults.empty() && !shrinker.spent();) {
    const size_t size = std::max<size_t>(1, best.faults.size() / parts);
    bool smaller = false;
    for (size_t from = 0; from < best.faults.size() && !shrinker.spent();) {
      std::vector<FaultSite> fewer = best.faults;
      const size_t upto = std::min(from + size, fewer.size());
      fewer.erase(fewer.begin() + static_cast<ptrdiff_t>(from),
                  fewer.begin() + static_cast<ptrdiff_t>(upto));
      if (shrinker.Try(best.nights, fewer, &best)) {
        smaller = true;
      } else {
        from += size;
      }
    }
    if (!smaller && size == 1) break;
    if (!smaller) parts *= 2;
  }
  return best;
}

std::string CommandOf(const Replay& replay) {
  return absl::StrCat("script/simulate --seed ", replay.seed, " --nights ",
                      replay.nights, " --faults \"", EncodeFaults(replay.faults), "\"");
}

}  // namespace guestbridge::simulation
